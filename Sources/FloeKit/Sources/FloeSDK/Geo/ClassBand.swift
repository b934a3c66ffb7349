import FloeCore

extension RasterSpec {
  /// The bands that hold codes: those of quantity `class`, else those of `label`, else the only band of a raster with a
  /// table of classes.
  public var classBands: [Int] {
    for quantity in ["class", "label"] {
      let found = bands.indices.filter { bands[$0].quantity == quantity }
      if !found.isEmpty { return found }
    }
    return classes != nil && bands.count == 1 ? [0] : []
  }

  /// The one rule by which steps choose the band of class codes: the named one, else the only one that holds codes (see
  /// `classBands`), else the only band.
  ///
  /// - Parameters:
  ///   - name: what the user gave; nil where nothing.
  ///   - parameter: the parameter that names the band, for the sentence.
  /// - Throws: `ParameterError` for a name that is not there, or where nothing says which band.
  public func classBand(named name: String?, parameter: String) throws -> Int {
    let names = bands.map(\.name)
    if let name {
      if let found = bandIndex(name) { return found }
      let near = Spelling.nearest(name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
      throw ParameterError(
        parameter, "names '\(name)', which is not in the raster\(near); it has \(names.joined(separator: ", "))")
    }
    let found = classBands
    if found.count == 1 { return found[0] }
    if bands.count == 1 { return 0 }
    throw ParameterError(parameter, "is needed: the raster has the bands \(names.joined(separator: ", "))")
  }

  /// The codes of a band that stand for no data: the class table's and the band's own.
  public func noDataCodes(band: Int) -> Set<Int> {
    Set([classes?.noData, bands[band].noData.flatMap { Int(exactly: $0) }].compactMap { $0 })
  }
}
