import FloeSDK
import Glibc

/// Distance along a track in metres, from its first record with a position; NaN for records without one.
///
/// Great circles between records on a sphere of 6371.0088 km (the mean radius of WGS 84), added up.
public func alongTrackDistance(latitude: [Double], longitude: [Double]) -> [Double] {
  let radius = 6_371_008.8
  var total = 0.0
  var last: Int?
  return latitude.indices.map { i in
    guard latitude[i].isFinite, longitude[i].isFinite else { return .nan }
    if let j = last {
      let a = latitude[j] * .pi / 180
      let b = latitude[i] * .pi / 180
      let x = sin((b - a) / 2)
      let y = sin((longitude[i] - longitude[j]) * .pi / 360)
      total += 2 * radius * asin(min(1, (x * x + cos(a) * cos(b) * y * y).squareRoot()))
    }
    last = i
    return total
  }
}

/// How many steps of a track go back: to a record beside which the step before it, or after it, goes the other way.
///
/// A track whose records are in order bends slowly, so that hardly any does.
public func reversals(latitude: [Double], longitude: [Double]) -> Int {
  let places = latitude.indices.filter { latitude[$0].isFinite && longitude[$0].isFinite }
  // Directions on the sphere: steps are compared as vectors in space.
  let points = places.map { i -> SIMD3<Double> in
    let (b, l) = (latitude[i] * .pi / 180, longitude[i] * .pi / 180)
    return SIMD3(cos(b) * cos(l), cos(b) * sin(l), sin(b))
  }
  let steps = zip(points, points.dropFirst()).map { $1 - $0 }.filter { ($0 * $0).sum() > 1e-16 }
  return zip(steps, steps.dropFirst()).count { ($0 * $1).sum() < 0 }
}

/// The random error of one measurement from the differences of neighbours: 1.4826 x the median of the absolute
/// differences / sqrt 2; nil with fewer than `least` pairs.
///
/// What is measured hardly changes over the distance of two records, so that their difference is noise; where it does
/// change, the result is an upper bound. The median keeps single outliers out.
///
/// - Parameters:
///   - positions: along the track, rising, in metres.
///   - reach: neighbours farther apart than this are no pair, in metres.
public func neighbourNoise(
  _ values: [Double], at positions: [Double], within reach: Double = 1000, least: Int = 10
) -> Double? {
  var differences: [Double] = []
  for i in positions.indices.dropFirst() where positions[i] - positions[i - 1] <= reach {
    differences.append(abs(values[i] - values[i - 1]))
  }
  return differences.count < least ? nil : 1.4826 * median(of: differences) / 2.0.squareRoot()
}
