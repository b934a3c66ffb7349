import FloeIO
import FloeSDK
import Synchronization

/// Transformations handed out one to a thread at a time.
///
/// Safe because a transformation is either in the pool or with the one thread that took it out.
final class TransformPool: @unchecked Sendable {
  private let from: CRS, to: CRS
  private let lock = Mutex<Void>(())
  private var idle: [CoordinateTransform] = []

  init(from: CRS, to: CRS) {
    self.from = from
    self.to = to
  }

  func withTransform<R>(_ body: (CoordinateTransform) throws -> R) throws -> R {
    let taken = lock.withLock { _ in UnsafeHolder(idle.popLast()) }.value
    let transform = try taken ?? CoordinateTransform(from: from, to: to)
    let result = try body(transform)
    let holder = UnsafeHolder(transform)
    lock.withLock { _ in idle.append(contentsOf: [holder.value].compactMap { $0 }) }
    return result
  }

  /// Safe because it only carries a transformation across the lock's closure, on one thread.
  private struct UnsafeHolder: @unchecked Sendable {
    let value: CoordinateTransform?
    init(_ value: CoordinateTransform?) { self.value = value }
  }
}

/// The grid that covers a raster in another system.
enum WarpGrid {
  static func grid(of source: Grid, from: CRS, to: CRS, resolution: Double?) throws -> Grid {
    let b = source.bounds
    var x: [Double] = []
    var y: [Double] = []
    // Inner points too: a pole inside makes the middle the extreme.
    for i in 0...40 {
      for j in 0...40 {
        x.append(b.minX + (b.maxX - b.minX) * Double(i) / 40)
        y.append(b.minY + (b.maxY - b.minY) * Double(j) / 40)
      }
    }
    try CoordinateTransform(from: from, to: to).transform(x: &x, y: &y)
    let xs = x.filter(\.isFinite)
    let ys = y.filter(\.isFinite)
    guard let x0 = xs.min(), let x1 = xs.max(), let y0 = ys.min(), let y1 = ys.max(), x1 > x0, y1 > y0 else {
      throw FloeError("the raster has no place in \(to.label)")
    }
    let diagonal = (Double(source.width) * Double(source.width) + Double(source.height) * Double(source.height))
      .squareRoot()
    let size = resolution ?? ((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)).squareRoot() / diagonal
    let west = (x0 / size).rounded(.down)
    let east = (x1 / size).rounded(.up)
    let south = (y0 / size).rounded(.down)
    let north = (y1 / size).rounded(.up)
    let columns = east - west
    let rows = north - south
    guard columns < 1e6, rows < 1e6 else {
      throw ParameterError(
        "resolution",
        """
        of \(size) gives \(columns) x \(rows) pixels in \(to.label); rasters across 180° spread over the globe in \
        degrees: choose a projected system
        """
      )
    }
    guard
      let grid = Grid(
        width: Int(columns), height: Int(rows), originX: west * size, originY: north * size, pixelWidth: size,
        pixelHeight: size, crs: to)
    else {
      throw FloeError("the raster has no place in \(to.label)")
    }
    return grid
  }
}

/// Fills windows of the new grid from the old one.
struct WarpKernel: Sendable {
  let source: Raster
  let target: RasterSpec
  let isNearest: Bool
  /// Columns of a whole turn of longitudes; 0 for a source that is not in degrees.
  private let around: Double
  /// The same where the source has a whole turn of columns, so that the first follows the last; else nil.
  private let ring: Int?

  init(source: Raster, target: RasterSpec, isNearest: Bool) {
    self.source = source
    self.target = target
    self.isNearest = isNearest
    let grid = source.spec.grid
    around = grid.crs?.isGeographic == true ? 360 / grid.pixelWidth : 0
    let whole = around.rounded()
    ring = around >= 1 && abs(around - whole) < 1e-3 && grid.width >= Int(whole) ? Int(whole) : nil
  }

  /// Columns and rows of the source under the window's pixel centres; NaN where there is no place.
  func places(of window: PixelWindow, _ transform: CoordinateTransform) -> [SIMD2<Double>] {
    var result = [SIMD2<Double>](repeating: SIMD2(.nan, .nan), count: window.pixelCount)
    let cell = 16
    for row in stride(from: 0, to: window.height, by: cell) {
      let h = min(cell, window.height - row)
      let columns = Array(stride(from: 0, to: window.width, by: cell))
      // Corners and middles of a line of cells at once.
      var corners: [(Double, Double)] = []
      for column in columns {
        let w = min(cell, window.width - column)
        let c = Double(column)
        let r = Double(row)
        let ce = c + Double(w - 1)
        let re = r + Double(h - 1)
        corners += [(c, r), (ce, r), (c, re), (ce, re), ((c + ce) / 2, (r + re) / 2)]
      }
      let found = pixels(corners, window, transform)
      for (k, column) in columns.enumerated() {
        let w = min(cell, window.width - column)
        let p = Array(found[k * 5..<k * 5 + 5])
        let middle = (p[0] + p[1] + p[2] + p[3]) / 4
        let miss = middle - p[4]
        let isStraight = max(abs(miss.x), abs(miss.y)) < 0.01
        let exact =
          isStraight
          ? [] : pixels((0..<w * h).map { (Double(column + $0 % w), Double(row + $0 / w)) }, window, transform)
        for y in 0..<h {
          let fy = h > 1 ? Double(y) / Double(h - 1) : 0
          for x in 0..<w {
            let fx = w > 1 ? Double(x) / Double(w - 1) : 0
            let straight = (p[0] * (1 - fx) + p[1] * fx) * (1 - fy) + (p[2] * (1 - fx) + p[3] * fx) * fy
            result[(row + y) * window.width + column + x] = isStraight ? straight : exact[y * w + x]
          }
        }
      }
    }
    return result
  }

  private func pixels(_ places: [(Double, Double)], _ window: PixelWindow, _ transform: CoordinateTransform) -> [SIMD2<
    Double
  >] {
    let grid = target.grid
    let own = source.spec.grid
    var x = places.map { grid.originX + (Double(window.column) + $0.0 + 0.5) * grid.pixelWidth }
    var y = places.map { grid.originY - (Double(window.row) + $0.1 + 0.5) * grid.pixelHeight }
    transform.transform(x: &x, y: &y)
    let width = Double(own.width)
    return zip(x, y).map { x, y in
      guard x.isFinite else { return SIMD2(.nan, .nan) }
      var column = (x - own.originX) / own.pixelWidth
      if around > 0 {
        // The same meridian has many names; the one nearest to the raster's middle counts, its first column before a
        // turn farther.
        column -= around * ((column - width / 2) / around).rounded()
        if column >= width, column - around >= 0 { column -= around }
        // Rounding must not lead over the edge of a whole turn.
        if ring != nil { column = max(0, column) }
      }
      return SIMD2(column, (own.originY - y) / own.pixelHeight)
    }
  }

  func fill(_ window: PixelWindow, bands: [Int], at places: [SIMD2<Double>], into block: inout PixelBlock) throws {
    block.reshape(window: window, bandCount: bands.count, type: target.type)
    let grid = source.spec.grid
    var low = SIMD2(Double.infinity, .infinity)
    var high = -low
    for p in places
    where p.x.isFinite && p.x > -1 && p.y > -1 && p.x < Double(grid.width) + 1 && p.y < Double(grid.height) + 1 {
      low = pointwiseMin(low, p)
      high = pointwiseMax(high, p)
    }
    var read: PixelBlock?
    if low.x.isFinite {
      var c = Int(low.x.rounded(.down)) - 1
      var end = Int(high.x) + 3
      let r = Int(low.y.rounded(.down)) - 1
      // Over the edge the other side is needed.
      if ring != nil, !isNearest, c < 0 || end > grid.width { (c, end) = (0, grid.width) }
      let wide = PixelWindow(column: c, row: r, width: end - c, height: Int(high.y) + 3 - r)
      if let touched = wide.intersection(grid.fullWindow) { read = try source.read(touched, bands: bands) }
    }
    for (i, band) in bands.enumerated() {
      let empty = target.bands[band].noData ?? 0
      let noData = source.spec.bands[band].noData.flatMap(target.type.stored) ?? .nan
      let old =
        read
        ?? PixelBlock(
          window: PixelWindow(column: 0, row: 0, width: 0, height: 0), bandCount: bands.count, type: target.type)
      func whole<T: FixedWidthInteger>(_ v: Double, _: T.Type) -> T {
        v.isFinite ? T(clamping: Int(max(-9e15, min(9e15, v.rounded())))) : 0
      }
      switch (old.values, block.values) {
      case (.uint8(let a), .uint8(var b)):
        run(a, old.window, &b, i, places, empty, noData) { whole($0, UInt8.self) }
        block.values = .uint8(b)
      case (.int16(let a), .int16(var b)):
        run(a, old.window, &b, i, places, empty, noData) { whole($0, Int16.self) }
        block.values = .int16(b)
      case (.uint16(let a), .uint16(var b)):
        run(a, old.window, &b, i, places, empty, noData) { whole($0, UInt16.self) }
        block.values = .uint16(b)
      case (.int32(let a), .int32(var b)):
        run(a, old.window, &b, i, places, empty, noData) { whole($0, Int32.self) }
        block.values = .int32(b)
      case (.uint32(let a), .uint32(var b)):
        run(a, old.window, &b, i, places, empty, noData) { whole($0, UInt32.self) }
        block.values = .uint32(b)
      case (.float32(let a), .float32(var b)):
        run(a, old.window, &b, i, places, empty, noData) { Float($0) }
        block.values = .float32(b)
      case (.float64(let a), .float64(var b)):
        run(a, old.window, &b, i, places, empty, noData) { $0 }
        block.values = .float64(b)
      default: throw FloeError("a raster's source gave another pixel type than it announced")
      }
    }
  }

  private func run<T: PixelValue>(
    _ a: [T], _ w: PixelWindow, _ out: inout [T], _ plane: Int, _ places: [SIMD2<Double>], _ empty: Double,
    _ noData: Double, _ make: (Double) -> T
  ) {
    let from = plane * w.pixelCount
    let to = plane * places.count
    let nothing = make(empty)
    let columns = source.spec.grid.width
    let ring = isNearest ? 0 : ring ?? 0
    func stored(_ column: Int, _ r: Int) -> T? {
      let c = column < 0 ? column + ring : column >= columns ? column - ring : column
      guard c >= w.column, r >= w.row, c < w.endColumn, r < w.endRow else { return nil }
      let v = a[from + (r - w.row) * w.width + c - w.column]
      let d = v.asDouble
      return d == noData || d.isNaN ? nil : v
    }
    for (i, p) in places.enumerated() {
      guard p.x.isFinite, abs(p.x) < 1e9, abs(p.y) < 1e9 else {
        out[to + i] = nothing
        continue
      }
      if isNearest {
        out[to + i] = stored(Int(p.x.rounded(.down)), Int(p.y.rounded(.down))) ?? nothing
        continue
      }
      let x = p.x - 0.5
      let y = p.y - 0.5
      let c = Int(x.rounded(.down))
      let r = Int(y.rounded(.down))
      let fx = x - Double(c)
      let fy = y - Double(r)
      guard let v00 = stored(c, r), let v10 = stored(c + 1, r), let v01 = stored(c, r + 1),
        let v11 = stored(c + 1, r + 1)
      else {
        out[to + i] = nothing
        continue
      }
      let above = v00.asDouble * (1 - fx) + v10.asDouble * fx
      let below = v01.asDouble * (1 - fx) + v11.asDouble * fx
      out[to + i] = make(above * (1 - fy) + below * fy)
    }
  }
}
