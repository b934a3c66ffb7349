/// The one place where longitudes are brought into a range; all are degrees east.
public enum Longitude {
  /// The same meridian in -180 ..< 180; one that lies there keeps its every digit.
  public static func wrapped(_ degrees: Double) -> Double {
    degrees >= -180 && degrees < 180 ? degrees : difference(degrees)
  }

  /// A difference of longitudes the short way round, in -180 ..< 180.
  public static func difference(_ degrees: Double) -> Double {
    let turned = (degrees + 180).truncatingRemainder(dividingBy: 360)
    return (turned < 0 ? turned + 360 : turned) - 180
  }

  /// A difference of longitudes eastward, in 0 ..< 360.
  public static func eastward(_ degrees: Double) -> Double {
    let turned = degrees.truncatingRemainder(dividingBy: 360)
    return turned < 0 ? turned + 360 : turned
  }
}
