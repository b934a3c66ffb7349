import FloeIO
import FloeSDK

/// A month on a polar grid: how much of what was seen was of the class, and how often it was seen.
///
/// Three bands: `frequency`, pixels of the class as a share of all observed pixels of the cell; `observations`, scenes
/// that saw the cell; `days`, days on which one did. Cells that no scene saw have no data. All months of a season have
/// the same grid.
struct Composite {
  let options: SeasonOptions
  let crs: CRS
  /// All scenes of the season, whose cells make the grid.
  let season: [SeasonScene]
  /// `YYYY-MM`.
  let month: String
  /// The month's scenes.
  let scenes: [SeasonScene]

  /// Cells of all months: west, east, south, north.
  private static func extent(_ scenes: [SeasonScene]) -> (columns: ClosedRange<Int>, rows: ClosedRange<Int>)? {
    let cells = scenes.flatMap { $0.counts.cells.keys }
    guard let west = cells.map(\.column).min(), let east = cells.map(\.column).max(),
      let south = cells.map(\.row).min(), let north = cells.map(\.row).max()
    else { return nil }
    return (west...east, south...north)
  }

  /// Writes the month as a cloud optimised GeoTIFF.
  ///
  /// - Throws: when the cells are so small that the grid would have more than 100 million.
  func write(to path: String) throws {
    let cell = options.cell
    guard let (columns, rows) = Self.extent(season),
      let grid = Grid(
        width: columns.count, height: rows.count, originX: Double(columns.lowerBound) * cell,
        originY: Double(rows.upperBound + 1) * cell, pixelWidth: cell, pixelHeight: cell, crs: crs)
    else { throw FloeError("the composite of \(month) has no cell") }
    guard grid.pixelCount <= 100_000_000 else {
      throw FloeError(
        "cells of \(cell) m over the whole season are \(grid.pixelCount), more than 100 million: give a larger --cell")
    }
    var pixels = [SceneCounts.Pixels](repeating: .init(), count: grid.pixelCount)
    var observations = [Float](repeating: 0, count: grid.pixelCount)
    var days = [Float](repeating: 0, count: grid.pixelCount)
    for (_, sameDay) in Dictionary(grouping: scenes, by: \.day) {
      var seen: Set<Int> = []
      for scene in sameDay {
        for (place, counted) in scene.counts.cells {
          let i = (rows.upperBound - place.row) * grid.width + place.column - columns.lowerBound
          pixels[i].add(counted)
          observations[i] += 1
          if seen.insert(i).inserted { days[i] += 1 }
        }
      }
    }
    let frequency = pixels.map { $0.observed > 0 ? Float(Double($0.found) / Double($0.observed)) : .nan }
    let hidden = pixels.map { $0.observed == 0 }
    for i in hidden.indices where hidden[i] { (observations[i], days[i]) = (.nan, .nan) }
    let name = options.className
    let spec = RasterSpec(
      grid: grid,
      bands: [
        BandSpec(
          name: "frequency", summary: "Pixels of class \(name) as a share of the observed pixels",
          quantity: "frequency",
          noData: .nan),
        BandSpec(name: "observations", summary: "Scenes that saw the cell", quantity: "count", noData: .nan),
        BandSpec(name: "days", summary: "Days on which a scene saw the cell", quantity: "count", noData: .nan),
      ],
      type: .float32, style: .ramp(band: "frequency", low: 0, high: nil),
      acquisition: Acquisition(time: UTCTime("\(month)-01"), level: "L3"))
    let writer = try COGWriter(path: path, spec: spec)
    try writer.write(
      PixelBlock(window: grid.fullWindow, bandCount: 3, values: .float32(frequency + observations + days)))
    try writer.finish()
  }
}
