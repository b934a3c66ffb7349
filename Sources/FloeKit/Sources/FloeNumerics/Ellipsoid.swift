import Glibc

/// Lengths and areas on the WGS 84 ellipsoid, for what is given in degrees.
///
/// Formulas: Snyder, Map Projections, USGS Professional Paper 1395 (1987), equations 3-12 (area), 4-18 and 4-19
/// (radii).
public enum Ellipsoid {
  private static let a = 6_378_137.0, e2 = 0.006_694_379_990_141_3

  /// Metres that one degree of longitude (x) and one of latitude (y) cover at a latitude in degrees.
  public static func metresPerDegree(latitude: Double) -> SIMD2<Double> {
    let phi = latitude * .pi / 180
    let w = 1 - e2 * sin(phi) * sin(phi)
    return SIMD2(a * cos(phi) / w.squareRoot(), a * (1 - e2) / (w * w.squareRoot())) * (.pi / 180)
  }

  /// Square metres between the equator and a latitude, on one degree of longitude; negative in the south.
  public static func areaPerDegree(to latitude: Double) -> Double {
    let e = e2.squareRoot()
    let s = sin(latitude * .pi / 180)
    let q = (1 - e2) * (s / (1 - e2 * s * s) + atanh(e * s) / e)
    return a * a * q / 2 * (.pi / 180)
  }

  /// Metres along a meridian between two latitudes, by Simpson's rule.
  public static func meridian(from south: Double, to north: Double) -> Double {
    let m = [south, (south + north) / 2, north].map { metresPerDegree(latitude: $0).y }
    return abs(north - south) * (m[0] + 4 * m[1] + m[2]) / 6
  }
}
