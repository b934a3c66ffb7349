import FloeIO
import FloeSDK

/// Which part of the tile is wanted.
struct SceneWindow {
  let grid: Grid
  let product: String

  /// A window given as column, row, width, height.
  func pixels(_ numbers: [Int]) throws -> PixelWindow {
    let w = PixelWindow(column: numbers[0], row: numbers[1], width: numbers[2], height: numbers[3])
    guard w.intersection(grid.fullWindow) == w else {
      throw ParameterError(
        "window",
        """
        is \(numbers.map(String.init).joined(separator: ",")) and reaches beyond the scene of \(grid.width) x \
        \(grid.height) pixels at \(Int(grid.pixelWidth)) m
        """
      )
    }
    return w
  }

  /// The smallest window that holds the part of the scene in a box of west, south, east, north; west > east crosses
  /// 180°.
  ///
  /// Edges of the box are bent in the scene's projection, and the scene's in longitude and latitude. Hence the points
  /// of either outline that lie within the other are taken, 4096 on each edge.
  func box(_ box: [Double]) throws -> PixelWindow {
    guard let crs = grid.crs else { throw FloeError("the scene has no coordinate reference system") }
    let transform = try CoordinateTransform(from: .wgs84, to: crs)
    let steps = 4096
    var scene = outline(
      minX: grid.bounds.minX, minY: grid.bounds.minY, maxX: grid.bounds.maxX, maxY: grid.bounds.maxY, steps: steps)
    let own = scene
    transform.transform(x: &scene.x, y: &scene.y, inverse: true)
    let west = box[0]
    let span = Self.turned(box[2] - box[0], zeroIsFull: true)
    var columns: [Double] = []
    var rows: [Double] = []
    func take(_ x: Double, _ y: Double) {
      columns.append((x - grid.originX) / grid.pixelWidth)
      rows.append((grid.originY - y) / grid.pixelHeight)
    }
    for i in scene.x.indices where scene.x[i].isFinite {
      if Self.turned(scene.x[i] - west) <= span, (box[1]...box[3]).contains(scene.y[i]) { take(own.x[i], own.y[i]) }
    }
    // The box is cut to the scene's surroundings, so that its points lie close to one another.
    let centre = scene.x[0]
    let longitudes = scene.x.filter(\.isFinite).map { centre + GeographicOutline.normalised($0 - centre) }
    let latitudes = scene.y.filter(\.isFinite)
    if let low = longitudes.min(), let high = longitudes.max(), let bottom = latitudes.min(), let top = latitudes.max()
    {
      for turn in [-360.0, 0, 360] {
        let a = max(west + turn, low - 0.1)
        let b = min(west + span + turn, high + 0.1)
        let c = max(box[1], bottom - 0.1)
        let d = min(box[3], top + 0.1)
        guard a < b, c < d else { continue }
        var edge = outline(minX: a, minY: c, maxX: b, maxY: d, steps: steps)
        // Edges that were only cut off here are no edges of the box.
        let (lon, lat) = edge
        transform.transform(x: &edge.x, y: &edge.y)
        let bounds = grid.bounds
        for i in edge.x.indices where edge.x[i].isFinite {
          let isOwn = lon[i] == west + turn || lon[i] == west + span + turn || lat[i] == box[1] || lat[i] == box[3]
          guard isOwn, edge.x[i] >= bounds.minX, edge.x[i] <= bounds.maxX, edge.y[i] >= bounds.minY,
            edge.y[i] <= bounds.maxY
          else { continue }
          take(edge.x[i], edge.y[i])
        }
      }
    }
    guard let minC = columns.min(), let maxC = columns.max(), let minR = rows.min(), let maxR = rows.max() else {
      let place = "\(Self.short(scene.x[0])), \(Self.short(scene.y[0]))"
      throw ParameterError(
        "box",
        """
        \(box.map(Self.short).joined(separator: ",")) (west, south, east, north) does not touch the scene '\
        \(product)', whose upper left corner lies at longitude, latitude \(place)
        """
      )
    }
    let column = max(0, Int(minC.rounded(.down)))
    let row = max(0, Int(minR.rounded(.down)))
    let endColumn = min(grid.width, max(column + 1, Int(maxC.rounded(.up))))
    let endRow = min(grid.height, max(row + 1, Int(maxR.rounded(.up))))
    return PixelWindow(
      column: min(column, grid.width - 1), row: min(row, grid.height - 1), width: max(1, endColumn - column),
      height: max(1, endRow - row))
  }

  /// Points along the edges of a rectangle, from the upper left corner on.
  private func outline(minX: Double, minY: Double, maxX: Double, maxY: Double, steps n: Int) -> (
    x: [Double], y: [Double]
  ) {
    var x: [Double] = []
    var y: [Double] = []
    for i in 0...n {
      let t = Double(i) / Double(n)
      let across = i == n ? maxX : minX + (maxX - minX) * t
      let down = i == n ? minY : maxY - (maxY - minY) * t
      x += [across, across, minX, maxX]
      y += [maxY, minY, down, down]
    }
    return (x, y)
  }

  /// An angle in 0 ..< 360, or 360 for a whole turn.
  private static func turned(_ angle: Double, zeroIsFull: Bool = false) -> Double {
    let rest = angle.truncatingRemainder(dividingBy: 360)
    let positive = rest < 0 ? rest + 360 : rest
    return zeroIsFull && positive == 0 ? 360 : positive
  }

  private static func short(_ value: Double) -> String { String((value * 1e4).rounded() / 1e4) }
}
