import FloeSDK

/// One band of a raster that holds class codes.
struct ClassBand: Sendable {
  let raster: Raster
  let band: Int
  /// Codes that stand for no data.
  let noData: Set<Int>
  var name: String { raster.spec.bands[band].name }

  /// The band of that name, else the only band, else the only one of quantity `class`.
  init(_ raster: Raster, named name: String?, parameter: String) throws {
    let bands = raster.spec.bands
    let names = bands.map(\.name).joined(separator: ", ")
    let ofClasses = bands.indices.filter { bands[$0].quantity == "class" }
    if let name {
      guard let found = raster.spec.bandIndex(name) else {
        let near = Spelling.nearest(name, among: bands.map(\.name)).map { " (did you mean '\($0)'?)" } ?? ""
        throw ParameterError(parameter, "names '\(name)', which the raster has not\(near); it has \(names)")
      }
      band = found
    } else if bands.count == 1 {
      band = 0
    } else if ofClasses.count == 1 {
      band = ofClasses[0]
    } else {
      throw ParameterError(parameter, "is needed: the raster has the bands \(names)")
    }
    self.raster = raster
    noData = Set([raster.spec.classes?.noData, bands[band].noData.flatMap { Int(exactly: $0) }].compactMap { $0 })
  }

  /// What differs between two grids, in words; nil for grids that agree to a hundredth of a pixel.
  static func difference(_ a: Grid, _ b: Grid) -> String? {
    if a.width != b.width || a.height != b.height {
      return "\(a.width) x \(a.height) pixels against \(b.width) x \(b.height)"
    }
    if !CRS.areSame(a.crs, b.crs) {
      return "\(a.crs?.label ?? "no reference system") against \(b.crs?.label ?? "no reference system")"
    }
    func close(_ x: Double, _ y: Double, _ tolerance: Double) -> Bool { abs(x - y) <= tolerance }
    if !close(a.pixelWidth, b.pixelWidth, a.pixelWidth * 1e-9)
      || !close(a.pixelHeight, b.pixelHeight, a.pixelHeight * 1e-9)
    {
      return "pixels of \(a.pixelWidth) x \(a.pixelHeight) against \(b.pixelWidth) x \(b.pixelHeight)"
    }
    if !close(a.originX, b.originX, a.pixelWidth / 100) || !close(a.originY, b.originY, a.pixelHeight / 100) {
      return "upper left corner \(a.originX), \(a.originY) against \(b.originX), \(b.originY)"
    }
    return nil
  }
}
