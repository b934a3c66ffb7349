/// The name of a column on which modules agree that do not know each other, such as a reader and a report.
///
/// Names that one module alone makes and reads stay texts, and so do those that users give in parameters. There is no
/// literal of it on purpose: a name that is not in the vocabulary does not compile. The names of a field stand in
/// extensions (`FloeSDK/Vocabulary`), those of one plugin in its own.
public struct ColumnName: RawRepresentable, Sendable, Hashable {
  /// The name as tables and files have it.
  public let rawValue: String
  /// A name; for the places where a vocabulary is written down.
  public init(rawValue: String) { self.rawValue = rawValue }
}

// MARK: - Names of any track

extension ColumnName {
  /// The index of the record in its product, from 0.
  public static let record = ColumnName(rawValue: "record")
  /// The time of the record in seconds since 1970 UTC, without leap seconds; a column with `isTime`.
  public static let time = ColumnName(rawValue: "time")
  /// Latitude in degrees, -90 to 90.
  public static let latitude = ColumnName(rawValue: "lat")
  /// Longitude in degrees, -180 ..< 180.
  public static let longitude = ColumnName(rawValue: "lon")
}

// MARK: - Columns and tables by them

extension Column {
  /// A column of the vocabulary.
  public init(
    _ name: ColumnName, unit: PhysicalUnit = .dimensionless, summary: String = "", classes: ClassTable? = nil,
    isTime: Bool = false, dimension: String? = nil, attributes: [String: String] = [:], values: ColumnValues
  ) {
    self.init(
      name.rawValue, unit: unit, summary: summary, classes: classes, isTime: isTime, dimension: dimension,
      attributes: attributes, values: values)
  }
}

extension Table {
  /// The column of a name of the vocabulary.
  public subscript(name: ColumnName) -> Column? { self[name.rawValue] }

  /// A number column or the sentence that says why not.
  public func numbers(_ name: ColumnName) throws(FloeError) -> [Double] { try numbers(name.rawValue) }
}

extension TableGeometry {
  /// Points at the columns of longitude and latitude.
  public static let longitudeLatitude = TableGeometry.points(
    x: ColumnName.longitude.rawValue, y: ColumnName.latitude.rawValue)
}
