import FloeIO
import FloeSDK
internal import Foundation

/// A raster small enough to be drawn: an overview of its file, else every nth pixel of every nth row.
struct DecimatedRaster: Sendable {
  let spec: RasterSpec
  let width: Int, height: Int
  /// One pixel stands for so many along each side.
  let step: Int
  /// The outer edges of the pixels.
  let bounds: Bounds
  /// `values[band][row * width + column]` in physical units, NaN for no data.
  let values: [[Float]]
  /// How the pixels were chosen, in words; empty when all are there.
  let note: String

  /// Reads at least `side` pixels along the longer side where the raster has them, and less than twice as many.
  init(_ item: ReportInputs.Item, _ raster: Raster, bands wanted: [Int]? = nil, side: Int) throws {
    spec = raster.spec
    let grid = spec.grid
    let bands = wanted ?? Array(spec.bands.indices)
    let longest = max(grid.width, grid.height)
    // What comes straight from a file has that file's overviews, too.
    let source = raster.source as? RasterFile
    let file = item.path ?? (source?.reduction == 1 ? source?.path : nil)
    let reductions = try file.map { try RasterFile.reductions(of: $0) } ?? []
    if let path = file, let chosen = ([1] + reductions).last(where: { longest / $0 >= side }), chosen > 1,
      longest / chosen < 2 * side
    {
      let overview = try RasterFile.open(path, reduction: chosen)
      let small = overview.spec.grid
      let block = try overview.raster.read(small.fullWindow, bands: bands)
      values = bands.indices.map { block.physical(band: $0, as: raster.spec.bands[bands[$0]]) }
      (width, height, step) = (small.width, small.height, chosen)
      let edges = grid.bounds
      // floe's overviews are halved pixel by pixel: the last ones may reach beyond the raster. Other programs stretch.
      bounds =
        item.path == nil
        ? edges
        : Bounds(
          minX: edges.minX, minY: edges.maxY - Double(small.height * chosen) * grid.pixelHeight,
          maxX: edges.minX + Double(small.width * chosen) * grid.pixelWidth, maxY: edges.maxY)
      note = "from the overview reduced \(chosen) times"
      return
    }
    let n = max(1, longest / side)
    let columns = Array(stride(from: n / 2, to: grid.width, by: n))
    let rows = Array(stride(from: n / 2, to: grid.height, by: n))
    var out = bands.map { _ in [Float]() }
    for i in out.indices { out[i].reserveCapacity(columns.count * rows.count) }
    var block = PixelBlock(window: PixelWindow(column: 0, row: 0, width: 0, height: 0), bandCount: 0, type: spec.type)
    // Row by row: what is kept or computed costs no more than the rows that are drawn.
    for row in rows {
      try raster.source.read(PixelWindow(column: 0, row: row, width: grid.width, height: 1), bands: bands, into: &block)
      for i in bands.indices {
        let physical = block.physical(band: i, as: raster.spec.bands[bands[i]])
        out[i].append(contentsOf: columns.lazy.map { physical[$0] })
      }
    }
    values = out
    (width, height, step) = (columns.count, rows.count, n)
    let edges = grid.bounds
    bounds = Bounds(
      minX: edges.minX, minY: edges.maxY - Double(rows.count * n) * grid.pixelHeight,
      maxX: edges.minX + Double(columns.count * n) * grid.pixelWidth, maxY: edges.maxY)
    note =
      n > 1 ? "from \(ReportFormat.thinned(n, "pixel").replacing(" is drawn", with: "")) of each row and column" : ""
  }

  /// Other values of one band for the same pixels.
  init(_ values: [Float], like other: DecimatedRaster, note: String) {
    (spec, width, height, step, bounds) = (other.spec, other.width, other.height, other.step, other.bounds)
    self.values = [values]
    self.note = note
  }

  /// The limits of a percentile stretch; nil when nothing is valid.
  func limits(_ band: Int, _ low: Double = 2, _ high: Double = 98) -> (Double, Double)? {
    // A hundred thousand values fix a percentile well enough for a stretch.
    let all = values[band].filter(\.isFinite)
    let every = max(1, all.count / 100_000)
    let valid = stride(from: 0, to: all.count, by: every).map { Double(all[$0]) }.sorted()
    guard let first = valid.first, let last = valid.last else { return nil }
    let (a, b) = (quantile(low / 100, ofSorted: valid), quantile(high / 100, ofSorted: valid))
    // Limits are written with seven digits and must differ in them.
    func differ(_ a: Double, _ b: Double) -> Bool { b - a > 1e-6 * max(abs(a), abs(b)) }
    if differ(a, b) { return (a, b) }
    return differ(first, last) ? (first, last) : (first, first + max(1, abs(first) * 1e-3))
  }

  /// Three bands as red, green and blue, each between its limits; hatched where one has no data.
  func composite(_ r: Int, _ g: Int, _ b: Int) -> (picture: Picture, limits: [(Double, Double)])? {
    guard let lr = limits(r), let lg = limits(g), let lb = limits(b) else { return nil }
    var picture = Picture(width: width, height: height)
    func level(_ v: Float, _ l: (Double, Double)) -> UInt8 {
      UInt8(min(1, max(0, (Double(v) - l.0) / (l.1 - l.0))) * 255)
    }
    for i in 0..<width * height {
      let (x, y, z) = (values[r][i], values[g][i], values[b][i])
      if x.isFinite, y.isFinite, z.isFinite { picture.set(i, level(x, lr), level(y, lg), level(z, lb)) }
    }
    return (picture, [lr, lg, lb])
  }

  /// One band on the ramp; by decades where `isLogarithmic`.
  func ramp(_ band: Int, _ low: Double, _ high: Double, isLogarithmic: Bool = false) -> Picture {
    var picture = Picture(width: width, height: height)
    for (i, v) in values[band].enumerated() where v.isFinite {
      let place = Double(v)
      let share =
        isLogarithmic
        ? Foundation.log(max(place, low) / low) / Foundation.log(high / low) : (place - low) / (high - low)
      let (r, g, b) = Colours.onRamp(share)
      picture.set(i, r, g, b)
    }
    return picture
  }

  /// Codes in the colours of their classes.
  func classes(_ band: Int, _ table: ClassTable) -> Picture {
    let colors = Dictionary(table.entries.map { ($0.code, $0.color) }) { a, _ in a }
    var picture = Picture(width: width, height: height)
    for (i, v) in values[band].enumerated() {
      if let code = Int(exactly: v), let c = colors[code] { picture.set(i, c.red, c.green, c.blue) }
    }
    return picture
  }
}
