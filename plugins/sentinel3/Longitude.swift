import FloeSDK

/// Longitudes in -180 ..< 180.
enum Longitude {
  /// The same meridian in -180 ..< 180; a longitude that lies there keeps its every digit.
  static func inRange(_ degrees: Double) -> Double {
    degrees >= -180 && degrees < 180 ? degrees : GeographicOutline.normalised(degrees)
  }
}
