import FloeIO
import FloeSDK
import Synchronization

/// An open measurement file with its time axes, ready to give columns of the 20 Hz Ku records.
public final class SRALFile: Sendable {
  /// The dimension of the 20 Hz Ku records.
  public static let records = "time_20_ku"
  /// The product that the file belongs to.
  public let product: SRALProduct
  let file: NetCDFFile
  /// The number of 20 Hz Ku records.
  public let recordCount: Int
  /// Seconds between 1970 and the epoch from which the file counts.
  public let epoch: Double
  /// Whether variables that stand in for each other hold no value.
  private let emptiness = Mutex<[String: Bool]>([:])

  /// Opens a product's measurement file and checks its metadata.
  public init(_ product: SRALProduct) throws {
    self.product = product
    file = try product.open()
    guard let time = try file.find(Self.records) else {
      throw FloeError(
        """
        '\(product.measurement)' has no variable '\(Self.records)': it has no 20 Hz Ku records; \
        \(Self.advice(file, product))
        """)
    }
    try Self.check(time, of: product.measurement, alongside: Self.records)
    recordCount = time.count
    guard recordCount > 0 else { throw FloeError("'\(product.measurement)' has no record along '\(Self.records)'") }
    epoch = try Self.epoch(of: time, file: product.measurement)
  }

  /// Where the records are, or what the file that should hold them has instead.
  private static func advice(_ file: NetCDFFile, _ product: SRALProduct) -> String {
    let name = SRALProduct.last(product.measurement)
    guard name.hasPrefix("enhanced") || name.hasPrefix("standard") else {
      return "enhanced_measurement.nc of the product holds them, reduced_measurement.nc does not"
    }
    let times = file.dimensions.map(\.name).filter { $0.contains("time") }
    return times.isEmpty ? "it has no dimension of time" : "its dimensions of time are \(times.joined(separator: ", "))"
  }

  /// The checked times of a dimension, in the seconds of the records.
  func axis(_ dimension: String) throws -> TimeAxis {
    guard let time = try file.find(dimension) else {
      throw FloeError("'\(product.measurement)' has the dimension '\(dimension)' without a time variable of that name")
    }
    try Self.check(time, of: product.measurement, alongside: dimension)
    // Each dimension may count from an epoch of its own.
    let shift = time.unit == nil ? 0 : try Self.epoch(of: time, file: product.measurement) - epoch
    let stored = try file.readPhysical(dimension)
    return try TimeAxis(
      shift == 0 ? stored : stored.map { $0 + shift }, name: dimension, file: product.measurement)
  }

  /// Times of the records in the file's seconds, checked.
  public func recordAxis() throws -> TimeAxis { try axis(Self.records) }

  /// The variable of a column, under one of the names that it has in the generations of products; nil where the file
  /// has none of them. One that holds no value stands after one that does.
  ///
  /// - Throws: when the file has it and its description cannot be read.
  func find(_ column: String) throws -> NetCDFVariable? {
    var empty: NetCDFVariable?
    let found = try SRALRoles.names(of: column).compactMap { try file.find($0) }
    for variable in found {
      guard found.count > 1, variable.shape.count == 1, try isEmpty(variable) else { return variable }
      empty = empty ?? variable
    }
    return empty
  }

  /// Whether a variable has missing values alone; asked once of each.
  private func isEmpty(_ variable: NetCDFVariable) throws -> Bool {
    if let known = emptiness.withLock({ $0[variable.name] }) { return known }
    let hasNoValue = try file.readPhysical(variable.name).allSatisfy(\.isNaN)
    emptiness.withLock { $0[variable.name] = hasNoValue }
    return hasNoValue
  }

  /// The variable of a column, or the sentence that it is missing, with what it was looked for under or a guess.
  public func variable(_ column: String) throws -> NetCDFVariable {
    if let found = try find(column) { return found }
    let names = SRALRoles.names(of: column)
    if names.count > 1 {
      throw FloeError(
        "'\(product.measurement)' has no variable '\(column)'; looked for \(names.joined(separator: ", "))")
    }
    let near = Spelling.nearest(column, among: file.variables.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
    throw FloeError("'\(product.measurement)' has no variable '\(column)'\(near)")
  }

  /// How a variable becomes a column.
  enum Shape {
    case perRecord
    case echo(width: Int)
    case elsewhere(dimension: String)
  }

  func shape(_ v: NetCDFVariable) throws -> Shape {
    let what =
      "variable '\(v.name)' of '\(product.measurement)' has the dimensions (\(v.dimensions.joined(separator: ", ")))"
    guard let dimension = v.dimensions.first, dimension.hasPrefix("time_"), !v.type.isText else {
      throw FloeError("\(what); a column needs numbers along time_20_ku, time_01 or time_20_c")
    }
    if dimension == Self.records {
      switch v.shape.count {
      case 1: return .perRecord
      case 2 where v.shape[1] > 0: return .echo(width: v.shape[1])
      default: throw FloeError("\(what); at most one dimension after time_20_ku can be an array column")
      }
    }
    guard v.shape.count == 1 else {
      throw FloeError("\(what); arrays cannot be brought from \(dimension) to the 20 Hz Ku records")
    }
    return .elsewhere(dimension: dimension)
  }

  /// Reads a variable along the records as it is stored there, in physical units, NaN where missing.
  func perRecord(_ name: String) throws -> [Double] {
    let v = try variable(name)
    guard case .perRecord = try shape(v) else {
      throw FloeError(
        """
        variable '\(name)' of '\(product.measurement)' lies along (\(v.dimensions.joined(separator: ", "))), not \
        along \(Self.records)
        """
      )
    }
    return try file.readPhysical(v.name)
  }

  private static func check(_ time: NetCDFVariable, of file: String, alongside dimension: String) throws {
    guard time.dimensions == [dimension], !time.type.isText else {
      throw FloeError(
        """
        '\(time.name)' of '\(file)' lies along (\(time.dimensions.joined(separator: ", "))), not along \
        '\(dimension)'; the dimensions disagree
        """
      )
    }
  }

  private static func epoch(of time: NetCDFVariable, file: String) throws -> Double {
    let unit = time.unit ?? "no unit"
    let prefix = "seconds since "
    // Behind date and time of day may stand the scale of time, which is UTC in these products.
    let words = unit.dropFirst(prefix.count).split(separator: " ")
    let isUniversal = words.count < 3 || words.count == 3 && ["UTC", "GMT"].contains(words[2])
    guard unit.hasPrefix(prefix), isUniversal, let found = UTCTime(words.prefix(2).joined(separator: " ")) else {
      throw FloeError(
        "'\(time.name)' of '\(file)' has the unit '\(unit)'; 'seconds since 2000-01-01 00:00:00.0' is expected")
    }
    return found.seconds
  }
}
