import FloeSDK

/// What the rasters of a mosaic have in common.
enum MosaicBands {
  /// The description of a raster that could hold the pixels of all; its grid is that of the first.
  ///
  /// - Throws: a sentence about the first raster that does not fit.
  static func common(_ specs: [RasterSpec]) throws -> RasterSpec {
    guard var spec = specs.first else { throw ParameterError("images", "names no raster") }
    for (i, other) in specs.enumerated().dropFirst() {
      if let reason = difference(other, from: spec) {
        throw ParameterError("images", "number \(i + 1) does not fit number 1: \(reason)")
      }
    }
    for i in spec.bands.indices {
      if specs.contains(where: { $0.bands[i].wavelength != spec.bands[i].wavelength }) {
        spec.bands[i].wavelength = nil
      }
      if specs.contains(where: { $0.bands[i].summary != spec.bands[i].summary }) { spec.bands[i].summary = "" }
    }
    if specs.contains(where: { $0.style != spec.style }) { spec.style = nil }
    spec.tags = spec.tags.filter { tag in specs.allSatisfy { $0.tags[tag.key] == tag.value } }
    spec.acquisition = common(specs.map(\.acquisition))
    return spec
  }

  /// Why a raster does not fit, as the end of a sentence; nil where it does.
  private static func difference(_ b: RasterSpec, from a: RasterSpec) -> String? {
    func names(_ spec: RasterSpec) -> String { spec.bands.map(\.name).joined(separator: ", ") }
    guard names(a) == names(b), a.bands.count == b.bands.count else {
      return "it has the bands \(names(b)), not \(names(a)); bands must be the same in the same order, which 'bands' "
        + "and 'names' of raster.read choose"
    }
    guard a.type == b.type else {
      return "it holds \(b.type.rawValue), not \(a.type.rawValue); bring both to one type first (raster.expression)"
    }
    for (own, other) in zip(b.bands, a.bands) {
      let facts: [(String, String, String)] = [
        ("unit", own.unit.rawValue, other.unit.rawValue), ("quantity", own.quantity, other.quantity),
        ("scale", "\(own.scale)", "\(other.scale)"), ("offset", "\(own.offset)", "\(other.offset)"),
      ]
      for (fact, x, y) in facts where x != y {
        return "the \(fact) of its band '\(own.name)' is '\(x)', not '\(y)'; bring both to one first "
          + "(raster.expression)"
      }
      let (x, y) = (noData(own, b.type), noData(other, a.type))
      guard x == y else {
        return "the no-data value of its band '\(own.name)' is \(x), not \(y); bring both to one first, for example "
          + "with 'gdalwarp -dstnodata \(y == "none" ? x : y) IN.tif OUT.tif' ('no_data' of raster.read changes no "
          + "pixel, and serves where a file declares a wrong value or none)"
      }
    }
    return difference(of: b.classes, from: a.classes)
  }

  /// NaN is no data of floats whatever is declared.
  private static func noData(_ band: BandSpec, _ type: PixelType) -> String {
    let value = band.noData.flatMap(type.stored) ?? (type.isInteger ? nil : Double.nan)
    return value.map { "\($0)" } ?? "none"
  }

  private static func difference(of b: ClassTable?, from a: ClassTable?) -> String? {
    guard a != b else { return nil }
    guard let a else { return "it has a table of classes; mosaics are of class rasters alone or of others alone" }
    guard let b else { return "it has no table of classes; mosaics are of class rasters alone or of others alone" }
    let one = "the same codes must mean the same classes"
    if a.noData != b.noData { return "its classes have \(b.noData) for no data, not \(a.noData); \(one)" }
    for code in Set((a.entries + b.entries).map(\.code)).sorted() where a[code] != b[code] {
      func shown(_ entry: ClassEntry?) -> String {
        entry.map { "'\($0.name)' ('\($0.label)', colour \($0.color.hex))" } ?? "no class"
      }
      return "its code \(code) is \(shown(b[code])), not \(shown(a[code])); \(one)"
    }
    return "its table of classes is another; \(one)"
  }

  private static func common(_ all: [Acquisition?]) -> Acquisition? {
    let known = all.compactMap { $0 }
    guard let first = known.first, known.count == all.count else { return nil }
    func shared<T: Equatable>(_ value: (Acquisition) -> T?) -> T? {
      known.allSatisfy { value($0) == value(first) } ? value(first) : nil
    }
    let found = Acquisition(
      product: shared(\.product), time: shared(\.time), platform: shared(\.platform), instrument: shared(\.instrument),
      level: shared(\.level), baseline: shared(\.baseline), sunZenith: shared(\.sunZenith),
      sunAzimuth: shared(\.sunAzimuth))
    return found == Acquisition() ? nil : found
  }
}
