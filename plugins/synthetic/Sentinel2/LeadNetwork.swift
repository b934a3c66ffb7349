import FloeSDK
import Glibc

/// Cracks in the ice: branching fractures of straight pieces whose width changes along them.
///
/// They follow from the seed alone and are painted into any window of the scene.
struct LeadNetwork: Sendable {
  /// A piece of a fracture, with its half widths at both ends in pixels.
  struct Piece: Sendable {
    var line: PaintedLine
    var h0, h1: Float
    /// What the crack is filled with, 0 ... 1; the same along a fracture.
    var tone: Float
  }

  private(set) var pieces: [Piece] = []
  private var area = 0.0
  private let size: Double
  private var generator: SeededGenerator

  /// A network that covers about `share` of a square scene, with widths from 1 pixel to `widest`.
  init(size: Int, share: Double, widest: Double, seed: UInt64, stream: UInt64) {
    self.size = Double(size)
    generator = SeededGenerator(seed: seed, stream: stream)
    let wanted = share * self.size * self.size
    // Two families of shear fractures at the angle that a wind or current imposes, as satellites see them.
    let main = generator.uniform(0, .pi)
    let second = main + generator.uniform(0.75, 1.15)
    var count = 0
    while area < wanted, count < 4000 {
      let reach = generator.uniform(0.35, 1.2) * self.size * (count < 2 ? 1 : generator.uniform(0.3, 1))
      // The first takes the full width; the others follow a power law that favours narrow ones.
      let u = generator.uniform()
      let fitting = 1.4 * (wanted - area) / reach
      let width = max(1, min(count == 0 ? widest : 2 + (widest - 2) * u * u, fitting))
      let angle = (generator.uniform() < 0.62 ? main : second) + 0.12 * generator.gaussian()
      // Through the middle part for the first, anywhere for the others.
      let margin = count == 0 ? 0.3 : 0.02
      let cx = generator.uniform(margin, 1 - margin) * self.size
      let cy = generator.uniform(margin, 1 - margin) * self.size
      let dx = cos(angle) * reach / 2
      let dy = sin(angle) * reach / 2
      fracture(
        from: SIMD2(cx - dx, cy - dy), to: SIMD2(cx + dx, cy + dy), width: width, tone: Float(generator.uniform()),
        depth: 0)
      count += 1
    }
  }

  /// Adds a fracture by midpoint displacement, and its branches.
  private mutating func fracture(from a: SIMD2<Double>, to b: SIMD2<Double>, width: Double, tone: Float, depth: Int) {
    var line = [a, b]
    var roughness = 0.16
    while true {
      let step = line[1] - line[0]
      let length = (step * step).sum().squareRoot()
      if length < max(7, min(width * 0.8, 40)) { break }
      var finer: [SIMD2<Double>] = []
      for i in 0..<(line.count - 1) {
        let d = line[i + 1] - line[i]
        finer.append(line[i])
        finer.append((line[i] + line[i + 1]) / 2 + SIMD2(-d.y, d.x) * (roughness * generator.uniform(-1, 1)))
      }
      finer.append(line[line.count - 1])
      line = finer
      roughness *= 0.93
    }
    let n = line.count - 1
    // A lead opens where it runs across the pull and stays narrow where it runs along it: the width wanders.
    let phase = generator.uniform(0, 2 * .pi)
    let waves = generator.uniform(1.5, 4)
    let halves = (0...n).map { i -> Double in
      let t = Double(i) / Double(n)
      let ends = min(1, 5 * min(t, 1 - t))
      return width / 2 * ends * (0.72 + 0.28 * sin(phase + 2 * .pi * waves * t)) * generator.uniform(0.88, 1.12)
    }
    for i in 0..<n {
      let p = line[i]
      let q = line[i + 1]
      pieces.append(
        Piece(line: PaintedLine(from: p, to: q), h0: Float(halves[i]), h1: Float(halves[i + 1]), tone: tone))
      let m = (p + q) / 2
      let d = q - p
      if m.x > 0, m.y > 0, m.x < size, m.y < size { area += (d * d).sum().squareRoot() * (halves[i] + halves[i + 1]) }
    }
    guard depth < 3, width > 1.5 else { return }
    let span = b - a
    for _ in 0..<generator.index(below: depth == 0 ? 5 : 3) {
      let i = 1 + generator.index(below: max(1, n - 1))
      let turn = (generator.uniform() < 0.5 ? -1 : 1) * generator.uniform(0.45, 1.1)
      let part = generator.uniform(0.15, 0.4)
      let along = SIMD2(span.x * cos(turn) - span.y * sin(turn), span.x * sin(turn) + span.y * cos(turn)) * part
      fracture(
        from: line[i], to: line[i] + along, width: max(1, width * generator.uniform(0.2, 0.6)), tone: tone,
        depth: depth + 1)
    }
  }

  /// Paints the part of each pixel that the cracks cover, and their tone where they do.
  ///
  /// - Parameters:
  ///   - ragged: moves the edges, in half widths of the crack (at most 9 pixels): `values[row][column]` over the
  ///     window.
  func paint(over window: PixelWindow, ragged: [Float], cover: inout [Float], tone: inout [Float]) {
    for p in pieces {
      p.line.visit(window, reach: max(p.h0, p.h1) * 1.5 + 2) { i, t, far in
        let half = p.h0 + (p.h1 - p.h0) * t
        let edge = half + ragged[i] * min(half * 0.4, 9) - far + 0.5
        let covered = min(max(edge, 0), 1, 2 * half)
        if covered > cover[i] {
          cover[i] = covered
          tone[i] = p.tone
        }
      }
    }
  }
}
