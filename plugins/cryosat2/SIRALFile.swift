import FloeIO
import FloeSDK

/// An open SIRAL product, ready to give quantities of its 20 Hz records.
public final class SIRALFile: Sendable {
  static let records = "time_20_ku"
  /// The product that the file belongs to.
  public let product: SIRALProduct
  let file: NetCDFFile
  /// Times of the records in TAI seconds since 2000, strictly rising.
  let times: [Double]

  /// Opens a product and checks its times.
  public init(_ product: SIRALProduct) throws {
    self.product = product
    file = try product.open()
    times = try Self.axis(Self.records, of: file, product.file)
    guard !times.isEmpty else { throw FloeError("'\(product.file)' has no record along '\(Self.records)'") }
  }

  /// The number of 20 Hz records.
  public var recordCount: Int { times.count }

  /// Times of the records in seconds since 1970, UTC.
  public var utc: [Double] { times.map(AtomicTime.utc(secondsSince2000:)) }

  /// The radar's mode: the name's, else what the file states; nil for a product that joins several.
  var mode: WaveformLayout.Mode? {
    if let mode = product.mode { return mode }
    return text("sir_op_mode").flatMap { WaveformLayout.Mode(rawValue: $0.lowercased()) }
  }

  /// A text attribute of the file, trimmed; nil where there is none or it is empty.
  func text(_ name: String) -> String? {
    switch file.attributes[name] {
    case .text(let value)?:
      let words = value.split(separator: " ").joined(separator: " ")
      return words.isEmpty ? nil : words
    case .numbers(let values, _)?:
      return values.first.map { $0 == $0.rounded() && abs($0) < 1e15 ? "\(Int64($0))" : "\($0)" }
    case nil: return nil
    }
  }

  /// The variable of a role.
  ///
  /// - Throws: for a needed role, the sentence that names what it was looked for under.
  func variable(_ role: SIRALRole) throws -> NetCDFVariable? {
    for name in role.names {
      if let found = try file.find(name) { return found }
    }
    guard role.isNeeded else { return nil }
    let what = role.column.isEmpty ? role.names[0] : role.column
    throw FloeError("'\(product.file)' has no '\(what)'; looked for: \(role.names.joined(separator: ", "))")
  }

  /// Refuses a variable that does not give one number a record, or one at 1 Hz whose times are not there.
  ///
  /// - Returns: the dimension that it lies along.
  @discardableResult
  func check(_ v: NetCDFVariable) throws -> String {
    guard v.shape.count == 1, let dimension = v.dimensions.first, !v.type.isText else { throw shape(v) }
    if dimension == Self.records { return dimension }
    guard dimension.hasPrefix("time_") else { throw shape(v) }
    try Self.checkTime(dimension, of: file, product.file)
    return dimension
  }

  /// A variable as one number a record, in physical units, NaN where missing; brought to the records on time.
  func numbers(_ v: NetCDFVariable, gap: Double, isFlag: Bool = false) throws -> [Double] {
    let dimension = try check(v)
    let stored = try file.readPhysical(v.name)
    if dimension == Self.records { return stored }
    let axis = try Self.axis(dimension, of: file, product.file)
    let rule = TimeInterpolation(maximumGap: gap, extrapolates: false)
    let moved =
      isFlag ? rule.nearest(stored, at: axis, to: times) : rule.linear(stored, at: axis, to: times)
    return Self.held(moved, stored, axis, times)
  }

  /// A 1 Hz value belongs to the 20 records that begin at its time: after the last one it holds for its own second.
  private static func held(_ moved: [Double], _ stored: [Double], _ axis: [Double], _ times: [Double]) -> [Double] {
    guard let last = axis.last, let value = stored.last else { return moved }
    return zip(moved, times).map { $0.isNaN && $1 > last && $1 - last <= 1 ? value : $0 }
  }

  private func shape(_ v: NetCDFVariable) -> FloeError {
    FloeError(
      """
      variable '\(v.name)' of '\(product.file)' lies along (\(v.dimensions.joined(separator: ", "))); one number a \
      record, along \(Self.records) or a 1 Hz time, is needed
      """)
  }

  private static func axis(_ name: String, of file: NetCDFFile, _ path: String) throws -> [Double] {
    let shift = try checkTime(name, of: file, path) - UTCTime.year2000.seconds
    let stored = try file.readPhysical(name)
    return try TimeAxis(shift == 0 ? stored : stored.map { $0 + shift }, name: name, file: path).times
  }

  /// - Returns: what the times count from, in seconds since 1970.
  @discardableResult
  private static func checkTime(_ name: String, of file: NetCDFFile, _ path: String) throws -> Double {
    guard let time = try file.find(name), time.dimensions == [name], !time.type.isText else {
      throw FloeError("'\(path)' has no times '\(name)'; a CryoSat-2 product of baseline D or E has them")
    }
    let prefix = "seconds since "
    // Behind date and time of day may stand the scale of time.
    let words = time.unit?.dropFirst(prefix.count).split(separator: " ").prefix(2).joined(separator: " ")
    guard time.unit?.hasPrefix(prefix) == true, let epoch = words.flatMap({ UTCTime($0) }) else {
      throw FloeError(
        "'\(name)' of '\(path)' has the unit '\(time.unit ?? "none")'; 'seconds since 2000-01-01' is expected")
    }
    return epoch.seconds
  }
}
