import FloeIO
import FloeSDK

/// A CryoSat-2 SIRAL product file and what its name says.
///
/// Names: `CS_LTA__SIR_SAR_1B_20141118T092303_20141118T092355_D001` is mission, stage, type (10 characters), first and
/// last time, baseline and version (CryoSat Ice netCDF L1B and L2 Product Format Specifications, CS-RS-ACS-ESL-5364 and
/// CS-RS-ACS-ESL-5265).
public struct SIRALProduct: Sendable {
  /// The kinds of products that are read.
  public enum Kind: String, Sendable {
    case level1B = "L1B"
    /// Level 2 in-depth: ESA's own heights, class and freeboard, with what they were made from.
    case level2I = "L2I"
  }

  /// The path as given.
  public let path: String
  /// The file; inside of a zip a path that only GDAL reads.
  public let file: String
  /// Whether the file lies in a zip archive.
  let isArchive: Bool
  /// The product's name without folder and ending.
  public let name: String
  /// What the product holds.
  public let kind: Kind
  /// The radar's mode by the product's name; nil for one that joins several (GDR).
  public let mode: WaveformLayout.Mode?
  /// `D` or `E`.
  public let baseline: String

  /// The baselines whose variables are known.
  static let baselines = ["D", "E"]

  /// Finds the file and reads its name, or the name that the file itself states.
  ///
  /// - Throws: a sentence when the path is no product, several products, or one of a kind or baseline not known.
  public init(_ path: String) throws {
    self.path = path
    guard VirtualFile.exists(path) else {
      throw FloeError(
        "there is no file or folder '\(path)'; a CryoSat-2 SIR_*_1B or SIR_*I2 netCDF file, or its zip, is needed")
    }
    let isFolder = VirtualFile.isDirectory(path)
    isArchive = !isFolder && path.lowercased().hasSuffix(".zip")
    if isFolder {
      file = try Self.only(in: path, root: path)
    } else if isArchive {
      file = try Self.only(in: path, root: VirtualFile.zip(path))
    } else {
      file = path
    }
    let own = Self.stem(file)
    name = Self.isProductName(own) ? own : try Self.statedName(file) ?? own
    guard Self.isProductName(name) else {
      throw FloeError(
        """
        '\(file)' is no CryoSat-2 product: neither its name nor its attribute product_name begins with CS_ and a \
        type such as SIR_SAR_1B
        """)
    }
    let type = Self.type(of: name)
    guard let kind = Self.kind(of: type) else {
      throw FloeError(
        """
        '\(file)' is of type '\(type)'; cryosat2.read knows level 1B (SIR_SAR_1B, SIR_SIN_1B, SIR_LRM_1B) and level 2 \
        in-depth (SIR_SARI2, SIR_SINI2, SIR_LRMI2, SIR_GDRI2)\(Self.instead(of: type))
        """)
    }
    self.kind = kind
    mode = Self.mode(of: type)
    let last = name.split(separator: "_").last ?? ""
    guard last.count == 4, let letter = last.first, letter.isUppercase, last.dropFirst().allSatisfy(\.isNumber) else {
      throw FloeError("the name '\(name)' of '\(file)' ends with no baseline such as D001 or E001")
    }
    baseline = String(letter)
    guard Self.baselines.contains(baseline) else {
      throw FloeError(
        """
        '\(file)' is of baseline '\(baseline)'; the variables of baselines \
        \(Self.baselines.joined(separator: " and ")) are known
        """)
    }
  }

  /// Whether a file's name is one of a SIRAL product.
  static func isProductName(_ name: String) -> Bool {
    name.hasPrefix("CS_") && name.dropFirst(8).hasPrefix("SIR_")
  }

  /// `SIR_SAR_1B` of a name.
  static func type(of name: String) -> String { String(name.dropFirst(8).prefix(10)) }

  private static func kind(of type: String) -> Kind? {
    if ["SIR_SAR_1B", "SIR_SIN_1B", "SIR_LRM_1B"].contains(type) { return .level1B }
    if ["SIR_SARI2_", "SIR_SINI2_", "SIR_LRMI2_", "SIR_GDRI2_"].contains(type) { return .level2I }
    return nil
  }

  /// Which product of the same pass holds what level 2 lacks.
  private static func instead(of type: String) -> String {
    guard ["SIR_SAR_2_", "SIR_SIN_2_", "SIR_LRM_2_", "SIR_GDR_2_"].contains(type) else { return "" }
    let modes = type.hasPrefix("SIR_GDR") ? "SIR_SARI2 or SIR_SINI2" : "\(type.prefix(7))I2"
    return "; level 2 has no stack parameters, \(modes) of the same pass is the product to fetch"
  }

  private static func mode(of type: String) -> WaveformLayout.Mode? {
    switch type.dropFirst(4).prefix(3) {
    case "SAR": .sar
    case "SIN": .sarin
    case "LRM": .lrm
    default: nil
    }
  }

  /// The one product of a folder or a zip archive.
  ///
  /// - Parameter root: the path under which GDAL lists it.
  private static func only(in folder: String, root: String) throws -> String {
    let found = try VirtualFile.list(root, recursive: true).filter {
      isProductName(stem($0)) && $0.lowercased().hasSuffix(".nc")
    }.sorted()
    guard let first = found.first else {
      throw FloeError("'\(folder)' holds no CryoSat-2 product (CS_*_SIR_*.nc)")
    }
    guard found.count == 1 else {
      throw FloeError(
        "'\(folder)' holds \(found.count) products: \(found.prefix(4).joined(separator: ", ")); name one of them")
    }
    return "\(root)/\(first)"
  }

  /// Opens the file; one in an archive is first extracted and then deleted while it stays open.
  func open() throws -> NetCDFFile {
    guard isArchive else { return try NetCDFFile.open(file) }
    let local = try TemporaryFiles.make("siral.nc")
    defer { VirtualFile.remove(local) }
    try VirtualFile.extract(file, to: local)
    do {
      return try NetCDFFile.open(local)
    } catch let error as FloeError {
      throw FloeError(error.message.replacing(local, with: file))
    }
  }

  private static func statedName(_ file: String) throws -> String? {
    switch try NetCDFFile.open(file).attributes["product_name"] {
    case .text(let name)?: name.split(separator: " ").first.map { stem(String($0)) }
    default: nil
    }
  }

  static func stem(_ path: String) -> String {
    var s = Substring(path.split(separator: "/").last ?? "")
    for ending in [".nc", ".NC", ".zip"] where s.hasSuffix(ending) { s = s.dropLast(ending.count) }
    return String(s)
  }
}
