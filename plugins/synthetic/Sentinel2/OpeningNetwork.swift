import FloeSDK
import Glibc

/// Openings along cracks, as drifting winter ice has them: short, blunt pull-aparts in chains, few wide and many
/// narrow.
///
/// Widths follow a truncated power law. Exponents in the literature: 1.1 to 1.4 (Muchow et al. 2021, Sentinel-2,
/// Weddell Sea), 2.1 to 2.6 (Marcq and Weiss 2012, SPOT, Arctic), 2.47 (Wernecke and Kaleschke 2015, CryoSat-2); chords
/// of the dark pixels of the scene in `WinterSpectra` give 1.7 to 2.0.
struct OpeningNetwork: Sendable {
  /// A piece of an opening, with its half widths at both ends in pixels.
  struct Piece: Sendable {
    var line: PaintedLine
    var h0, h1: Float
    /// The number of the opening, from 1.
    var number: UInt16
    /// Ice in it in centimetres; 0 is open water.
    var thickness: Float
    /// Where, in half widths from its middle, a refrozen rim begins; 2 where it has none.
    var rim: Float
  }

  /// What the openings do to a window, `values[row][column]`.
  struct Cover: Sendable {
    /// The share of the pixel that is opening.
    var share: [Float]
    /// Ice in the opening in centimetres.
    var thickness: [Float]
    /// The number of the opening; 0 is none.
    var number: [UInt16]
    /// Width of the opening there in pixels.
    var width: [Float]

    init(count: Int) {
      share = [Float](repeating: 0, count: count)
      thickness = share
      width = share
      number = [UInt16](repeating: 0, count: count)
    }
  }

  private(set) var pieces: [Piece] = []
  /// How many openings there are.
  private var count = 0
  private let size: Double
  private var generator: SeededGenerator

  /// Openings that cover about the given shares of a square scene.
  ///
  /// - Parameters:
  ///   - open: the share of open water.
  ///   - frozen: the share of openings that have frozen over, from dark nilas to grey-white ice.
  ///   - stages: which of the four stages occur in openings that have frozen over.
  ///   - exponent: of the power law of widths.
  ///   - widths: in pixels; the first opening is as wide as the upper end allows and the share of open water can pay
  ///     for.
  init(
    size: Int, open: Double, frozen: Double, stages: Range<Int> = 0..<4, exponent: Double, widths: ClosedRange<Double>,
    seed: UInt64, stream: UInt64
  ) {
    self.size = Double(size)
    generator = SeededGenerator(seed: seed, stream: stream)
    var left = (open: open * self.size * self.size, frozen: frozen * self.size * self.size)
    // Two families of shear cracks at the angle that a wind or current imposes.
    let main = generator.uniform(0, .pi)
    let second = main + generator.uniform(0.75, 1.15)
    func widest(for area: Double) -> Double {
      max(widths.lowerBound, min(widths.upperBound, (area / Self.areaPerWidth).squareRoot()))
    }
    if left.open > 0 {
      let width = widest(for: 0.3 * left.open)
      let middle = SIMD2(generator.uniform(0.35, 0.65), generator.uniform(0.35, 0.65)) * self.size
      left.open -= opening(at: middle, along: main, width: width, length: 5.5 * width, thickness: 0)
    }
    // A crack in the middle of nowhere costs nothing, so that the number of tries is bounded, too.
    var tries = 0
    while left.open > 0 || left.frozen > 0, count < 60_000, tries < 400_000 {
      let angle = (generator.uniform() < 0.62 ? main : second) + 0.12 * generator.gaussian()
      let along = SIMD2(cos(angle), sin(angle))
      let reach = generator.uniform(0.1, 0.8) * self.size
      let start = SIMD2(generator.uniform(-0.1, 1.1), generator.uniform(-0.1, 1.1)) * self.size - along * (reach / 2)
      var way = 0.0
      while way < reach, left.open > 0 || left.frozen > 0, count < 60_000 {
        tries += 1
        let isFrozen = generator.uniform() * (max(left.open, 0) + max(left.frozen, 0)) < left.frozen
        let fitting = widest(for: isFrozen ? left.frozen : left.open)
        let width = powerLaw(exponent, widths.lowerBound...fitting)
        let length = width * generator.uniform(2.5, 7) + 2
        let thickness = isFrozen ? frozenThickness(stages) : 0
        let bend = angle + 0.1 * generator.gaussian()
        let area = opening(
          at: start + along * (way + length / 2), along: bend, width: width, length: length, thickness: thickness)
        if isFrozen { left.frozen -= area } else { left.open -= area }
        way += length - 30 * (1 + 0.1 * width) * log(1 - generator.uniform())
      }
    }
  }

  /// The mean area of an opening in squares of its width.
  private static let areaPerWidth = 4.2

  /// One of four stages, each as frequent: dark nilas below 5 cm, light nilas, grey ice above 10 cm, grey-white ice
  /// above 15 cm.
  private mutating func frozenThickness(_ stages: Range<Int>) -> Double {
    let limits = [1.0, 5, 10, 15, 30]
    let stage = stages.lowerBound + generator.index(below: stages.count)
    return generator.uniform(limits[stage], limits[stage + 1])
  }

  private mutating func powerLaw(_ exponent: Double, _ widths: ClosedRange<Double>) -> Double {
    let low = widths.lowerBound
    let high = widths.upperBound
    let u = generator.uniform()
    if abs(exponent - 1) < 1e-9 { return low * pow(high / low, u) }
    let a = 1 - exponent
    return pow(pow(low, a) + u * (pow(high, a) - pow(low, a)), 1 / a)
  }

  /// Adds an opening and returns its area within the scene.
  private mutating func opening(
    at middle: SIMD2<Double>, along angle: Double, width: Double, length: Double, thickness: Double
  ) -> Double {
    let along = SIMD2(cos(angle), sin(angle))
    let across = SIMD2(-along.y, along.x)
    let steps = max(3, min(24, Int(length / max(2, width * 0.5))))
    let rim = thickness == 0 && generator.uniform() < 0.5 ? generator.uniform(0.6, 0.95) : 2
    var points: [SIMD2<Double>] = []
    var halves: [Double] = []
    for i in 0...steps {
      let t = Double(i) / Double(steps)
      points.append(middle + along * ((t - 0.5) * length) + across * (0.12 * width * generator.gaussian()))
      halves.append(width / 2 * min(1, 4 * min(t, 1 - t)) * generator.uniform(0.75, 1.1))
    }
    var area = 0.0
    var isInside = false
    for i in 0..<steps {
      let p = points[i]
      let q = points[i + 1]
      let m = (p + q) / 2
      let d = q - p
      guard m.x > -50, m.y > -50, m.x < size + 50, m.y < size + 50 else { continue }
      isInside = true
      pieces.append(
        Piece(
          line: PaintedLine(from: p, to: q), h0: Float(halves[i]), h1: Float(halves[i + 1]),
          number: UInt16(count + 1), thickness: Float(thickness), rim: Float(rim)))
      if m.x > 0, m.y > 0, m.x < size, m.y < size { area += (d * d).sum().squareRoot() * (halves[i] + halves[i + 1]) }
    }
    if isInside { count += 1 }
    return area
  }

  /// Paints the openings over a window.
  ///
  /// - Parameter ragged: moves the edges, in half widths (at most 4 pixels): `values[row][column]` over the window.
  func paint(over window: PixelWindow, ragged: [Float]) -> Cover {
    var cover = Cover(count: window.pixelCount)
    for p in pieces {
      p.line.visit(window, reach: max(p.h0, p.h1) * 1.4 + 2) { i, t, far in
        let half = p.h0 + (p.h1 - p.h0) * t + ragged[i] * min((p.h0 + p.h1) * 0.15, 4)
        let share = min(max(half - far + 0.5, 0), 1, 2 * half)
        guard share > cover.share[i] else { return }
        cover.share[i] = share
        cover.number[i] = p.number
        cover.width[i] = max(p.h0, p.h1) * 2
        cover.thickness[i] = p.thickness + (far > p.rim * half ? 3 + 8 * (far / half - p.rim) : 0)
      }
    }
    return cover
  }
}
