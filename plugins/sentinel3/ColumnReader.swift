import FloeIO
import FloeSDK

/// Makes table columns from a file's variables.
struct ColumnReader: Sendable {
  let source: SRALFile
  let interpolation: TimeInterpolation
  /// Whether masked values of interpolated variables pass as their stored numbers; only to repeat the course's results.
  let letsFillThrough: Bool

  /// The column that a variable will be, without rows.
  func planned(_ name: String) throws -> Column {
    let v = try source.variable(name)
    switch try source.shape(v) {
    case .perRecord, .elsewhere:
      return column(name, v, isFlag(v) ? .code([], missing: missingCode(v)) : .number([]))
    case .echo(let width): return column(name, v, .array([], width: width))
    }
  }

  /// Whether a variable becomes an array column.
  func isArray(_ name: String) throws -> Bool { try source.find(name).map { $0.shape.count > 1 } ?? false }

  /// What one count of an array column is where it holds whole counts times a scale; nil where it holds other numbers.
  ///
  /// Single precision rounds the products; with the scale the count is found again (the tag `count_scale`).
  func countScale(_ name: String) throws -> Double? {
    guard try isArray(name), let v = try source.find(name), v.type.isInteger, v.offset == 0 else { return nil }
    return v.scale > 0 && v.scale != 1 ? v.scale : nil
  }

  /// The time axes that the columns need, by dimension, checked.
  func axes(for names: [String], records: TimeAxis) throws -> [String: TimeAxis] {
    var axes = [SRALFile.records: records]
    for name in names {
      if case .elsewhere(let dimension) = try source.shape(source.variable(name)), axes[dimension] == nil {
        axes[dimension] = try source.axis(dimension)
      }
    }
    return axes
  }

  /// The column with its rows, on axes from `axes(for:records:)`.
  func read(_ name: String, axes: [String: TimeAxis]) throws -> Column {
    let v = try source.variable(name)
    let file = source.file
    switch try source.shape(v) {
    case .perRecord: return column(name, v, values(v, try file.readPhysical(v.name)))
    case .echo(let width): return column(name, v, .array(try file.readPhysicalFloats(v.name), width: width))
    case .elsewhere(let dimension):
      let from = try axis(dimension, axes).times
      let to = try axis(SRALFile.records, axes).times
      var stored = try file.readPhysical(v.name)
      if letsFillThrough {
        let raw = try file.readDoubles(v.name)
        for i in stored.indices where stored[i].isNaN { stored[i] = raw[i] }
      }
      if isFlag(v) { return column(name, v, values(v, interpolation.nearest(stored, at: from, to: to))) }
      if isLongitude(v) { stored = Self.unwound(stored) }
      var moved = interpolation.linear(stored, at: from, to: to)
      if isLongitude(v) { moved = moved.map(Longitude.wrapped) }
      return column(name, v, .number(moved))
    }
  }

  private func axis(_ dimension: String, _ axes: [String: TimeAxis]) throws -> TimeAxis {
    try axes[dimension] ?? source.axis(dimension)
  }

  private func column(_ name: String, _ v: NetCDFVariable, _ values: ColumnValues) -> Column {
    var classes: ClassTable?
    if case .code = values { classes = name == SRALVariables.surfaceClass ? .seaIce : flagTable(v) }
    var dimension: String?
    if case .array = values { dimension = v.dimensions.last }
    var made = Column(
      name, unit: Self.unit(v), summary: v.attributes["long_name"]?.text ?? "", classes: classes,
      dimension: dimension,
      attributes: kept(v), values: values)
    if v.name != name { made.attributes["source_variable"] = v.name }
    if case .array(_, let width) = values, name == SRALVariables.echoes {
      made.waveform = TrackFacts.layout(bins: width)
    }
    return made
  }

  /// What else the product says of a variable and stays true of the column.
  private func kept(_ v: NetCDFVariable) -> [String: String] {
    var result: [String: String] = [:]
    for name in ["standard_name", "comment", "source", "institution", "references"] {
      if let text = v.attributes[name]?.text, !text.isEmpty { result[name] = text }
    }
    guard let from = v.dimensions.first, from != SRALFile.records else { return result }
    let how = isFlag(v) ? "taken from the nearest time in" : "interpolated linearly on time from"
    result["comment"] = (result["comment"].map { "\($0); " } ?? "") + "\(how) \(from)"
    return result
  }

  private func values(_ v: NetCDFVariable, _ numbers: [Double]) -> ColumnValues {
    guard isFlag(v) else { return .number(isLongitude(v) ? numbers.map(Longitude.wrapped) : numbers) }
    let missing = missingCode(v)
    return .code(numbers.map { Int16(exactly: $0) ?? missing }, missing: missing)
  }

  /// A small whole number with meanings; scaled bytes are quantities.
  private func isFlag(_ v: NetCDFVariable) -> Bool {
    v.type == .int8 && v.scale == 1 && v.offset == 0
      && (v.attributes["flag_values"] != nil || v.attributes["flag_meanings"] != nil)
  }
  private func isLongitude(_ v: NetCDFVariable) -> Bool { v.unit?.hasPrefix("degrees_east") == true }
  private func missingCode(_ v: NetCDFVariable) -> Int16 { v.missingValues.first.flatMap { Int16(exactly: $0) } ?? -1 }

  private func flagTable(_ v: NetCDFVariable) -> ClassTable? {
    guard let names = v.attributes["flag_meanings"]?.text?.split(separator: " ").map(String.init),
      let codes = v.attributes["flag_values"]?.numbers?.compactMap({ Int(exactly: $0) }), codes.count == names.count
    else { return nil }
    let colours = ClassTable.clusters(codes.count).entries.map(\.color)
    return ClassTable(
      zip(codes, zip(names, colours)).map { ClassEntry(code: $0, name: $1.0, label: $1.0, color: $1.1) },
      noData: Int(missingCode(v)))
  }

  private static func unit(_ v: NetCDFVariable) -> PhysicalUnit {
    guard let unit = v.unit, !unit.isEmpty else { return .dimensionless }
    return unit.hasPrefix("degrees_") ? .degree : PhysicalUnit(rawValue: unit)
  }

  /// Longitudes that run on without jumps of more than half a turn; missing ones stay missing.
  private static func unwound(_ values: [Double]) -> [Double] {
    var last = Double.nan
    return values.map { value in
      if value.isNaN { return value }
      last = last.isNaN ? value : last + Longitude.difference(value - last)
      return last
    }
  }
}
