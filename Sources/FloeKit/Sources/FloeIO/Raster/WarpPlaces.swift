internal import CGDAL
import FloeCore
import Synchronization

/// Where pixels of a new grid lie in an old raster, as GDAL's warper asks for it.
///
/// It belongs to one thread at a time.
final class WarpPlaces {
  private let new: Grid, old: Grid
  private let transform: CoordinateTransform
  private let turn: Double
  private let isRing: Bool
  private let cell: PixelWindow
  /// The column, unwrapped, about which names of meridians are chosen.
  private var reference: Double
  /// Column and row of the old raster that count as 0.
  var origin = SIMD2(0.0, 0.0)
  /// What GDAL hands to `callback`; valid as long as this object.
  var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  /// - Parameters:
  ///   - turn: columns of a whole turn of longitudes in the old raster; 0 where it is not in degrees.
  ///   - isRing: whether it goes round the globe. Then the same column has many names, and those about the cell's
  ///     middle are taken, so that they do not jump within it; else those about the raster's middle.
  init(from new: Grid, to old: Grid, _ transform: CoordinateTransform, turn: Double, isRing: Bool, cell: PixelWindow) {
    self.new = new
    self.old = old
    self.transform = transform
    self.turn = turn
    self.isRing = isRing
    self.cell = cell
    reference = Double(old.width) / 2
    if isRing {
      let middle = places([SIMD2(Double(cell.column + cell.endColumn) / 2, Double(cell.row + cell.endRow) / 2)])[0]
      if middle.x.isFinite { reference = middle.x }
    }
  }

  /// Old columns and rows of places given in columns and rows of the new grid; NaN where there is none.
  func places(_ given: [SIMD2<Double>]) -> [SIMD2<Double>] {
    var x = given.map { new.originX + $0.x * new.pixelWidth }
    var y = given.map { new.originY - $0.y * new.pixelHeight }
    transform.transform(x: &x, y: &y)
    return zip(x, y).map { x, y in
      guard x.isFinite, y.isFinite else { return SIMD2(.nan, .nan) }
      var column = (x - old.originX) / old.pixelWidth
      if turn > 0 {
        column -= turn * ((column - reference) / turn).rounded()
        // Exactly half a turn away both names are as near; the first column of a raster counts.
        if !isRing, column >= Double(old.width), column - turn >= 0 { column -= turn }
      }
      return SIMD2(column, (old.originY - y) / old.pixelHeight) - origin
    }
  }

  /// How many old pixels a new one covers along the old raster's columns and rows: the middle one over the cell. Nil
  /// where no place of it exists.
  func scale() -> SIMD2<Double>? {
    var found: [SIMD2<Double>] = []
    let step = 0.25
    for i in 0...4 {
      for j in 0...4 {
        let at = SIMD2(
          Double(cell.column) + Double(cell.width) * (Double(i) + 0.5) / 5,
          Double(cell.row) + Double(cell.height) * (Double(j) + 0.5) / 5)
        let p = places([at - SIMD2(step, 0), at + SIMD2(step, 0), at - SIMD2(0, step), at + SIMD2(0, step)])
        let a = (p[1] - p[0]) / (2 * step)
        let b = (p[3] - p[2]) / (2 * step)
        let own = (a * a + b * b).squareRoot()
        if own.x.isFinite && own.y.isFinite { found.append(own) }
      }
    }
    guard !found.isEmpty else {
      // A cell of which little exists: full size, so that nothing of it is lost.
      let corners = places([
        SIMD2(Double(cell.column), Double(cell.row)), SIMD2(Double(cell.endColumn), Double(cell.endRow)),
      ])
      return corners.contains { $0.x.isFinite } ? SIMD2(1, 1) : nil
    }
    let x = found.map(\.x).sorted()
    let y = found.map(\.y).sorted()
    return SIMD2(x[x.count / 2], y[y.count / 2])
  }

  /// The transformer that GDAL calls, from the new grid to the old raster.
  static let callback: GDALTransformerFunc = { argument, toSource, count, x, y, _, success in
    guard let argument, let x, let y, let success else { return 0 }
    let own = Unmanaged<WarpPlaces>.fromOpaque(argument).takeUnretainedValue()
    guard toSource != 0 else {
      for i in 0..<Int(count) { success[i] = 0 }
      return 0
    }
    let found = own.places((0..<Int(count)).map { SIMD2(x[$0], y[$0]) })
    for (i, place) in found.enumerated() {
      success[i] = place.x.isFinite ? 1 : 0
      x[i] = place.x
      y[i] = place.y
    }
    return 1
  }
}

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

  func isBetween(_ from: CRS, _ to: CRS) -> Bool { self.from == from && self.to == to }

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
