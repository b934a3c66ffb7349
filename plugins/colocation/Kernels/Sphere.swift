import Glibc

/// Directions and distances on the globe, safe at the poles and across the 180° meridian.
public enum Sphere {
  /// Mean radius of the Earth in metres (IUGG).
  public static let radius = 6_371_008.8

  /// The unit vector of a longitude and latitude in degrees.
  public static func vector(_ place: SIMD2<Double>) -> SIMD3<Double> {
    let lon = place.x * .pi / 180
    let lat = place.y * .pi / 180
    return SIMD3(cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat))
  }

  /// Longitude in -180...180 and latitude of a vector, in degrees.
  public static func place(_ v: SIMD3<Double>) -> SIMD2<Double> {
    SIMD2(atan2(v.y, v.x), atan2(v.z, (v.x * v.x + v.y * v.y).squareRoot())) * (180 / .pi)
  }

  /// The angle between two vectors in radians, exact for small and large ones.
  public static func angle(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
    let c = cross(a, b)
    return atan2((c * c).sum().squareRoot(), (a * b).sum())
  }

  /// A place moved by metres eastward and northward, on the local radii of curvature of the WGS 84 ellipsoid.
  ///
  /// The normal of the ellipsoid is tilted, so that nothing special happens near a pole. The error is of second order:
  /// below 1 m for a move of 3 km.
  public static func moved(_ place: SIMD2<Double>, east: Double, north: Double) -> SIMD2<Double> {
    let lon = place.x * .pi / 180
    let lat = place.y * .pi / 180
    let a = 6_378_137.0
    let e2 = 0.006_694_379_990_141_3
    let w = 1 - e2 * sin(lat) * sin(lat)
    let acrossRadius = a / w.squareRoot()
    let meridianRadius = a * (1 - e2) / (w * w.squareRoot())
    let eastward = SIMD3(-sin(lon), cos(lon), 0)
    let northward = SIMD3(-sin(lat) * cos(lon), -sin(lat) * sin(lon), cos(lat))
    let v = vector(place) + eastward * (east / acrossRadius) + northward * (north / meridianRadius)
    return self.place(v)
  }

  static func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
  }
}
