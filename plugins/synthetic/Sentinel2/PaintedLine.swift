import FloeSDK

/// A straight line of a network that is painted into windows of a scene; places in pixels of the scene.
struct PaintedLine: Sendable {
  let x0, y0, x1, y1: Float

  /// A line between two places.
  init(from p: SIMD2<Double>, to q: SIMD2<Double>) {
    x0 = Float(p.x)
    y0 = Float(p.y)
    x1 = Float(q.x)
    y1 = Float(q.y)
  }

  /// Visits the pixels of a window in the rectangle around the line.
  ///
  /// - Parameters:
  ///   - reach: how far the rectangle goes beyond the line's ends.
  ///   - shift: rows by which the line is moved to the south.
  ///   - body: gets the pixel's index, `row * width + column` of the window; where on the line the nearest place lies,
  ///     0 at its first end and 1 at its last; and how far the pixel's centre is from it.
  @inline(__always)
  func visit(
    _ window: PixelWindow, reach: Float, shift: Float = 0, _ body: (_ i: Int, _ t: Float, _ far: Float) -> Void
  ) {
    let left = Float(window.column)
    let top = Float(window.row) - shift
    let c0 = max(0, Int((min(x0, x1) - reach - left).rounded(.down)))
    let c1 = min(window.width, Int((max(x0, x1) + reach - left).rounded(.up)) + 1)
    let r0 = max(0, Int((min(y0, y1) - reach - top).rounded(.down)))
    let r1 = min(window.height, Int((max(y0, y1) + reach - top).rounded(.up)) + 1)
    guard c0 < c1, r0 < r1 else { return }
    let dx = x1 - x0
    let dy = y1 - y0
    let inverse = 1 / max(dx * dx + dy * dy, 1e-6)
    for r in r0..<r1 {
      let py = top + Float(r) + 0.5 - y0
      for c in c0..<c1 {
        let px = left + Float(c) + 0.5 - x0
        let t = min(max((px * dx + py * dy) * inverse, 0), 1)
        let ex = px - t * dx
        let ey = py - t * dy
        body(r * window.width + c, t, (ex * ex + ey * ey).squareRoot())
      }
    }
  }
}
