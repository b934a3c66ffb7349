import FloeIO
import FloeSDK
internal import Foundation

/// The longest axis of a lead's pixels, in units of the map.
struct LeadAxis: Sendable {
  let middle: SIMD2<Double>
  /// Of length 1.
  let direction: SIMD2<Double>

  /// Nil for a lead without a longest axis.
  ///
  /// - Parameter pixel: width and height of a pixel in metres, in which lengths are compared.
  init?(_ mask: LeadMask, _ labels: [Int32], _ wanted: Int32, _ grid: Grid, pixel: SIMD2<Double>) {
    var count = 0.0
    var sum = SIMD2<Double>(0, 0)
    var products = SIMD3<Double>(0, 0, 0)
    for (i, label) in labels.enumerated() where label == wanted {
      let (row, column) = i.quotientAndRemainder(dividingBy: mask.width)
      let p = SIMD2(Double(column), -Double(row))
      count += 1
      sum += p
      products += SIMD3(p.x * p.x, p.x * p.y, p.y * p.y)
    }
    guard count > 1 else { return nil }
    let mean = sum / count
    // The variance within a pixel is a twelfth of its side squared: it turns no axis on square pixels, but on others.
    let within = 1.0 / 12
    let xx = (products.x / count - mean.x * mean.x + within) * pixel.x * pixel.x
    let xy = (products.y / count - mean.x * mean.y) * pixel.x * pixel.y
    let yy = (products.z / count - mean.y * mean.y + within) * pixel.y * pixel.y
    guard hypot(2 * xy, xx - yy) > 1e-9 * (xx + yy) else { return nil }
    let angle = atan2(2 * xy, xx - yy) / 2
    let sides = SIMD2(grid.pixelWidth, grid.pixelHeight)
    let along = SIMD2(cos(angle), sin(angle)) / pixel * sides
    direction = along / (along * along).sum().squareRoot()
    middle =
      SIMD2(
        grid.originX + (Double(mask.column) + 0.5) * grid.pixelWidth,
        grid.originY - (Double(mask.row) + 0.5) * grid.pixelHeight) + mean * sides
  }
}

/// Directions on a grid against true north.
struct Compass {
  private let step: Double
  private let transform: CoordinateTransform?

  init(_ grid: Grid) {
    step = 5 * grid.pixelWidth
    // A system of no place on the Earth, such as that of a building site, has no north but its own.
    transform = grid.crs.flatMap { try? CoordinateTransform(from: .wgs84, to: $0) }
  }

  /// The direction of an axis, clockwise from north in degrees, 0 to below 180; that of the map where it has no
  /// reference system.
  func orientation(_ axis: LeadAxis) -> Double {
    let bearing = self.bearing(axis)
    let folded = bearing - 180 * (bearing / 180).rounded(.down)
    return folded >= 180 ? 0 : folded
  }

  private func bearing(_ axis: LeadAxis) -> Double {
    let (a, b) = (axis.middle - axis.direction * step, axis.middle + axis.direction * step)
    guard let transform, let from = transform.point(a.x, a.y, inverse: true),
      let to = transform.point(b.x, b.y, inverse: true)
    else { return atan2(axis.direction.x, axis.direction.y) * 180 / .pi }
    let scale = Ellipsoid.metresPerDegree(latitude: (from.y + to.y) / 2)
    var east = to.x - from.x
    east -= 360 * (east / 360).rounded()
    return atan2(east * scale.x, (to.y - from.y) * scale.y) * 180 / .pi
  }
}
