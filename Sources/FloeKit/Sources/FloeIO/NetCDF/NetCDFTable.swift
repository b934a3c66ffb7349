import FloeCore

/// A netCDF file whose variables lie along one dimension, read as a table after the conventions CF.
///
/// Times are decoded, stored numbers unpacked, missing ones found by `NetCDFConversion`, whole numbers kept exactly;
/// longitudes and latitudes, by their standard name or unit, are points. Files that OGR wrote say so and are left to
/// it, as are grids, and files in archives, which the library cannot open. Of files that `TrackNetCDFWriter` wrote
/// columns, arrays, codes, marks and tags come back as they were. A group of a file is a table as well, see
/// `NetCDFGroup`; HDF5 files (`.h5`) are read as the library reads them.
struct NetCDFTable {
  private let path: String
  private let file: NetCDFFile
  private let group: NetCDFGroup
  private let rows: String
  private let count: Int
  private let columns: [NetCDFVariable]
  /// Whether `TrackNetCDFWriter` wrote the file for a run.
  private let isOwn: Bool

  /// Whether a file is a table that floe wrote. GDAL takes one with arrays for rasters.
  static func isOwn(_ path: String) -> Bool {
    let isNetCDF = [".nc", ".nc4"].contains(where: path.lowercased().hasSuffix)
    guard isNetCDF, !path.hasPrefix("/vsi"), VirtualFile.exists(path) else { return false }
    // Safe because a file that cannot be opened is none, and the caller that reads it says why it cannot.
    guard let file = try? NetCDFFile.open(path) else { return false }
    return isOwn(file)
  }

  private static func isOwn(_ file: NetCDFFile) -> Bool {
    file.attributes["Conventions"]?.text?.hasPrefix("CF-") == true
      && file.attributes["history"]?.text?.hasPrefix(TrackNetCDFWriter.history) == true
  }

  /// The file, if its name and place are those of one that the library reads; nil for others.
  private static func open(_ path: String) throws -> NetCDFFile? {
    let isNetCDF = [".nc", ".nc4", ".h5", ".hdf5", ".he5"].contains(where: path.lowercased().hasSuffix)
    guard isNetCDF, !path.hasPrefix("/vsi") || RemotePath.isRemote(path), VirtualFile.exists(path) else { return nil }
    return try NetCDFFile.open(path)
  }

  /// The groups of a file that are tables; empty where it has tables outside of groups, or none, and for other files.
  static func groups(of path: String) -> [String] {
    // Safe because a file that cannot be opened has none, and whoever reads it says why it cannot.
    guard let file = try? open(path) else { return [] }
    let all = file.variables
    let hasOthers = all.contains { NetCDFGroup.file.holds($0) && isSingle($0) }
    return hasOthers ? [] : NetCDFGroup.tables(all, isSingle)
  }

  /// Nil for what is no such file.
  ///
  /// - Parameter layer: a group (`gt1l/sea_ice_segments`), the dimension of the rows, or the file's name without its
  ///   ending; nil for the dimension that most variables have, or the only group with a table.
  init?(_ path: String, layer: String?) throws {
    guard let file = try Self.open(path) else { return nil }
    let outside = file.variables.filter(NetCDFGroup.file.holds)
    let isOfOGR = file.attributes.keys.contains { $0.hasPrefix("ogr_") } || outside.contains(where: Self.isOfOGR)
    guard !isOfOGR else { return nil }
    let group = try NetCDFGroup(layer, of: file, isColumn: Self.isSingle)
    let variables = group.isFile ? outside : file.variables.filter(group.holds)
    var found: [(rows: String, columns: [NetCDFVariable])] = []
    for v in variables {
      guard Self.isSingle(v), let rows = group.rows(of: v) else { continue }
      if let place = found.firstIndex(where: { $0.rows == rows }) {
        found[place].columns.append(v)
      } else {
        found.append((rows, [v]))
      }
    }
    // Of a grid only the axes have one dimension.
    let tables = found.filter { entry in !entry.columns.allSatisfy(NetCDFGroup.isAxis) }
    let wanted = layer == FileStem.of(path) || !group.isFile ? nil : layer
    guard !tables.isEmpty || wanted != nil && !found.isEmpty else { return nil }
    guard let most = tables.map({ $0.columns.count }).max() ?? found.map({ $0.columns.count }).max() else { return nil }
    let chosen = found.first { entry in
      if let wanted { return entry.rows == wanted }
      return entry.columns.count == most && !entry.columns.allSatisfy(NetCDFGroup.isAxis)
    }
    guard let chosen else {
      let all = found.map { $0.rows }.joined(separator: ", ")
      throw FloeError("'\(path)' has no layer '\(wanted ?? "")'; its rows lie along \(all)")
    }
    self.path = path
    self.file = file
    self.group = group
    rows = chosen.rows
    let isOwn = group.isFile && Self.isOwn(file)
    self.isOwn = isOwn
    columns =
      isOwn ? variables.filter { group.rows(of: $0) == chosen.rows && Self.isColumn($0) } : chosen.columns
    count = chosen.columns.first?.shape.first ?? 0
    if layer == nil || !group.isFile, tables.count > 1 {
      let all = tables.map { "'\($0.rows)' (\($0.columns.count) columns)" }.joined(separator: ", ")
      LibraryNotices.add(
        "'\(path)' has rows along \(all), of which those along '\(rows)' are read; 'layer' names another"
          + (group.isFile ? "" : " group"))
    }
    let read = Set(columns.map(\.name))
    let wide = variables.filter { group.rows(of: $0) == chosen.rows && !read.contains($0.name) }
      .map { "'\($0.name)'" }
    if !wide.isEmpty {
      LibraryNotices.add(
        "'\(path)' has \(wide.prefix(4).joined(separator: ", "))\(wide.count > 4 ? " and \(wide.count - 4) more" : "") "
          + "with several numbers a row, which are left out")
    }
  }

  /// Whether OGR wrote a variable, or keeps shapes by it (CF 1.13, section 7.5).
  private static func isOfOGR(_ v: NetCDFVariable) -> Bool {
    v.attributes.keys.contains { $0.hasPrefix("ogr_") || $0 == "geometry_type" || $0 == "geometry" }
  }

  /// Whether a variable has one value a row.
  private static func isSingle(_ v: NetCDFVariable) -> Bool {
    // Texts of characters have a second dimension, their length.
    v.dimensions.count == 1 && v.type != .char || v.type == .char && v.dimensions.count == 2
  }

  /// Whether a variable of floe's own file is a column: one value a row, or an array of numbers.
  private static func isColumn(_ v: NetCDFVariable) -> Bool { isSingle(v) || isArray(v) }

  private static func isArray(_ v: NetCDFVariable) -> Bool {
    v.dimensions.count == 2 && !v.type.isText && v.shape.count == 2 && v.shape[1] > 0
  }

  /// The name of a column. In floe's own files of tracks time and places have the names of products.
  private func name(_ v: NetCDFVariable) -> String {
    guard group.isFile else { return group.name(v, among: columns) }
    guard isOwn, rows == "time_20_ku" else { return v.name }
    let names = [
      rows: ColumnName.time.rawValue, "lat_20_ku": ColumnName.latitude.rawValue,
      "lon_20_ku": ColumnName.longitude.rawValue,
    ]
    guard let name = names[v.name], !columns.contains(where: { $0.name == name }) else { return v.name }
    return name
  }

  /// The number of rows.
  var rowCount: Int { count }

  /// The columns, with their rows where they are asked for.
  func table(rows isWhole: Bool) throws -> Table {
    var table = Table(rowCount: isWhole ? count : 0)
    for v in columns {
      if v.name == "dropped_because", let reasons = v.attributes["reasons"]?.text {
        if isWhole { try mark(&table, reasons.split(separator: "\n").map(String.init)) }
      } else {
        table.set(try column(v, isWhole))
      }
    }
    if isOwn { describe(&table) }
    if let x = place("longitude", "east"), let y = place("latitude", "north") {
      table.geometry = .points(x: x, y: y)
      table.crs = .wgs84
    }
    return table
  }

  /// Attributes of files that `TrackNetCDFWriter` and `DiscoveryAttributes` write beside the tags of a table.
  private static let written: Set<String> = [
    "Conventions", "featureType", "title", "summary", "keywords", "source", "platform", "cdm_data_type",
    "standard_name_vocabulary", "geospatial_lat_units", "geospatial_lon_units", "time_coverage_start",
    "time_coverage_end", "time_coverage_duration", "source_product", "provenance", "history",
  ]

  /// What else floe's own file says of its table.
  private func describe(_ table: inout Table) {
    for (key, value) in file.attributes where !Self.written.contains(key) && !key.hasPrefix("_") {
      guard let text = value.text else { continue }
      table.tags[tag(key)] = text
    }
    let product = file.attributes["source_product"]?.text
    let platform = file.attributes["platform"]?.text
    if let product { table.tags["product"] = product }
    if product != nil || platform != nil { table.acquisition = Acquisition(product: product, platform: platform) }
    if file.attributes["featureType"]?.text == "trajectory" { table.style = "track" }
  }

  /// The tag of an attribute: those of one column have its name after a colon, which the writer replaces.
  private func tag(_ key: String) -> String {
    for start in ["count_scale", "normalised"] where key.hasPrefix("\(start)_") {
      let column = String(key.dropFirst(start.count + 1))
      if columns.contains(where: { $0.name == column && Self.isArray($0) }) { return "\(start):\(column)" }
    }
    return key
  }

  /// Marks the rows that floe's own files say take no part.
  private func mark(_ table: inout Table, _ reasons: [String]) throws {
    for (row, code) in try file.readDoubles("dropped_because").enumerated() {
      guard let n = Int(exactly: code), n > 0, n <= reasons.count else { continue }
      table.status.drop(row, because: reasons[n - 1])
    }
  }

  /// The column of longitudes or latitudes; by its standard name, else by its unit.
  private func place(_ name: String, _ side: String) -> String? {
    let numbers = columns.filter { !$0.type.isText && Self.isSingle($0) }
    // The spellings of CF 1.13, sections 4.1 and 4.2.
    let letter = String(side.prefix(1))
    let short = ["degrees_", "degree_", "degrees", "degree"].map { $0 + letter }
    let units = ["degrees_\(side)", "degree_\(side)"] + short
    let named = numbers.filter { $0.attributes["standard_name"]?.text == name }
    let found = named.isEmpty ? numbers.filter { units.contains($0.unit?.lowercased() ?? "") } : named
    let usual = [name, String(name.prefix(3))]
    return (found.first { usual.contains(self.name($0).lowercased()) } ?? found.first).map { self.name($0) }
  }

  private func column(_ v: NetCDFVariable, _ isWhole: Bool) throws -> Column {
    let summary = v.attributes["long_name"]?.text ?? ""
    if v.type.isText {
      // Files of floe's have no other text for a missing one.
      var texts: [String?] = isWhole ? try file.readTexts(v.name).map { $0.isEmpty ? nil : $0 } : []
      // Those without a single character have no texts to read.
      if isWhole, texts.count != count { texts = [String?](repeating: nil, count: count) }
      return Column(name(v), summary: summary, attributes: attributes(v), values: .text(texts))
    }
    let unit = v.unit ?? "1"
    var result = Column(
      name(v), unit: PhysicalUnit(rawValue: unit), summary: summary, attributes: attributes(v), values: .number([]))
    if Self.isArray(v) {
      result.dimension = v.dimensions.last
      result.values = .array(isWhole ? try file.readPhysicalFloats(v.name) : [], width: v.shape[1])
      return result
    }
    if let time = time(v, unit) {
      result.unit = .second
      result.isTime = true
      result.values = .number(isWhole ? try file.readPhysical(v.name).map { time.seconds($0) } : [])
      return result
    }
    let isPacked = v.attributes["scale_factor"] != nil || v.attributes["add_offset"] != nil
    // Unsigned numbers of 64 bits, and those of which the bits mean another sign, are read as doubles.
    let isPlain = v.type.isInteger && !isPacked && v.type != .uint64 && !v.isReallyUnsigned && !v.isReallySigned
    if isOwn, v.type == .int16, let classes = classes(v) {
      let missing = v.missingValues.first.flatMap { Int16(exactly: $0) } ?? -1
      result.classes = classes
      result.values = .code(
        isWhole ? try file.readDoubles(v.name).map { Int16(exactly: $0) ?? missing } : [], missing: missing)
    } else if isPlain {
      result.values = .integer(isWhole ? try integers(v) : [])
    } else {
      result.values = .number(isWhole ? try file.readPhysical(v.name) : [])
    }
    return result
  }

  /// What travels with a column: of floe's own files all texts, of others what says what the numbers are.
  private func attributes(_ v: NetCDFVariable) -> [String: String] {
    var result: [String: String] = [:]
    let made: Set<String> = [
      "long_name", "units", "units_metadata", "calendar", "coordinates", "flag_meanings", "reasons",
    ]
    for (key, value) in v.attributes {
      guard let text = value.text, !key.hasPrefix("_"), !made.contains(key) else { continue }
      let isKept =
        isOwn || key == "standard_name" || key == "comment"
        || key == "definition" && GeoPackageColumns.isWord(text)
      if isKept { result[key] = text }
    }
    // The writer gives places and times theirs.
    if isOwn, ["time", "latitude", "longitude"].contains(result["standard_name"] ?? "") {
      result["standard_name"] = nil
    }
    return result
  }

  /// The words of the codes of floe's own files; nil where there are none.
  private func classes(_ v: NetCDFVariable) -> ClassTable? {
    guard let names = v.attributes["flag_meanings"]?.text?.split(separator: " ").map(String.init),
      let codes = v.attributes["flag_values"]?.numbers?.compactMap({ Int(exactly: $0) }), codes.count == names.count
    else { return nil }
    let known = ClassTable.seaIce
    if known.entries.map(\.code) == codes, known.entries.map(\.name) == names { return known }
    let colours = ClassTable.clusters(codes.count).entries.map(\.color)
    return ClassTable(
      zip(codes, zip(names, colours)).map { ClassEntry(code: $0, name: $1.0, label: $1.0, color: $1.1) }, noData: -1)
  }

  /// How a variable counts time; nil where it holds none, or in a way that is reported.
  private func time(_ v: NetCDFVariable, _ unit: String) -> CFTime? {
    guard CFTime.isTime(unit) else { return nil }
    do throws(FloeError) {
      let time = try CFTime(unit, calendar: v.attributes["calendar"]?.text)
      if !countsFromUTC, let scale = Self.otherScale(v) {
        LibraryNotices.add(
          "the times '\(v.name)' of '\(path)' count in \(scale), some seconds ahead of UTC, and are taken for UTC")
      }
      return time
    } catch {
      LibraryNotices.add("the times '\(v.name)' of '\(path)' stay numbers in '\(unit)': \(error.message)")
      return nil
    }
  }

  /// Whether times count GPS seconds from a moment that is told in UTC, as ICESat-2's from 2018-01-01, since when there
  /// was no leap second.
  private var countsFromUTC: Bool { file["ancillary_data/atlas_sdp_gps_epoch"] != nil }

  /// A scale of time without leap seconds that a variable's texts name; CF's own attributes know none.
  private static func otherScale(_ v: NetCDFVariable) -> String? {
    let words = [v.unit ?? ""] + ["long_name", "comment", "time_scale"].map { v.attributes[$0]?.text ?? "" }
    let found = Set(words.joined(separator: " ").split { !$0.isLetter }.map { $0.uppercased() })
    return ["TAI", "GPS"].first { found.contains($0) }
  }

  private func integers(_ v: NetCDFVariable) throws -> [Int?] {
    let conversion = try NetCDFConversion(v, path: path)
    var missing = Set(conversion.missing.compactMap { Int(exactly: $0) })
    if v.type == .int64, v.attributes["_FillValue"] == nil {
      // NC_FILL_INT64, for which doubles have the next number alone.
      missing.remove(.min)
      missing.insert(-9_223_372_036_854_775_806)
    }
    return try file.readIntegers(v.name).map { value in
      let number = Double(value)
      return missing.contains(value) || number < conversion.low || number > conversion.high ? nil : value
    }
  }
}
