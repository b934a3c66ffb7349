import FloeSDK
import Glibc

/// The evidence for each shift, and what its best one is worth.
struct ShiftSurface: Sendable {
  /// `lines[north][east]`, the southernmost first; NaN where there is none.
  let ratios: [[(value: Double, limit: Int)]]
  /// One step in metres.
  let step: Double
  /// Around the best shift, others within this many metres belong to it.
  let exclude: Double

  /// A place on the surface, in steps from the middle.
  struct Place: Sendable, Equatable {
    var east: Int
    var north: Int
  }

  struct Peak: Sendable {
    /// The shift with the highest likelihood; of equal ones the one nearest to their middle.
    let place: Place
    let ratio: Double
    let limit: Int
    /// The mean of the shifts within `exclude` of the peak, weighted by their likelihood, in metres.
    let east: Double
    let north: Double
    /// The standard deviation around it eastward and northward, in metres.
    let spread: SIMD2<Double>
    /// The highest ratio farther away than `exclude`; 0 where there is none.
    let second: Double
  }

  /// The best shift; nil where no shift has a value.
  var peak: Peak? {
    let reach = (ratios.count - 1) / 2
    var best = -Double.infinity
    for line in ratios { for item in line where item.value > best { best = item.value } }
    guard best > -.infinity else { return nil }
    var equal: [Place] = []
    for (j, line) in ratios.enumerated() {
      for (i, item) in line.enumerated() where item.value >= best - 1e-9 {
        equal.append(Place(east: i - reach, north: j - reach))
      }
    }
    let middle =
      best > 0
      ? equal.reduce(SIMD2(0.0, 0)) { $0 + SIMD2(Double($1.east), Double($1.north)) } / Double(equal.count)
      : SIMD2(0, 0)
    func distance(_ p: Place, _ from: SIMD2<Double>) -> Double {
      let d = SIMD2(Double(p.east), Double(p.north)) - from
      return (d * d).sum()
    }
    var place = equal[0]
    for p in equal where distance(p, middle) < distance(place, middle) { place = p }
    let centre = SIMD2(Double(place.east), Double(place.north))
    var sum = SIMD2(0.0, 0)
    var squares = sum
    var weights = 0.0
    var second = 0.0
    for (j, line) in ratios.enumerated() {
      for (i, item) in line.enumerated() where !item.value.isNaN {
        let d = SIMD2(Double(i - reach), Double(j - reach)) - centre
        if (d * d).sum().squareRoot() * step > exclude {
          second = max(second, item.value)
        } else {
          // Half the ratio is the logarithm of the likelihood.
          let weight = exp((item.value - best) / 2)
          weights += weight
          sum += weight * d
          squares += weight * d * d
        }
      }
    }
    let mean = sum / weights
    let variance = pointwiseMax(squares / weights - mean * mean, SIMD2(0, 0))
    let shift = (centre + mean) * step
    return Peak(
      place: place, ratio: best, limit: ratios[place.north + reach][place.east + reach].limit,
      east: shift.x, north: shift.y, spread: SIMD2(variance.x.squareRoot(), variance.y.squareRoot()) * step,
      second: second)
  }
}
