import FloeIO
import FloeSDK

/// The arrays of reflectance of an EOPF product: their places, grids and how DN become reflectance.
struct EOPFBands: Sendable {
  /// `measurements/reflectance` of the store.
  let folder: String
  /// Folders of arrays by `B04`, then by resolution in metres; those too that the consolidated metadata lists and that
  /// are missing, so that no other resolution takes their place.
  let paths: [String: [Int: String]]
  /// Grids by resolution in metres, without a reference system.
  let grids: [Int: Grid]
  /// 1 / `scale_factor`.
  let quantification: Double
  /// `add_offset` in DN by `band_id`; nil where no array has one.
  let offsets: [Int: Double]?
  /// `proj:epsg` or `proj:code` of an array.
  let referenceCode: JSONValue?

  /// Resolutions that the product's groups are named after (`r10m`), in metres.
  static let resolutions = [10, 20, 60]

  /// - Parameter root: the store's folder.
  init(_ root: String) throws {
    let folder = root + "/measurements/reflectance"
    var paths: [String: [Int: String]] = [:]
    var grids: [Int: Grid] = [:]
    var scales: [(value: Double, path: String)] = []
    var offsets: [Int: (value: Double, path: String)] = [:]
    var code: JSONValue?
    var arrays: [ZarrArray] = []
    let consolidated = try ConsolidatedMetadata(root)
    for resolution in Self.resolutions {
      let group = "\(folder)/r\(resolution)m"
      guard VirtualFile.isDirectory(group) else { continue }
      for listed in try VirtualFile.list(group) {
        let name = listed.hasSuffix("/") ? String(listed.dropLast()) : listed
        guard name.utf8.count == 3, let band = SpectralBand(name) else { continue }
        let path = "\(group)/\(name)"
        let array = try ZarrArray(path)
        try Self.check(array)
        arrays.append(array)
        paths[band.name, default: [:]][resolution] = path
        scales.append((try Self.number(array, "scale_factor") ?? 0, path))
        if let value = try Self.number(array, "add_offset") {
          if let known = offsets[band.rawValue], known.value != value {
            throw FloeError(
              "'\(path)' has the add_offset \(value), '\(known.path)' \(known.value); a band has one offset")
          }
          offsets[band.rawValue] = (value, path)
        }
        if code == nil { code = array["proj:epsg"] ?? array["proj:code"] }
        if grids[resolution] == nil {
          for axis in ["x", "y"] { try consolidated.check(coordinates: "\(group)/\(axis)") }
          grids[resolution] = try RasterFile.open(path, driver: ["Zarr"]).spec.grid
        }
      }
    }
    guard let scale = scales.first else {
      throw FloeError("'\(folder)' holds no bands (r10m/b02 and so on); the product is not whole")
    }
    for other in scales where other.value != scale.value || other.value <= 0 {
      throw FloeError(
        """
        '\(other.path)' has the scale_factor \(other.value), '\(scale.path)' \(scale.value); one positive number for \
        all bands is needed
        """)
    }
    for array in arrays { try consolidated.check(array) }
    try Self.checkLayouts(arrays)
    for (band, resolution) in Self.listed(consolidated) where paths[band.name]?[resolution] == nil {
      paths[band.name, default: [:]][resolution] = "\(folder)/r\(resolution)m/\(band.name.lowercased())"
    }
    self.folder = folder
    self.paths = paths
    self.grids = grids
    // 0.0001 stands for division by 10000: the whole number gives the same numbers as a .SAFE product.
    let quantification = Self.whole(1 / scale.value)
    self.quantification = quantification
    self.offsets = offsets.isEmpty ? nil : offsets.mapValues { Self.whole($0.value * quantification) }
    referenceCode = code
  }

  /// Refuses the offset that converters put into every product where the DN have none.
  ///
  /// Before processing baseline 04.00 DN are reflectance times 10000, without an offset; eopf's mappings write
  /// `add_offset` -0.1 whatever the baseline.
  func checkOffsets(baseline: String?, metadata: String) throws {
    guard let text = baseline, let number = Double(text), number < 4,
      let odd = (offsets ?? [:]).sorted(by: { $0.key < $1.key }).first(where: { $0.value != 0 })
    else { return }
    throw FloeError(
      """
      '\(metadata)' says processing baseline \(text), which has no radiometric offset, but band \
      \(SpectralBand(rawValue: odd.key)?.name ?? "") has the add_offset \(odd.value / quantification), which the \
      converter wrote; reflectance would be off by it: take the .SAFE product
      """)
  }

  /// The bands that the store's consolidated metadata lists; none where it has none.
  private static func listed(_ consolidated: ConsolidatedMetadata) -> [(band: SpectralBand, resolution: Int)] {
    consolidated.paths.compactMap { key in
      let parts = key.split(separator: "/").map(String.init)
      guard parts.count == 5, parts[0] == "measurements", parts[1] == "reflectance", parts[4] == ".zarray",
        parts[3].utf8.count == 3, let band = SpectralBand(parts[3]),
        let resolution = resolutions.first(where: { parts[2] == "r\($0)m" })
      else { return nil }
      return (band: band, resolution: resolution)
    }
  }

  /// Refuses bands that are laid out otherwise than the first: one writer wrote them all, and other numbers would come
  /// of the same bytes.
  private static func checkLayouts(_ arrays: [ZarrArray]) throws {
    guard let first = arrays.first else { return }
    for key in ["dtype", "order", "filters"] {
      for other in arrays where (other.description[key] ?? .null) != (first.description[key] ?? .null) {
        throw FloeError(
          """
          '\(other.path)/.zarray' says \(try JSONText.encode(other.description[key] ?? .null)) for \(key), \
          '\(first.path)' \(try JSONText.encode(first.description[key] ?? .null)); bands of one product are written \
          alike: fetch it anew
          """)
      }
    }
  }

  /// The nearest whole number where only rounding lies between.
  private static func whole(_ value: Double) -> Double { abs(value - value.rounded()) < 1e-6 ? value.rounded() : value }

  private static func number(_ array: ZarrArray, _ key: String) throws -> Double? {
    guard let value = array[key], value != .null else {
      guard key == "add_offset" else {
        throw FloeError("'\(array.path)/.zattrs' has no \(key), without which DN are no reflectance")
      }
      return nil
    }
    guard let number = value.doubleValue, number.isFinite else {
      throw FloeError("'\(array.path)/.zattrs' has a \(key) that is no number")
    }
    return number
  }

  /// Refuses arrays that are not rows from north and columns from west, or whose pixels without data are not 0.
  private static func check(_ array: ZarrArray) throws {
    let axes = (array["_ARRAY_DIMENSIONS"]?.arrayValue ?? []).compactMap(\.stringValue)
    guard axes == ["y", "x"] else {
      throw FloeError("'\(array.path)/.zattrs' names the axes '\(axes.joined(separator: ", "))'; 'y, x' is needed")
    }
    let marks = [array.fill, array["_FillValue"]?.intValue, array["fill_value"]?.intValue].compactMap { $0 }
    if let odd = marks.first(where: { $0 != 0 }) {
      throw FloeError("'\(array.path)' marks no data with \(odd); 0 is expected")
    }
  }
}
