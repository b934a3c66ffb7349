import FloeSDK
import Glibc

/// Pressure ridges and the shadows that they throw under a low sun.
///
/// With the sun 12° above the horizon a sail of 2 m throws 9.4 m of shadow: a part of a 10 m pixel, along the whole
/// ridge.
struct RidgeNetwork: Sendable {
  private struct Piece: Sendable {
    var x0, y0, x1, y1, half: Float
  }

  private var pieces: [Piece] = []

  /// Ridges whose shadows cover about `share` of a square scene.
  init(size: Int, share: Double, seed: UInt64, stream: UInt64) {
    let side = Double(size)
    var generator = SeededGenerator(seed: seed, stream: stream)
    var left = share * side * side
    var count = 0
    while left > 0, count < 100_000 {
      var p = SIMD2(generator.uniform(), generator.uniform()) * side
      var angle = generator.uniform(0, 2 * .pi)
      // Sails are exponentially distributed in height, a metre to four; shadows in pixels of 10 m.
      let height = min(4, 1 - 0.8 * log(1 - generator.uniform()))
      let bits = 3 + generator.index(below: 12)
      for _ in 0..<bits {
        angle += 0.35 * generator.gaussian()
        let length = generator.uniform(6, 18)
        let q = p + SIMD2(cos(angle), sin(angle)) * length
        // Seen along the sun, a ridge throws no shadow beside it; the sun stands in the south.
        let width = height * 0.5 * abs(cos(angle)) * generator.uniform(0.4, 1.2)
        pieces.append(Piece(x0: Float(p.x), y0: Float(p.y), x1: Float(q.x), y1: Float(q.y), half: Float(width / 2)))
        left -= width * length
        p = q
      }
      count += 1
    }
  }

  /// Adds the share of each pixel that lies in a strip along the ridges, `shift` rows to the south.
  func paint(over window: PixelWindow, shift: Float, into share: inout [Float]) {
    let left = Float(window.column)
    let top = Float(window.row) - shift
    for p in pieces {
      let reach = p.half + 1.5
      let c0 = max(0, Int((min(p.x0, p.x1) - reach - left).rounded(.down)))
      let c1 = min(window.width, Int((max(p.x0, p.x1) + reach - left).rounded(.up)) + 1)
      let r0 = max(0, Int((min(p.y0, p.y1) - reach - top).rounded(.down)))
      let r1 = min(window.height, Int((max(p.y0, p.y1) + reach - top).rounded(.up)) + 1)
      guard c0 < c1, r0 < r1 else { continue }
      let dx = p.x1 - p.x0
      let dy = p.y1 - p.y0
      let inverse = 1 / max(dx * dx + dy * dy, 1e-6)
      for r in r0..<r1 {
        let py = top + Float(r) + 0.5 - p.y0
        for c in c0..<c1 {
          let px = left + Float(c) + 0.5 - p.x0
          let i = r * window.width + c
          let t = min(max((px * dx + py * dy) * inverse, 0), 1)
          let ex = px - t * dx
          let ey = py - t * dy
          let covered = min(max(p.half - (ex * ex + ey * ey).squareRoot() + 0.5, 0), 1, 2 * p.half)
          share[i] = max(share[i], covered)
        }
      }
    }
  }
}
