import FloeSDK

/// A step that is a program in any language, as a `NAME.floe-step.yaml` file beside it describes it.
struct ExternalManifest: Sendable {
  /// How an input reaches the program.
  struct Input: Sendable {
    let info: PortInfo
    let format: ExternalFormat
  }
  /// What the program is to leave behind.
  struct Output: Sendable {
    let info: PortInfo
    let format: ExternalFormat
    /// The input whose grid or rows the output shares.
    let like: String?
    /// What a raster holds; grid and tile come from the input that it is like.
    let raster: RasterForm?
    /// What a model says it was made by.
    let modelKind: String?
    /// Columns that the program makes, empty of rows.
    let columns: [Column]
  }
  /// Everything that a manifest says about a raster.
  struct RasterForm: Sendable {
    let bands: [BandSpec]
    let type: PixelType
    let classes: ClassTable?
  }

  static let ending = ".floe-step.yaml"

  let path: String
  let declaration: StepDeclaration
  let command: CommandTemplate
  let parameters: [ExternalParameter]
  let inputs: [Input]
  let outputs: [Output]
  /// Seconds that the program may take.
  let timeout: Int

  /// The folder that the manifest stands in.
  var folder: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }
}

/// The plain formats in which values travel to a program and back.
enum ExternalFormat: String, Sendable, CaseIterable {
  case tif, gpkg, csv, nc, json

  /// The formats for a kind, the usual one first. OGR reads no table with array columns back from netCDF.
  static func offered(for kind: PortKind, isOutput: Bool) -> [ExternalFormat] {
    switch kind {
    case .raster: [.tif]
    case .table: isOutput ? [.gpkg, .csv] : [.gpkg, .csv, .nc]
    case .model, .document: [.json]
    }
  }
}

/// A parameter of a manifest with the type that reads its literals.
struct ExternalParameter: Sendable {
  let info: ParameterInfo
  private let type: any ParameterValue.Type

  /// The types that a manifest may name.
  static let types: [(name: String, type: any ParameterValue.Type)] = [
    ("text", String.self), ("integer", Int.self), ("number", Double.self), ("boolean", Bool.self),
    ("path", InputPath.self),
    ("choice", String.self), ("list of text", [String].self), ("list of integer", [Int].self),
    ("list of number", [Double].self),
    ("list of path", [InputPath].self), ("list of choice", [String].self),
  ]

  /// A parameter; nil when its type is unknown.
  init?(_ info: ParameterInfo) {
    guard let known = Self.types.first(where: { $0.name == info.type }) else { return nil }
    self.info = info
    type = known.type
  }

  /// Checks a literal and returns it in the type's own spelling.
  func check(_ literal: ParameterLiteral) throws(FloeError) -> ParameterLiteral {
    let own = try type.ownSpelling(of: literal, in: bounds, unit: info.unit.map { PhysicalUnit(rawValue: $0) })
    guard let choices = info.choices, info.type != "boolean" else { return own }
    let items: [ParameterLiteral] = if case .list(let items) = own { items } else { [own] }
    for item in items where !choices.contains(item.description) {
      let near = Spelling.nearest(item.description, among: choices).map { " (did you mean '\($0)'?)" } ?? ""
      throw FloeError("must be one of \(choices.joined(separator: ", ")), not '\(item.description)'\(near)")
    }
    return own
  }

  private var bounds: ClosedRange<Double>? {
    if info.minimum == nil && info.maximum == nil { return nil }
    return (info.minimum ?? -.greatestFiniteMagnitude)...(info.maximum ?? .greatestFiniteMagnitude)
  }
}

extension [ExternalParameter] {
  /// Brings the given literals to their types' own spelling.
  ///
  /// - Returns: what is wrong with them, and the required ones that are missing.
  func check(_ literals: inout [String: ParameterLiteral]) -> [ParameterError] {
    var errors: [ParameterError] = []
    for parameter in self {
      let name = parameter.info.name
      do throws(FloeError) {
        if let literal = literals[name] {
          literals[name] = try parameter.check(literal)
        } else if parameter.info.isRequired {
          throw parameter.info.missing
        }
      } catch {
        errors.append(ParameterError(name, error.message))
      }
    }
    return errors
  }
}

extension ParameterValue {
  /// A literal read as this type and written again.
  fileprivate static func ownSpelling(
    of literal: ParameterLiteral, in bounds: ClosedRange<Double>?, unit: PhysicalUnit?
  ) throws(FloeError) -> ParameterLiteral { try Self(literal: literal, in: bounds, unit: unit).literal }
}
