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
  /// The part of the raster that is drawn, in its own pixels.
  let window: PixelWindow
  /// Whether that is not all of it.
  var isPart: Bool { window != spec.grid.fullWindow }
  /// The edges of a map of it.
  var shown: Bounds { isPart ? bounds : spec.grid.bounds }
  /// `values[band][row * width + column]` in physical units, NaN for no data.
  let values: [[Float]]
  /// How the pixels were chosen, in words; empty when all are there.
  let note: String

  /// Reads at least `side` pixels along the longer side where the raster has them, and less than twice as many.
  ///
  /// - Parameter part: the part to read; all of it by default.
  init(
    _ item: ReportInputs.Item, _ raster: Raster, bands wanted: [Int]? = nil, side: Int, within part: PixelWindow? = nil
  ) throws {
    spec = raster.spec
    let grid = spec.grid
    let bands = wanted ?? Array(spec.bands.indices)
    let window = part ?? grid.fullWindow
    self.window = window
    let longest = max(window.width, window.height)
    // What comes straight from a file has that file's overviews, too.
    let source = raster.source as? RasterFile
    let file = item.path ?? (source?.reduction == 1 ? source?.path : nil)
    let reductions = try file.map { try RasterFile.reductions(of: $0) } ?? []
    if let path = file, let chosen = ([1] + reductions).last(where: { longest / $0 >= side }), chosen > 1,
      longest / chosen < 2 * side
    {
      let overview = try RasterFile.open(path, reduction: chosen)
      let small = overview.spec.grid
      let end = (column: window.column + window.width, row: window.row + window.height)
      let cut = PixelWindow(
        column: window.column / chosen, row: window.row / chosen,
        width: (end.column + chosen - 1) / chosen - window.column / chosen,
        height: (end.row + chosen - 1) / chosen - window.row / chosen)
      let own = part == nil ? small.fullWindow : cut.intersection(small.fullWindow) ?? small.fullWindow
      let block = try overview.raster.read(own, bands: bands)
      values = bands.indices.map { block.physical(band: $0, as: raster.spec.bands[bands[$0]]) }
      (width, height, step) = (own.width, own.height, chosen)
      let edges = grid.bounds
      // floe's overviews are halved pixel by pixel: the last ones may reach beyond the raster. Other programs stretch.
      let whole =
        item.path == nil
        ? edges
        : Bounds(
          minX: edges.minX, minY: edges.maxY - Double(small.height * chosen) * grid.pixelHeight,
          maxX: edges.minX + Double(small.width * chosen) * grid.pixelWidth, maxY: edges.maxY)
      let across = (whole.maxX - whole.minX) / Double(small.width)
      let down = (whole.maxY - whole.minY) / Double(small.height)
      bounds =
        part == nil
        ? whole
        : Bounds(
          minX: whole.minX + Double(own.column) * across, minY: whole.maxY - Double(own.row + own.height) * down,
          maxX: whole.minX + Double(own.column + own.width) * across, maxY: whole.maxY - Double(own.row) * down)
      note = "from the overview reduced \(chosen) times"
      return
    }
    let n = max(1, longest / side)
    let columns = Array(stride(from: n / 2, to: window.width, by: n))
    let rows = Array(stride(from: window.row + n / 2, to: window.row + window.height, by: n))
    var out = bands.map { _ in [Float]() }
    for i in out.indices { out[i].reserveCapacity(columns.count * rows.count) }
    var block = PixelBlock(window: PixelWindow(column: 0, row: 0, width: 0, height: 0), bandCount: 0, type: spec.type)
    // Row by row: what is kept or computed costs no more than the rows that are drawn.
    for row in rows {
      let line = PixelWindow(column: window.column, row: row, width: window.width, height: 1)
      try raster.source.read(line, bands: bands, into: &block)
      for i in bands.indices {
        let physical = block.physical(band: i, as: raster.spec.bands[bands[i]])
        out[i].append(contentsOf: columns.lazy.map { physical[$0] })
      }
    }
    values = out
    (width, height, step) = (columns.count, rows.count, n)
    let left = grid.originX + Double(window.column) * grid.pixelWidth
    let top = grid.originY - Double(window.row) * grid.pixelHeight
    bounds = Bounds(
      minX: left, minY: top - Double(rows.count * n) * grid.pixelHeight,
      maxX: left + Double(columns.count * n) * grid.pixelWidth, maxY: top)
    note =
      n > 1 ? "from \(ReportFormat.thinned(n, "pixel").replacing(" is drawn", with: "")) of each row and column" : ""
  }

  /// Other values of one band for the same pixels.
  init(_ values: [Float], like other: DecimatedRaster, note: String) {
    (spec, width, height, step) = (other.spec, other.width, other.height, other.step)
    (bounds, window) = (other.bounds, other.window)
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

  /// A hatched picture of the pixels; few are drawn larger, so that the hatching of what has no data stays fine.
  private var hatched: Picture {
    let longest = max(width, height)
    return Picture(width: width, height: height, enlarged: longest < 200 ? 400 / longest : 1)
  }

  /// Three bands as red, green and blue, each between its limits; hatched where one has no data.
  func composite(_ r: Int, _ g: Int, _ b: Int) -> (picture: Picture, limits: [(Double, Double)])? {
    guard let lr = limits(r), let lg = limits(g), let lb = limits(b) else { return nil }
    var picture = hatched
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
    var picture = hatched
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
    var picture = hatched
    for (i, v) in values[band].enumerated() {
      if let code = Int(exactly: v), let c = colors[code] { picture.set(i, c.red, c.green, c.blue) }
    }
    return picture
  }
}
