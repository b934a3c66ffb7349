import FloeSDK
import Glibc

/// Distance along a track in metres, from its first record with a position; NaN for records without one.
///
/// Geodesics of WGS 84 between records, added up: Lambert's series (1942), that is the great circle between the reduced
/// latitudes with its term of first order in the flattening. Within 1.5e-6 of PROJ's geodesic for steps up to 1000 km,
/// where a sphere is up to 0.4 % off near the poles; it never runs back, for the term stays below the flattening.
public func alongTrackDistance(latitude: [Double], longitude: [Double]) -> [Double] {
  var total = 0.0
  var last: Int?
  return latitude.indices.map { i in
    guard latitude[i].isFinite, longitude[i].isFinite else { return .nan }
    if let j = last {
      total += geodesic(
        from: SIMD2(longitude[j], latitude[j]), to: SIMD2(longitude[i], latitude[i]))
    }
    last = i
    return total
  }
}

/// Metres between two points (longitude, latitude) in degrees by Lambert's series on WGS 84.
private func geodesic(from start: SIMD2<Double>, to end: SIMD2<Double>) -> Double {
  let equator = 6_378_137.0
  let flattening = 1 / 298.257_223_563
  let a = atan((1 - flattening) * tan(start.y * .pi / 180))
  let b = atan((1 - flattening) * tan(end.y * .pi / 180))
  let middle = (a + b) / 2
  let half = (b - a) / 2
  let turn = sin((end.x - start.x) * .pi / 360)
  let square = min(1, sin(half) * sin(half) + cos(a) * cos(b) * turn * turn)
  guard square > 0 else { return 0 }
  let arc = 2 * asin(square.squareRoot())
  let p = sin(middle) * cos(half)
  let q = cos(middle) * sin(half)
  let x = (arc - sin(arc)) * p * p / max(1 - square, 1e-9)
  let y = (arc + sin(arc)) * q * q / square
  return equator * (arc - flattening / 2 * (x + y))
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
