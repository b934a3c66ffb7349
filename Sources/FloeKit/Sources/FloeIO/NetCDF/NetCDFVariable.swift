internal import CNetCDF
import FloeCore
import Glibc

/// The type in which netCDF stores a variable or attribute.
public enum NetCDFType: String, Sendable, Hashable, CaseIterable {
  case int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64, char, string

  var code: nc_type {
    switch self {
    case .int8: NC_BYTE
    case .uint8: NC_UBYTE
    case .int16: NC_SHORT
    case .uint16: NC_USHORT
    case .int32: NC_INT
    case .uint32: NC_UINT
    case .int64: NC_INT64
    case .uint64: NC_UINT64
    case .float32: NC_FLOAT
    case .float64: NC_DOUBLE
    case .char: NC_CHAR
    case .string: NC_STRING
    }
  }

  init?(code: nc_type) {
    guard let found = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = found
  }

  /// Whether values are whole numbers.
  public var isInteger: Bool { ![.float32, .float64, .char, .string].contains(self) }
  /// Whether values are whole numbers with a sign.
  var isSigned: Bool { [.int8, .int16, .int32, .int64].contains(self) }
  /// Whether values are texts.
  public var isText: Bool { self == .char || self == .string }
  /// The number of bits of an integer type.
  var bits: Int {
    switch self {
    case .int8, .uint8, .char: 8
    case .int16, .uint16: 16
    case .int32, .uint32, .float32: 32
    default: 64
    }
  }
}

/// The value of a netCDF attribute.
public enum NetCDFAttribute: Sendable, Hashable {
  case text(String)
  /// One or more numbers and the type in which they are stored.
  case numbers([Double], NetCDFType)

  /// One number, stored as a double.
  public static func number(_ value: Double) -> NetCDFAttribute { .numbers([value], .float64) }
  /// The text, if it is one.
  public var text: String? { if case .text(let s) = self { s } else { nil } }
  /// The numbers, if they are.
  public var numbers: [Double]? { if case .numbers(let v, _) = self { v } else { nil } }
}

/// A dimension of a netCDF file.
public struct NetCDFDimension: Sendable, Hashable {
  /// Its name; that of a group's is `group/dimension`.
  public let name: String
  /// How many values lie along it; what has been written so far where it grows.
  public let length: Int
  /// A dimension.
  public init(name: String, length: Int) {
    self.name = name
    self.length = length
  }
}

/// A variable of a netCDF file; those of groups are named `group/variable`.
public struct NetCDFVariable: Sendable, Hashable {
  /// Its name in the file.
  public let name: String
  /// The type in which its values are stored.
  public let type: NetCDFType
  /// The names of its dimensions, the slowest first.
  public let dimensions: [String]
  /// The lengths of its dimensions, in the same order; empty for a scalar.
  public let shape: [Int]
  /// Its attributes by name.
  public let attributes: [String: NetCDFAttribute]
  let group: Int32
  let id: Int32

  /// The unit, if it says one.
  public var unit: String? { attributes["units"]?.text }
  /// The number of values.
  public var count: Int { shape.reduce(1, *) }
  /// `scale_factor`, 1 where there is none.
  public var scale: Double { number("scale_factor") ?? 1 }
  /// `add_offset`, 0 where there is none.
  public var offset: Double { number("add_offset") ?? 0 }
  /// Stored values that mean "missing": `_FillValue`, else netCDF's default for the type (none for bytes), and
  /// `missing_value`.
  public var missingValues: [Double] {
    let declared = attributes["_FillValue"]?.numbers ?? defaultFill.map { [$0] } ?? []
    let span = isReallyUnsigned && type.bits < 64 ? Double(1 << type.bits) : 0
    return (declared + (attributes["missing_value"]?.numbers ?? [])).map { $0 < 0 ? $0 + span : $0 }
  }

  /// What stands for values that were never written; nil for types without such. Those of 64 bits are the doubles
  /// nearest to them, since values are read as doubles.
  var defaultFill: Double? {
    switch type {
    case .int16: -32_767
    case .uint16: 65_535
    case .int32: -2_147_483_647
    case .uint32: 4_294_967_295
    case .int64: -0x1p63
    case .uint64: 0x1p64
    case .float32, .float64: Double(Float(9.969_209_968_386_869e+36))
    default: nil
    }
  }

  /// Whether the variable's type holds a number exactly, NaN in floating point included.
  func holds(_ value: Double) -> Bool {
    if value.isNaN { return !type.isInteger }
    switch type {
    case .float32: return Double(Float(value)) == value
    case .float64: return true
    default:
      guard value == value.rounded() else { return false }
      let half = Double(sign: .plus, exponent: type.bits - 1, significand: 1)
      return type.isSigned ? value >= -half && value < half : value >= -half && value < 2 * half
    }
  }

  /// The number of an attribute; some files hold it as text.
  private func number(_ name: String) -> Double? {
    attributes[name]?.numbers?.first ?? attributes[name]?.text.flatMap { Double($0.filter { $0 != " " && $0 != "\0" }) }
  }
  /// Whether the bits mean an unsigned number although the type is signed (convention of classic files).
  var isReallyUnsigned: Bool { attributes["_Unsigned"]?.text?.lowercased() == "true" && type.isSigned }
  /// Whether the bits mean a signed number although the type is unsigned.
  var isReallySigned: Bool {
    attributes["_Unsigned"]?.text?.lowercased() == "false" && type.isInteger && !type.isSigned && type.bits < 64
  }
}
