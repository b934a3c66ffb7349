/// Pixels in one flat array of their own type.
public enum PixelArray: Sendable, Equatable {
  case uint8([UInt8])
  case int16([Int16])
  case uint16([UInt16])
  case int32([Int32])
  case uint32([UInt32])
  case float32([Float])
  case float64([Double])

  /// `count` zeros of the given type.
  public init(type: PixelType, count: Int) {
    switch type {
    case .uint8: self = .uint8([UInt8](repeating: 0, count: count))
    case .int16: self = .int16([Int16](repeating: 0, count: count))
    case .uint16: self = .uint16([UInt16](repeating: 0, count: count))
    case .int32: self = .int32([Int32](repeating: 0, count: count))
    case .uint32: self = .uint32([UInt32](repeating: 0, count: count))
    case .float32: self = .float32([Float](repeating: 0, count: count))
    case .float64: self = .float64([Double](repeating: 0, count: count))
    }
  }

  /// The type of the values.
  public var type: PixelType {
    switch self {
    case .uint8: .uint8
    case .int16: .int16
    case .uint16: .uint16
    case .int32: .int32
    case .uint32: .uint32
    case .float32: .float32
    case .float64: .float64
    }
  }

  /// The number of values.
  public var count: Int {
    switch self {
    case .uint8(let a): a.count
    case .int16(let a): a.count
    case .uint16(let a): a.count
    case .int32(let a): a.count
    case .uint32(let a): a.count
    case .float32(let a): a.count
    case .float64(let a): a.count
    }
  }

  /// Passes the bytes for reading; the pointer is dead after the closure.
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    switch self {
    case .uint8(let a): try a.withUnsafeBytes(body)
    case .int16(let a): try a.withUnsafeBytes(body)
    case .uint16(let a): try a.withUnsafeBytes(body)
    case .int32(let a): try a.withUnsafeBytes(body)
    case .uint32(let a): try a.withUnsafeBytes(body)
    case .float32(let a): try a.withUnsafeBytes(body)
    case .float64(let a): try a.withUnsafeBytes(body)
    }
  }

  /// Passes the bytes for writing, without a copy when this value is the only holder.
  public mutating func withMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    // The empty array takes the place of the passed one, so that it is uniquely held while it is changed.
    switch self {
    case .uint8(var a):
      self = .uint8([])
      defer { self = .uint8(a) }
      return try a.withUnsafeMutableBytes(body)
    case .int16(var a):
      self = .int16([])
      defer { self = .int16(a) }
      return try a.withUnsafeMutableBytes(body)
    case .uint16(var a):
      self = .uint16([])
      defer { self = .uint16(a) }
      return try a.withUnsafeMutableBytes(body)
    case .int32(var a):
      self = .int32([])
      defer { self = .int32(a) }
      return try a.withUnsafeMutableBytes(body)
    case .uint32(var a):
      self = .uint32([])
      defer { self = .uint32(a) }
      return try a.withUnsafeMutableBytes(body)
    case .float32(var a):
      self = .float32([])
      defer { self = .float32(a) }
      return try a.withUnsafeMutableBytes(body)
    case .float64(var a):
      self = .float64([])
      defer { self = .float64(a) }
      return try a.withUnsafeMutableBytes(body)
    }
  }
}
