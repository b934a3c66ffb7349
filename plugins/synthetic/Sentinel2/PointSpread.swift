import Glibc

/// The blur of the instrument on a grid of 10 m: a normalised Gaussian along rows and columns.
///
/// ESA asks for a modulation transfer function (MTF) at the Nyquist frequency of 0.15 to 0.30 in the 10 m and 20 m
/// bands and at most 0.45 in the 60 m bands (Sentinel-2 mission requirements, also on SentiWiki). A pixel that sees its
/// own square alone has 2/π = 0.64; the rest is the blur's: `MTF = 0.64 * blur`. A Gaussian of standard deviation s
/// pixels passes
/// `exp(-2 (π s f)²)`, at f = 1/2 per pixel.
struct PointSpread: Sendable {
  /// Weights of the neighbours at distance 0, 1, ... on the 10 m grid; both sides together add up to 1.
  let weights: [Float]

  /// - Parameters:
  ///   - mtf: at the Nyquist frequency, of the whole instrument.
  ///   - factor: pixels of 10 m along a side of the band's pixel.
  init(mtf: Double, factor: Int) {
    let blur = min(1, mtf * .pi / 2)
    guard blur < 1 else {
      weights = [1]
      return
    }
    if factor == 1 {
      // Sampled, so narrow a Gaussian would pass too much: three weights that pass exactly as much, 1 - 4 w = blur.
      let w = Float((1 - blur) / 4)
      weights = [1 - 2 * w, w]
      return
    }
    let sigma = Double(factor) * (-2 * log(blur)).squareRoot() / .pi
    let reach = min(Self.margin, Int((3 * sigma).rounded(.up)))
    let raw = (0...reach).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let sum = raw[0] + 2 * raw.dropFirst().reduce(0, +)
    weights = raw.map { Float($0 / sum) }
  }

  /// How far around a window the blur may look, in pixels of 10 m.
  static let margin = 12

  /// Blurs a plane of a window that is `margin` wider on all sides and returns the window itself.
  func blur(_ plane: [Float], width: Int, height: Int) -> [Float] {
    let m = Self.margin
    let wide = width + 2 * m
    let reach = weights.count - 1
    var rows = [Float](repeating: 0, count: width * (height + 2 * m))
    var result = [Float](repeating: 0, count: width * height)
    plane.withUnsafeBufferPointer { source in
      for r in 0..<height + 2 * m {
        let from = r * wide + m
        let to = r * width
        for c in 0..<width { rows[to + c] = source[from + c] * weights[0] }
        for k in 1..<(reach + 1) {
          let w = weights[k]
          for c in 0..<width { rows[to + c] += w * (source[from + c - k] + source[from + c + k]) }
        }
      }
    }
    rows.withUnsafeBufferPointer { source in
      for r in 0..<height {
        let from = (r + m) * width
        let to = r * width
        for c in 0..<width { result[to + c] = source[from + c] * weights[0] }
        for k in 1..<(reach + 1) {
          let w = weights[k]
          for c in 0..<width { result[to + c] += w * (source[from - k * width + c] + source[from + k * width + c]) }
        }
      }
    }
    return result
  }
}
