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

  /// A number as pixels of this type hold it, -9999.9 as float32 rounded to single precision; nil where they cannot.
  public func stored(_ value: Double) -> Double? {
    switch self {
    case .uint8: UInt8(exactly: value).map(Double.init)
    case .int16: Int16(exactly: value).map(Double.init)
    case .uint16: UInt16(exactly: value).map(Double.init)
    case .int32: Int32(exactly: value).map(Double.init)
    case .uint32: UInt32(exactly: value).map(Double.init)
    case .float32: value.isFinite && !Float(value).isFinite ? nil : Double(Float(value))
    case .float64: value
    }
  }
}

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
}

extension UInt8: PixelValue {
  public static var pixelType: PixelType { .uint8 }
  @inlinable public var asDouble: Double { Double(self) }
  @inlinable public var asFloat: Float { Float(self) }
}
extension Int16: PixelValue {
  public static var pixelType: PixelType { .int16 }
  @inlinable public var asDouble: Double { Double(self) }
  @inlinable public var asFloat: Float { Float(self) }
}
extension UInt16: PixelValue {
  public static var pixelType: PixelType { .uint16 }
  @inlinable public var asDouble: Double { Double(self) }
  @inlinable public var asFloat: Float { Float(self) }
}
extension Int32: PixelValue {
  public static var pixelType: PixelType { .int32 }
  @inlinable public var asDouble: Double { Double(self) }
  @inlinable public var asFloat: Float { Float(self) }
}
extension UInt32: PixelValue {
  public static var pixelType: PixelType { .uint32 }
  @inlinable public var asDouble: Double { Double(self) }
  @inlinable public var asFloat: Float { Float(self) }
}
extension Float: PixelValue {
  public static var pixelType: PixelType { .float32 }
  @inlinable public var asDouble: Double { Double(self) }
  @inlinable public var asFloat: Float { self }
}
extension Double: PixelValue {
  public static var pixelType: PixelType { .float64 }
  @inlinable public var asDouble: Double { self }
  @inlinable public var asFloat: Float { Float(self) }
}

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

  /// Lends the bytes for reading; the pointer is dead behind the closure.
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

  /// Lends the bytes for writing, without a copy when this value is the only holder.
  public mutating func withMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    // The empty array takes the place of the lent one, so that it is uniquely held while it is changed.
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

/// The pixels of some bands in a window: `values[band][row][column]`, row 0 the northernmost, band-sequential.
///
/// ```
///  band 0: r0c0 r0c1 ... r1c0 r1c1 ... | band 1: r0c0 ...
/// ```
public struct PixelBlock: Sendable, Equatable {
  /// The place in the raster.
  public var window: PixelWindow
  /// How many bands the block holds.
  public var bandCount: Int
  /// `bandCount * window.pixelCount` values.
  public var values: PixelArray

  /// A block of zeros.
  public init(window: PixelWindow, bandCount: Int, type: PixelType) {
    self.window = window
    self.bandCount = bandCount
    values = PixelArray(type: type, count: window.pixelCount * bandCount)
  }

  /// A block over given values, which must be `bandCount * window.pixelCount`.
  public init(window: PixelWindow, bandCount: Int, values: PixelArray) {
    precondition(values.count == window.pixelCount * bandCount, "a pixel block of the wrong size")
    self.window = window
    self.bandCount = bandCount
    self.values = values
  }

  /// Gives the block another window, band count or type, reusing its memory where it fits.
  public mutating func reshape(window: PixelWindow, bandCount: Int, type: PixelType) {
    let count = window.pixelCount * bandCount
    if values.type != type || values.count != count { values = PixelArray(type: type, count: count) }
    self.window = window
    self.bandCount = bandCount
  }

  /// The values of one band as single-precision numbers in physical units: `raw * scale + offset`, NaN for no data.
  public func physical(band: Int, as spec: BandSpec) -> [Float] {
    let n = window.pixelCount, start = band * n
    func convert<T: PixelValue>(_ a: [T]) -> [Float] {
      let scale = spec.scale, offset = spec.offset
      let noData = spec.noData
      return [Float](unsafeUninitializedCapacity: n) { out, count in
        a.withUnsafeBufferPointer { p in
          if scale == 1 && offset == 0 {
            for i in 0..<n { out.initializeElement(at: i, to: p[start + i].asFloat) }
          } else {
            for i in 0..<n { out.initializeElement(at: i, to: Float(p[start + i].asDouble * scale + offset)) }
          }
          if let noData { for i in 0..<n where p[start + i].asDouble == noData { out[i] = .nan } }
        }
        count = n
      }
    }
    switch values {
    case .uint8(let a): return convert(a)
    case .int16(let a): return convert(a)
    case .uint16(let a): return convert(a)
    case .int32(let a): return convert(a)
    case .uint32(let a): return convert(a)
    case .float32(let a): return convert(a)
    case .float64(let a): return convert(a)
    }
  }

  /// One stored value as a double, without scale or no-data; for tests and single pixels, not for loops.
  public func raw(band: Int, row: Int, column: Int) -> Double {
    let i = (band * window.height + row) * window.width + column
    switch values {
    case .uint8(let a): return a[i].asDouble
    case .int16(let a): return a[i].asDouble
    case .uint16(let a): return a[i].asDouble
    case .int32(let a): return a[i].asDouble
    case .uint32(let a): return a[i].asDouble
    case .float32(let a): return a[i].asDouble
    case .float64(let a): return a[i].asDouble
    }
  }
}
