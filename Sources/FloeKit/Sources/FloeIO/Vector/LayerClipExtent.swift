import FloeCore
import Glibc

/// The part of a layer's plane that can touch a grid: rectangles in the layer's reference system.
///
/// Projections are good near their place alone: a continent on the other side of the Earth has no coordinates in a UTM
/// zone, or wrong ones.
struct LayerClipExtent {
  /// The grid's extent.
  let grid: Bounds
  /// About a degree more than the grid on each side; empty where layer or grid has no reference system.
  private(set) var boxes: [Bounds] = []
  /// The longest straight edge that is carried over as one, in the layer's units.
  private(set) var step = 0.01
  /// 360 on a grid in degrees, where a meridian has many names; nil on others.
  let turn: Double?

  init(of grid: Grid, in layer: CRS?) throws {
    self.grid = grid.bounds
    turn = grid.crs?.isGeographic == true ? 360 : nil
    guard let layer, let own = grid.crs else { return }
    try layer.checkAngles(of: "the layer of polygons")
    if !own.isGeographic, layer.isSame(as: own) {
      let b = grid.bounds
      let margin = max(grid.pixelWidth, grid.pixelHeight)
      boxes = [Bounds(minX: b.minX - margin, minY: b.minY - margin, maxX: b.maxX + margin, maxY: b.maxY + margin)]
      return
    }
    let region = try Self.region(of: grid, own)
    if layer.isGeographic {
      // Layers count longitudes from -180, from 0, or beyond 180.
      boxes =
        region.isWhole
        ? [Bounds(minX: -541, minY: region.box.minY, maxX: 541, maxY: region.box.maxY)]
        : [-360.0, 0, 360].map {
          Bounds(minX: region.box.minX + $0, minY: region.box.minY, maxX: region.box.maxX + $0, maxY: region.box.maxY)
        }
      return
    }
    let transform = try CoordinateTransform(from: .wgs84, to: layer)
    boxes = Self.withinHalfTurns(region.box).compactMap { part in
      var (x, y) = Self.lattice(part)
      transform.transform(x: &x, y: &y)
      return Self.bounds(x, y)
    }
    step = (boxes.map { max($0.maxX - $0.minX, $0.maxY - $0.minY) }.max() ?? 0) / 1024
    // No place of the grid exists in the layer's system: nothing of the layer can touch it.
    if boxes.isEmpty { boxes = [Bounds(minX: 0, minY: 0, maxX: 0, maxY: 0)] }
  }

  /// West, south, east and north of a grid with the margin, in degrees; west within -180 ..< 180, east greater than
  /// west.
  private static func region(of grid: Grid, _ crs: CRS) throws -> (box: Bounds, isWhole: Bool) {
    let b = grid.bounds
    if crs.isGeographic {
      return spread(west: b.minX, east: b.maxX, south: b.minY, north: b.maxY)
    }
    let transform = try CoordinateTransform(from: .wgs84, to: crs)
    var (x, y) = lattice(b)
    transform.transform(x: &x, y: &y, inverse: true)
    let valid = zip(x, y).filter { $0.isFinite && $1.isFinite }
    guard var south = valid.map(\.1).min(), var north = valid.map(\.1).max() else {
      throw FloeError("the grid has no longitude and latitude in \(crs.label)")
    }
    for pole in [-90.0, 90] {
      if let p = transform.point(0, pole), p.x >= b.minX, p.x <= b.maxX, p.y >= b.minY, p.y <= b.maxY {
        south = min(south, pole)
        north = max(north, pole)
      }
    }
    // The widest gap between meridians of the grid lies outside of it.
    let meridians = valid.map { $0.0 < 0 ? $0.0 + 360 : $0.0 }.sorted()
    var west = meridians[0]
    var gap = meridians[0] + 360 - meridians[meridians.count - 1]
    for (a, b) in zip(meridians, meridians.dropFirst()) where b - a > gap { (west, gap) = (b, b - a) }
    // Points of a grid around a pole leave narrow gaps.
    return spread(west: west, east: west + 360 - (gap < 15 ? 0 : gap), south: south, north: north)
  }

  /// The box with a margin of a degree of arc.
  private static func spread(west: Double, east: Double, south: Double, north: Double) -> (box: Bounds, isWhole: Bool) {
    let s = max(-90, south - 1)
    let n = min(90, north + 1)
    let high = max(abs(s), abs(n))
    let margin = high < 89 ? 1 / cos(high * .pi / 180) : 360
    guard east - west + 2 * margin < 360 else { return (Bounds(minX: -180, minY: s, maxX: 180, maxY: n), true) }
    let start = west - margin
    let turns = ((start + 180) / 360).rounded(.down) * 360
    return (Bounds(minX: start - turns, minY: s, maxX: east + margin - turns, maxY: n), false)
  }

  /// The box cut at the 180° meridian, where projections of the whole Earth begin and end.
  private static func withinHalfTurns(_ box: Bounds) -> [Bounds] {
    guard box.maxX > 180 else { return [box] }
    return [
      Bounds(minX: box.minX, minY: box.minY, maxX: 180 - 1e-9, maxY: box.maxY),
      Bounds(minX: -180 + 1e-9, minY: box.minY, maxX: box.maxX - 360, maxY: box.maxY),
    ]
  }

  /// 65 x 65 points over a rectangle, its edges included.
  private static func lattice(_ b: Bounds) -> (x: [Double], y: [Double]) {
    var x: [Double] = []
    var y: [Double] = []
    for i in 0...64 {
      for j in 0...64 {
        x.append(b.minX + (b.maxX - b.minX) * Double(i) / 64)
        y.append(b.minY + (b.maxY - b.minY) * Double(j) / 64)
      }
    }
    return (x, y)
  }

  private static func bounds(_ x: [Double], _ y: [Double]) -> Bounds? {
    let xs = x.filter(\.isFinite)
    let ys = y.filter(\.isFinite)
    guard let minX = xs.min(), let maxX = xs.max(), let minY = ys.min(), let maxY = ys.max() else { return nil }
    return Bounds(minX: minX, minY: minY, maxX: maxX, maxY: maxY)
  }
}

extension Bounds {
  /// Whether the two rectangles share more than an edge; one without an area may lie within.
  func touches(_ other: Bounds) -> Bool {
    minX <= other.maxX && other.minX <= maxX && minY <= other.maxY && other.minY <= maxY
  }
}
