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
}
