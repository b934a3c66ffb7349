/// The values of one column; every case has one entry (or `width` entries) a row.
public enum ColumnValues: Sendable, Equatable {
  /// Doubles; NaN is a missing value.
  case number([Double])
  /// Integers; nil is a missing value.
  case integer([Int?])
  /// Codes of a class table or flag; `missing` stands for a missing value.
  case code([Int16], missing: Int16)
  /// Texts; nil is a missing value.
  case text([String?])
  /// One array of `width` single-precision numbers a row: `values[row][sample]`, NaN missing. For echoes.
  case array([Float], width: Int)

  /// The number of rows.
  public var count: Int {
    switch self {
    case .number(let v): v.count
    case .integer(let v): v.count
    case .code(let v, _): v.count
    case .text(let v): v.count
    case .array(let v, let width): width == 0 ? 0 : v.count / width
    }
  }
  /// The name of the kind, for messages.
  public var kind: String {
    switch self {
    case .number: "number"
    case .integer: "integer"
    case .code: "code"
    case .text: "text"
    case .array(_, let width): "array of \(width)"
    }
  }
  /// The same kind without rows; codes keep their missing value, arrays their width.
  public var emptied: ColumnValues {
    switch self {
    case .number: .number([])
    case .integer: .integer([])
    case .code(_, let missing): .code([], missing: missing)
    case .text: .text([])
    case .array(_, let width): .array([], width: width)
    }
  }
}

/// A named column with its unit.
public struct Column: Sendable, Equatable {
  /// The name, unique in its table.
  public var name: String
  /// The unit of the values.
  public var unit: PhysicalUnit
  /// A sentence for people: definition and source.
  public var summary: String
  /// The meaning of a code column.
  public var classes: ClassTable?
  /// Whether a number column holds seconds since 1970 UTC, to be written as a date and time.
  public var isTime: Bool
  /// The name of an array column's second dimension in the product that it comes from; nil where it has none.
  public var dimension: String?
  /// Further attributes of the product's variable, as texts: `standard_name`, `comment`.
  public var attributes: [String: String]
  /// One value a row.
  public var values: ColumnValues

  /// A column.
  public init(
    _ name: String, unit: PhysicalUnit = .dimensionless, summary: String = "", classes: ClassTable? = nil,
    isTime: Bool = false, dimension: String? = nil, attributes: [String: String] = [:], values: ColumnValues
  ) {
    self.name = name
    self.unit = unit
    self.summary = summary
    self.classes = classes
    self.isTime = isTime
    self.dimension = dimension
    self.attributes = attributes
    self.values = values
  }

  /// The rows as doubles: numbers, integers and codes with NaN where missing; nil for text and arrays.
  public var numbers: [Double]? {
    switch values {
    case .number(let v): v
    case .integer(let v): v.map { $0.map(Double.init) ?? .nan }
    case .code(let v, let missing): v.map { $0 == missing ? .nan : Double($0) }
    case .text, .array: nil
    }
  }
}

/// The geometry of a table's rows.
public enum TableGeometry: Sendable, Equatable {
  /// Points from two number columns, in the table's CRS.
  case points(x: String, y: String)
  /// One polygon a row, each a list of rings of (x, y), the first ring the outer one; an empty list is no geometry.
  case polygons([[[SIMD2<Double>]]])
  /// Any number of polygons a row, each a list of rings as in `polygons`; an empty list is no geometry.
  case multiPolygons([[[[SIMD2<Double>]]]])
}

/// Why a row takes no part; rows are marked and counted, never removed.
public struct RowStatus: Sendable, Equatable {
  /// One entry a row: 0 is kept, n is `reasons[n - 1]`.
  public private(set) var codes: [UInt8]
  /// Reasons in the order in which they came up.
  public private(set) var reasons: [String] = []

  /// All rows kept.
  public init(rows: Int) { codes = [UInt8](repeating: 0, count: rows) }

  /// Marks a row; a row that is marked already keeps its first reason.
  public mutating func drop(_ row: Int, because reason: String) {
    guard codes[row] == 0 else { return }
    if let known = reasons.firstIndex(of: reason) {
      codes[row] = UInt8(known + 1)
    } else if reasons.count < 254 {
      reasons.append(reason)
      codes[row] = UInt8(reasons.count)
    }
  }
  /// Whether a row takes part.
  public func isKept(_ row: Int) -> Bool { codes[row] == 0 }
  /// Why a row takes no part; nil for one that does.
  public func reason(_ row: Int) -> String? { codes[row] == 0 ? nil : reasons[Int(codes[row]) - 1] }
  /// The number of rows that take part.
  public var keptCount: Int { codes.count { $0 == 0 } }
  /// Rows left out, by reason.
  public var counts: [String: Int] {
    var result: [String: Int] = [:]
    for c in codes where c > 0 { result[reasons[Int(c) - 1], default: 0] += 1 }
    return result
  }
}

/// Typed columns of equal length with an optional geometry and a status a row.
public struct Table: Sendable, Equatable {
  /// Rows; known while planning only if the reader knows it without reading.
  public private(set) var rowCount: Int
  /// The columns in the order in which files list them.
  public private(set) var columns: [Column]
  /// What the rows look like on a map; nil for rows without a place.
  public var geometry: TableGeometry?
  /// The CRS of the geometry.
  public var crs: CRS?
  /// Which rows take no part, and why.
  public var status: RowStatus
  /// When and by what it was measured; nil where that is not known.
  public var acquisition: Acquisition?
  /// The layer style in `styles/`, without ending.
  public var style: String?
  /// Further facts that travel with the table.
  public var tags: [String: String]

  /// A table without columns.
  public init(
    rowCount: Int, geometry: TableGeometry? = nil, crs: CRS? = nil, acquisition: Acquisition? = nil,
    style: String? = nil, tags: [String: String] = [:]
  ) {
    self.rowCount = rowCount
    columns = []
    self.geometry = geometry
    self.crs = crs
    status = RowStatus(rows: rowCount)
    self.acquisition = acquisition
    self.style = style
    self.tags = tags
  }

  /// The column of a name.
  public subscript(name: String) -> Column? { columns.first { $0.name == name } }

  /// Adds a column, or replaces the one of that name. The column must have as many rows as the table.
  public mutating func set(_ column: Column) {
    precondition(
      column.values.count == rowCount, "column \(column.name) has \(column.values.count) rows, the table \(rowCount)")
    if let i = columns.firstIndex(where: { $0.name == column.name }) {
      columns[i] = column
    } else {
      columns.append(column)
    }
  }

  /// The table without rows: its columns with units, definitions and layout, its geometry, CRS and facts. What a step
  /// plans that hands its input on.
  public var emptied: Table {
    var result = Table(rowCount: 0, crs: crs, acquisition: acquisition, style: style, tags: tags)
    switch geometry {
    case .points, nil: result.geometry = geometry
    case .polygons: result.geometry = .polygons([])
    case .multiPolygons: result.geometry = .multiPolygons([])
    }
    for column in columns {
      var empty = column
      empty.values = column.values.emptied
      result.set(empty)
    }
    return result
  }

  /// Removes a column if it is there.
  public mutating func remove(_ name: String) { columns.removeAll { $0.name == name } }

  /// A number column or the sentence that says why not.
  public func numbers(_ name: String) throws(FloeError) -> [Double] {
    guard let column = self[name] else {
      throw FloeError("the table has no column '\(name)'; it has \(columns.map(\.name).joined(separator: ", "))")
    }
    guard let v = column.numbers else {
      throw FloeError("column '\(name)' is \(column.values.kind), a number is needed")
    }
    return v
  }
}
