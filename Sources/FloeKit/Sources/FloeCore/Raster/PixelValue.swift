/// A Swift type that a raster's pixels may have.
public protocol PixelValue: Sendable, Hashable, Codable, Comparable, SIMDScalar {
  /// The tag that names this type at run time.
  static var pixelType: PixelType { get }
  /// Zero, with which blocks start.
  static var zero: Self { get }
  /// The value as a double.
  var asDouble: Double { get }
  /// The value as a float.
  var asFloat: Float { get }
  /// A number as this type holds it, rounded to single precision in a `Float`; nil where it cannot.
  init?(stored value: Double)
  /// Values of this type with the tag that names it; no copy.
  static func pixelArray(_ values: [Self]) -> PixelArray
}

extension UInt8: PixelValue {
  public static var pixelType: PixelType { .uint8 }
  @inlinable public init?(stored value: Double) { self.init(exactly: value) }
  @inlinable public static func pixelArray(_ values: [UInt8]) -> PixelArray { .uint8(values) }
  @inlinable public var asDouble: Double { Double(self) }
  @inlinable public var asFloat: Float { Float(self) }
}

extension Int16: PixelValue {
  public static var pixelType: PixelType { .int16 }
  @inlinable public init?(stored value: Double) { self.init(exactly: value) }
  @inlinable public static func pixelArray(_ values: [Int16]) -> PixelArray { .int16(values) }
  @inlinable public var asDouble: Double { Double(self) }
  @inlinable public var asFloat: Float { Float(self) }
}

extension UInt16: PixelValue {
  public static var pixelType: PixelType { .uint16 }
  @inlinable public init?(stored value: Double) { self.init(exactly: value) }
  @inlinable public static func pixelArray(_ values: [UInt16]) -> PixelArray { .uint16(values) }
  @inlinable public var asDouble: Double { Double(self) }
  @inlinable public var asFloat: Float { Float(self) }
}

extension Int32: PixelValue {
  public static var pixelType: PixelType { .int32 }
  @inlinable public init?(stored value: Double) { self.init(exactly: value) }
  @inlinable public static func pixelArray(_ values: [Int32]) -> PixelArray { .int32(values) }
  @inlinable public var asDouble: Double { Double(self) }
  @inlinable public var asFloat: Float { Float(self) }
}

extension UInt32: PixelValue {
  public static var pixelType: PixelType { .uint32 }
  @inlinable public init?(stored value: Double) { self.init(exactly: value) }
  @inlinable public static func pixelArray(_ values: [UInt32]) -> PixelArray { .uint32(values) }
  @inlinable public var asDouble: Double { Double(self) }
  @inlinable public var asFloat: Float { Float(self) }
}

extension Float: PixelValue {
  public static var pixelType: PixelType { .float32 }
  @inlinable public init?(stored value: Double) {
    guard !value.isFinite || Float(value).isFinite else { return nil }
    self.init(value)
  }
  @inlinable public static func pixelArray(_ values: [Float]) -> PixelArray { .float32(values) }
  @inlinable public var asDouble: Double { Double(self) }
  @inlinable public var asFloat: Float { self }
}

extension Double: PixelValue {
  public static var pixelType: PixelType { .float64 }
  @inlinable public init?(stored value: Double) { self = value }
  @inlinable public static func pixelArray(_ values: [Double]) -> PixelArray { .float64(values) }
  @inlinable public var asDouble: Double { self }
  @inlinable public var asFloat: Float { Float(self) }
}

extension PixelType {
  /// A number as pixels of this type hold it, -9999.9 as float32 rounded to single precision; nil where they cannot.
  public func stored(_ value: Double) -> Double? {
    switch self {
    case .uint8: UInt8(stored: value)?.asDouble
    case .int16: Int16(stored: value)?.asDouble
    case .uint16: UInt16(stored: value)?.asDouble
    case .int32: Int32(stored: value)?.asDouble
    case .uint32: UInt32(stored: value)?.asDouble
    case .float32: Float(stored: value)?.asDouble
    case .float64: value
    }
  }
}
