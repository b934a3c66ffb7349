/// The type in which a raster's pixels are stored; all bands of a raster share it.
public enum PixelType: String, Sendable, Hashable, Codable, CaseIterable {
  case uint8, int16, uint16, int32, uint32, float32, float64

  /// Bytes per pixel.
  public var byteCount: Int {
    switch self {
    case .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32: 4
    case .float64: 8
    }
  }
  /// Whether sums of its values are exact in 64-bit integers.
  public var isInteger: Bool { self != .float32 && self != .float64 }
}
