/// How a raster wants to be drawn; each kind is a file in `styles/`.
public enum RasterStyle: Sendable, Hashable, Codable {
  /// Class codes with the colours of the class table.
  case classes
  /// Cluster numbers with a neutral palette.
  case labels
  /// Three bands by name as red, green and blue.
  case composite(red: String, green: String, blue: String)
  /// One band by name on a ramp between two physical values; without them the limits are read from the data.
  case ramp(band: String, low: Double?, high: Double?)
}
