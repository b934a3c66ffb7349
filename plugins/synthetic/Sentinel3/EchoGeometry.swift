import FloeSDK
import Glibc

/// Where echoes come from: strips of ground to the left and right of the track, as a delay-Doppler altimeter sorts
/// them.
///
/// A record sees a strip about 300 m long along its track, but kilometres wide across it. A point y metres off the
/// track is farther away than the nadir by `y² (1 + H/R) / 2H`: 2 range bins at 820 m, 11 at 2 km. Power falls with
/// the antenna's two-way pattern (1.29° between half-power points, Sentinel-3 SRAL) and with the surface's own
/// backscatter pattern `exp(-(θ/w)²)` of the angle of incidence θ.
enum EchoGeometry {
  static let height = 812_000.0, radius = 6_371_000.0
  /// Metres across the track of a strip, and how many lie on each side.
  static let width = 60.0, half = 130
  /// Distance of the strips' middles from the track in metres, from left to right.
  static let offsets: [Double] = (0..<2 * half).map { (Double($0 - half) + 0.5) * width }
  /// What is seen along the track in metres; places at which it is looked at.
  static let length = 300.0, samples = 10

  /// The nearest and farthest range of a strip beyond the nadir's, in bins.
  static let delays: [(near: Double, far: Double)] = offsets.map { y in
    func delay(_ distance: Double) -> Double {
      distance * distance * (1 + height / radius) / (2 * height) / SralModel.gate
    }
    return (delay(abs(y) - width / 2), delay(abs(y) + width / 2))
  }
  /// Angle of incidence of the strips in radians, on a round earth.
  static let incidence: [Double] = offsets.map { abs($0) / height * (1 + height / radius) }
  static let gains: [Double] = offsets.map { gain(abs($0) / height) }

  /// The antenna's two-way gain at an angle off its axis in radians.
  static func gain(_ angle: Double) -> Double {
    let halfBeam = 1.29 / 2 * .pi / 180
    let u = angle / halfBeam
    return exp(-2 * 0.693_147 * u * u)
  }

  /// The angle of a look of a stack, in radians.
  static func look(_ k: Int, of count: Int) -> Double { (Double(k) - Double(count) / 2 + 0.5) * 0.0095 * .pi / 180 }
}

/// A kind of surface within a footprint, as the radar sees it.
struct Scatterer: Sendable {
  /// Power from straight below, of a strip wholly of this surface.
  var strength: Double
  /// Width of the backscatter pattern in radians.
  var width: Double
  /// Standard deviation of its heights and of the instrument's own pulse, in bins.
  var blur: Double

  /// Power by strip, for the share of each strip that is this surface.
  func power(_ cover: [Float]) -> [Double] {
    cover.indices.map { i in
      let u = EchoGeometry.incidence[i] / width
      return cover[i] > 0 ? Double(cover[i]) * strength * exp(-u * u) * EchoGeometry.gains[i] : 0
    }
  }

  /// The share of the stack's looks that see it: with narrow patterns only those from straight above do.
  var visibility: Double {
    let looks = 180
    var seen = 0.0
    var all = 0.0
    for k in 0..<looks {
      let angle = EchoGeometry.look(k, of: looks)
      let g = EchoGeometry.gain(angle)
      seen += g * exp(-(angle / width) * (angle / width))
      all += g
    }
    return seen / all
  }

  /// Adds the multi-looked echo of the strips' power to a waveform whose nadir range is at bin `edge`.
  func add(_ power: [Double], edge: Double, to echo: inout [Double]) {
    // Power by range in quarters of a bin, then the blur.
    let fine = 4
    let reach = Int((3 * blur * Double(fine)).rounded(.up))
    let count = (echo.count + 2) * fine
    var ranges = [Double](repeating: 0, count: count + 1)
    for i in power.indices where power[i] > 0 {
      let near = EchoGeometry.delays[i].near * Double(fine)
      let far = EchoGeometry.delays[i].far * Double(fine)
      let first = Int(near)
      let last = min(Int(far), count)
      guard first <= last else { continue }
      for k in first...last {
        let part = min(far, Double(k + 1)) - max(near, Double(k))
        if part > 0 { ranges[k] += power[i] * part / (far - near) }
      }
    }
    let kernel = (0...2 * reach).map { k -> Double in
      let u = Double(k - reach) / (blur * Double(fine))
      return exp(-0.5 * u * u)
    }
    let scale = visibility * Double(fine) / kernel.reduce(0, +)
    let start = edge
    for b in echo.indices {
      let middle = (Double(b) - start) * Double(fine) - 0.5
      let whole = middle.rounded(.down)
      let part = middle - whole
      let from = Int(whole) - reach
      guard from + 2 * reach + 1 >= 0, from <= count else { continue }
      var sum = 0.0
      for k in 0...2 * reach where from + k >= 0 && from + k < count {
        sum += kernel[k] * (ranges[from + k] * (1 - part) + ranges[from + k + 1] * part)
      }
      echo[b] += sum * scale
    }
  }
}
