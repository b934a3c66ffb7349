import FloeSDK
import Glibc

/// Pressure ridges and the shadows that they throw under a low sun.
///
/// With the sun 12° above the horizon a sail of 2 m throws 9.4 m of shadow: a part of a 10 m pixel, along the whole
/// ridge.
struct RidgeNetwork: Sendable {
  private struct Piece: Sendable {
    var line: PaintedLine
    var half: Float
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
        pieces.append(Piece(line: PaintedLine(from: p, to: q), half: Float(width / 2)))
        left -= width * length
        p = q
      }
      count += 1
    }
  }

  /// Adds the share of each pixel that lies in a strip along the ridges, `shift` rows to the south.
  func paint(over window: PixelWindow, shift: Float, into share: inout [Float]) {
    for p in pieces {
      p.line.visit(window, reach: p.half + 1.5, shift: shift) { i, _, far in
        share[i] = max(share[i], min(max(p.half - far + 0.5, 0), 1, 2 * p.half))
      }
    }
  }
}
