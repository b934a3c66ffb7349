import FloeCore

/// Writes tables as netCDF-4 after the conventions CF-1.13 and ACDD-1.3, echoes included.
///
/// The rows of an altimeter track lie along `time_20_ku` (seconds since 2000-01-01), those of other tables along `time`
/// or `row`; arrays have the second dimension that their column names, else `wf_sample_ind` for echoes and one named
/// after the column for others. Columns keep their names, but `time`, `lat` and `lon` of a track get the product's.
/// Records of one product with times and places are one trajectory (`featureType`, `cf_role`).
/// Codes carry `flag_values` and `flag_meanings`; marked rows `dropped_because`. Same table, same bytes.
public enum TrackNetCDFWriter {
  /// The start of the attribute `history` of files that runs write, by which they are known again.
  static let history = "written by floe"
  private static let missing = 9.969_209_968_386_869e+36

  /// Writes a new file.
  ///
  /// - Parameters:
  ///   - title: of the data set; by default the product's name, or none.
  ///   - provenance: kept as the attribute `provenance`.
  public static func write(path: String, table given: Table, title: String? = nil, provenance: String? = nil) throws {
    if let refusal = Self.refusal(of: given) { throw FloeError("cannot hold the table: \(refusal)") }
    let table = try TableCentroids.added(to: given)
    let file = try NetCDFWriter(path: path)
    let names = Names(table)
    try file.dimension(names.rows, length: table.rowCount)
    var second: [String: String] = [:]
    var widths: [String: Int] = [:]
    for column in table.columns {
      guard case .array(_, let width) = column.values else { continue }
      var name = column.dimension ?? (column.name.hasPrefix("waveform") ? "wf_sample_ind" : "\(column.name)_ind")
      if widths[name].map({ $0 != width }) ?? (name == names.rows) { name = "\(column.name)_ind" }
      if widths[name] == nil { try file.dimension(name, length: width) }
      widths[name] = width
      second[column.name] = name
    }
    try file.attribute("Conventions", .text("CF-1.13, ACDD-1.3"))
    let discovery = DiscoveryAttributes(table, title: title)
    for (key, value) in discovery.attributes { try file.attribute(key, value) }
    if let product = table.acquisition?.product ?? table.tags["product"] {
      try file.attribute("source_product", .text(product))
    }
    for (key, value) in table.tags.sorted(by: { $0.key < $1.key }) where key != "product" {
      try file.attribute(key.split(separator: ":").joined(separator: "_"), .text(value))
    }
    if let provenance {
      try file.attribute("provenance", .text(provenance))
      try file.attribute(
        "history", .text("\(Self.history); the attribute provenance tells the steps and their parameters"))
    }
    if discovery.trajectory != nil {
      try file.variable(
        "trajectory", type: .string, dimensions: [],
        attributes: [("cf_role", .text("trajectory_id")), ("long_name", .text("name of the product"))], fill: nil)
    }
    for column in table.columns { try define(column, names, second[column.name], in: file) }
    try define(table.status, names, in: file)
    if let trajectory = discovery.trajectory { try file.write("trajectory", texts: [trajectory]) }
    for column in table.columns { try write(column, names, in: file) }
    if !table.status.reasons.isEmpty { try file.write("dropped_because", table.status.codes.map(Double.init)) }
    try file.close()
  }

  /// Why a file cannot hold a table, as the second half of a sentence; nil when it can.
  public static func refusal(of table: Table) -> String? {
    for name in table.columns.map(\.name) where !isName(name) {
      return
        "netCDF has no variable called '\(TextEscape.oneLine(name))'; names begin with a letter, a digit or '_', have "
        + "no '/' and no control codes, and do not end in a blank: give the column another one"
    }
    return nil
  }

  /// The rule of the netCDF library for names (NUG, appendix B).
  private static func isName(_ name: String) -> Bool {
    guard let first = name.unicodeScalars.first, let last = name.unicodeScalars.last, name.utf8.count <= 200 else {
      return false
    }
    let isWord = first.properties.isAlphabetic || first.properties.numericType != nil
    let isFirst = first.value > 0x7f || first == "_" || isWord
    return isFirst && last.value != 0x20
      && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f && $0.value != 0x2f }
  }

  /// The names that a table's columns get in the file.
  private struct Names {
    let isTrack: Bool
    let time: String?
    let rows: String
    /// The columns of longitudes and latitudes, where there are both.
    let longitude: String?, latitude: String?
    private static let lon = ColumnName.longitude.rawValue, lat = ColumnName.latitude.rawValue

    init(_ table: Table) {
      time = table.columns.first { $0.isTime }?.name
      isTrack = time != nil && table.columns.contains { $0.name.hasSuffix("_20_ku") }
      rows = isTrack ? "time_20_ku" : time ?? "row"
      if table[.latitude]?.numbers != nil, table[.longitude]?.numbers != nil {
        (longitude, latitude) = (Self.lon, Self.lat)
      } else if case .points(let x, let y)? = table.geometry, table.crs?.isGeographic ?? false {
        (longitude, latitude) = (x, y)
      } else {
        (longitude, latitude) = (nil, nil)
      }
    }

    /// The variables that say where a row lies.
    var coordinates: String? {
      guard let longitude, let latitude else { return nil }
      return "\(name(longitude)) \(name(latitude))"
    }

    /// Standard name and unit of a column of places; nil for others.
    func place(_ column: String) -> (standardName: String, unit: String)? {
      if column == latitude || column == Self.lat { return ("latitude", "degrees_north") }
      if column == longitude || column == Self.lon { return ("longitude", "degrees_east") }
      return nil
    }

    func name(_ column: String) -> String {
      if column == time { return rows }
      return isTrack && (column == Self.lat || column == Self.lon) ? "\(column)_20_ku" : column
    }
  }

  private static func define(_ column: Column, _ names: Names, _ second: String?, in file: NetCDFWriter) throws {
    var attributes: [(String, NetCDFAttribute)] = []
    attributes.append(
      (
        "long_name",
        .text(column.summary.isEmpty ? column.name.split(separator: "_").joined(separator: " ") : column.summary)
      ))
    let place = column.numbers == nil || column.isTime ? nil : names.place(column.name)
    let isPlace = place != nil
    if column.isTime {
      attributes += [
        ("standard_name", .text("time")), ("units", .text("seconds since 2000-01-01 00:00:00.0")),
        // Leap seconds are in UTC and not counted: CF-1.12, section 4.4.3, case 2.
        ("calendar", .text("standard")), ("units_metadata", .text("leap_seconds: utc")),
      ]
    } else if let place {
      attributes.append(("standard_name", .text(place.standardName)))
      attributes.append(("units", .text(place.unit)))
    }
    let name = names.name(column.name)
    func add(_ type: NetCDFType, dimensions: [String], fill: Double?) throws {
      for (key, value) in column.attributes.sorted(by: { $0.key < $1.key })
      where !attributes.contains(where: { $0.0 == key }) {
        attributes.append((key, .text(value)))
      }
      if let coordinates = names.coordinates, !column.isTime, !isPlace {
        attributes.append(("coordinates", .text(coordinates)))
      }
      try file.variable(name, type: type, dimensions: dimensions, attributes: attributes, fill: fill)
    }
    switch column.values {
    case .number(let v):
      if !column.isTime && !isPlace { attributes.append(("units", .text(column.unit.rawValue))) }
      // Coordinate variables may hold no missing values.
      try add(
        .float64, dimensions: [names.rows], fill: name == names.rows && !v.contains(where: \.isNaN) ? nil : missing)
    case .integer(let v):
      if !isPlace { attributes.append(("units", .text(column.unit.rawValue))) }
      let (type, fill) = whole(v)
      try add(type, dimensions: [names.rows], fill: fill)
    case .code(_, let missing):
      if let entries = column.classes?.entries, !entries.isEmpty {
        attributes.append(("flag_values", .numbers(entries.map { Double($0.code) }, .int16)))
        attributes.append(("flag_meanings", .text(entries.map(\.name).joined(separator: " "))))
      }
      try add(.int16, dimensions: [names.rows], fill: Double(missing))
    case .text: try add(.string, dimensions: [names.rows], fill: nil)
    case .array:
      attributes.append(("units", .text(column.unit.rawValue)))
      // Not compressed: noise in the last digits of echoes leaves three quarters of their size for most of the time of
      // a run.
      try add(.float32, dimensions: [names.rows, second ?? "\(column.name)_ind"], fill: Double(Float(missing)))
    }
  }

  /// The type that holds whole numbers without loss, and what stands for a missing one.
  ///
  /// Many readers know no whole numbers of 64 bits, which CF has since version 1.9: they are used where doubles would
  /// round.
  private static func whole(_ values: [Int?]) -> (NetCDFType, fill: Double?) {
    func fits(_ limit: Int) -> Bool { values.allSatisfy { $0.map { $0 > -limit && $0 < limit } ?? true } }
    if fits(2_147_483_647) { return (.int32, -2_147_483_647) }
    if fits(1 << 53 + 1) { return (.float64, missing) }
    // Numbers that a double holds, as the attribute is given; the first is free unless the column is full of extremes.
    let free = [-0x1p63, -0x1p63 + 2048, -0x1p63 + 4096].first { fill in
      !values.contains { $0.map { Double($0) == fill } ?? false }
    }
    return (.int64, free ?? -0x1p63)
  }

  private static func define(_ status: RowStatus, _ names: Names, in file: NetCDFWriter) throws {
    guard !status.reasons.isEmpty else { return }
    let words = ["kept"] + status.reasons.map { String($0.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" }) }
    try file.variable(
      "dropped_because", type: .int16, dimensions: [names.rows],
      attributes: [
        ("long_name", .text("why a record takes no part")),
        ("flag_values", .numbers(words.indices.map(Double.init), .int16)),
        ("flag_meanings", .text(words.joined(separator: " "))),
        ("reasons", .text(status.reasons.joined(separator: "\n"))),
      ])
  }

  private static func write(_ column: Column, _ names: Names, in file: NetCDFWriter) throws {
    let name = names.name(column.name)
    switch column.values {
    case .number(let v): try file.write(name, column.isTime ? v.map { $0 - UTCTime.year2000.seconds } : v)
    case .integer(let v): try file.write(name, integers: v)
    case .code(let v, _): try file.write(name, v.map(Double.init))
    case .text(let v): try file.write(name, texts: v.map { $0 ?? "" })
    case .array(let v, let width):
      let rows = width == 0 ? 0 : v.count / width
      for first in stride(from: 0, to: rows, by: 1024) {
        let count = min(1024, rows - first)
        try file.write(
          name, floats: v[first * width..<(first + count) * width], start: [first, 0], count: [count, width])
      }
    }
  }
}
