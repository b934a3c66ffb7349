internal import CGDAL
import FloeCore

/// What geometry a layer has.
enum GeometryKind { case none, points, polygons, multiPolygons }

/// Gathers the values of one field.
struct FieldReader {
  private(set) var name: String
  /// The name in the file, where several fields may have the same one.
  let original: String
  private(set) var isTime: Bool
  private(set) var values: ColumnValues
  private let index: Int32
  private let place: String?
  /// Whether OGR reads whole numbers of 32 bits, or of 64.
  let isShort: Bool, isWhole: Bool
  /// The texts that were read as missing values.
  private(set) var missing = TextTyping.Missing()
  /// What texts take that are too long for their place in the column.
  private(set) var textBytes = 0
  /// Whether a time says that it is local.
  private var hasLocalTimes = false
  /// Whether there are times with parts of a millisecond.
  private var hasFineTimes = false
  /// Whether there are times with a zone, and others without.
  private var hasZones = false, hasBareTimes = false

  /// Nil for binary fields, which no column holds.
  ///
  /// - Parameter place: the layer, for sentences; nil to say nothing.
  init?(_ definition: OGRFeatureDefnH, _ index: Int32, place: String?) {
    guard let field = OGR_FD_GetFieldDefn(definition, index) else { return nil }
    name = text(OGR_Fld_GetNameRef(field)) ?? "field\(index + 1)"
    original = name
    self.index = index
    self.place = place
    let type = OGR_Fld_GetType(field)
    isTime = type == OFTDateTime || type == OFTDate
    isShort = type == OFTInteger
    isWhole = type == OFTInteger || type == OFTInteger64
    switch type {
    case OFTInteger, OFTInteger64: values = .integer([])
    case OFTReal, OFTDateTime, OFTDate: values = .number([])
    case OFTBinary:
      if let place {
        LibraryNotices.add("\(place) has the column '\(name)' of bytes, which no table holds; it is left out")
      }
      return nil
    case OFTIntegerList, OFTInteger64List, OFTRealList, OFTStringList:
      if let place {
        LibraryNotices.add(
          "\(place) has lists in the column '\(name)', which no table holds; they are read as texts such as (2:5,7)")
      }
      values = .text([])
    default: values = .text([])
    }
  }

  /// Whether the file declares numbers.
  var isNumber: Bool {
    switch values {
    case .number, .integer: !isTime
    default: false
    }
  }

  /// Numbers the later ones of columns with one name, `a`, `a_2`, `a_3`, past numbers that the file takes itself.
  static func number(_ fields: inout [FieldReader]) {
    let given = Set(fields.map(\.name))
    var taken: Set<String> = []
    for i in fields.indices where !taken.insert(fields[i].name).inserted {
      let name = fields[i].name
      var n = 2
      while given.contains("\(name)_\(n)") || taken.contains("\(name)_\(n)") { n += 1 }
      fields[i].name = "\(name)_\(n)"
      taken.insert(fields[i].name)
    }
  }

  /// Takes the value of a feature.
  ///
  /// - Parameter row: the feature's place from 0, for the sentence that refuses a time which does not exist.
  mutating func append(_ feature: OGRFeatureH, row: Int) throws {
    let present = OGR_F_IsFieldSetAndNotNull(feature, index) != 0
    // The empty column takes the place of the passed one, so that it grows without a copy.
    switch values {
    case .integer(var list):
      values = .integer([])
      list.append(present ? Int(OGR_F_GetFieldAsInteger64(feature, index)) : nil)
      values = .integer(list)
    case .number(var list):
      values = .number([])
      if present, isTime {
        list.append(try seconds(feature, row))
      } else {
        list.append(present ? OGR_F_GetFieldAsDouble(feature, index) : .nan)
      }
      values = .number(list)
    case .text(var list):
      values = .text([])
      let value = present ? text(OGR_F_GetFieldAsString(feature, index)) : nil
      if let count = value?.utf8.count, count > 15 { textBytes += count + 32 }
      list.append(value)
      values = .text(list)
    case .code, .array: break
    }
  }

  /// Ends the reading.
  ///
  /// - Parameters:
  ///   - typing: how texts become numbers or times where all are some; nil to leave them.
  ///   - texts: what says why a column is text; nil to say nothing.
  ///   - keepsRows: whether the values stay, and not only their kind.
  mutating func finish(typing: TextTyping?, texts telling: TextTyping?, keepsRows: Bool) throws {
    if let typing, case .text(let texts) = values {
      let found = try typing.typed(texts, name: name, place: place ?? "the layer")
      (values, isTime) = (found.values, found.isTime)
      missing = found.missing
      for case let text? in texts where isTime && !(hasZones && hasBareTimes) {
        if DateText.hasZone(text) { hasZones = true } else if DateText.time(text) != nil { hasBareTimes = true }
      }
      if case .number(let numbers) = values, !isTime, let place { Self.tellRounded(texts, numbers, name, place) }
    }
    if let place, keepsRows {
      if let telling, case .text(let texts) = values, name != "dropped_because" {
        telling.tellText(texts, column: name, place: place)
      }
      if case .number(let numbers) = values, !isTime { Self.tellInfinite(numbers, name, place) }
    }
    if hasLocalTimes, let place {
      LibraryNotices.add("\(place) has local times in the column '\(name)'; they are taken for UTC")
    }
    if hasFineTimes, let place {
      LibraryNotices.add(
        "\(place) has times finer than a millisecond in the column '\(name)'; they are read to the millisecond, and to "
          + "the microsecond from a CSV file")
    }
    if hasZones, hasBareTimes, let place {
      LibraryNotices.add(
        "\(place) has times with a time zone and times without one in the column '\(name)'; those without are taken "
          + "for UTC")
    }
    guard !keepsRows else { return }
    switch values {
    case .integer: values = .integer([])
    case .number: values = .number([])
    case .text: values = .text([])
    case .code, .array: break
    }
  }

  /// Says that a column has numbers without end: written so, or larger than any double.
  static func tellInfinite(_ numbers: [Double], _ column: String, _ place: String) {
    guard let first = numbers.firstIndex(where: { $0.isInfinite }) else { return }
    let count = numbers.count(where: { $0.isInfinite })
    LibraryNotices.add(
      "\(place) has infinite numbers, or some beyond 1.8e308, in \(count) \(count == 1 ? "row" : "rows") of the column "
        + "'\(column)', the first in row \(first + 1); they are read as infinity")
  }

  /// Says that whole numbers lost digits by being read as doubles: those beyond 64 bits, and those beyond 2^53 that
  /// stand beside decimals.
  static func tellRounded(_ texts: [String?], _ numbers: [Double], _ column: String, _ place: String) {
    if zip(texts, numbers).contains(where: { abs($1) >= 0x1p63 && $1.isFinite && isDigits($0) }) {
      LibraryNotices.add(
        "\(place) has whole numbers beyond 64 bits in the column '\(column)'; they are read as the nearest doubles")
      return
    }
    let rounded = texts.indices.filter { texts[$0].map { NumberText.isRounded(NumberText.trimmed($0)) } ?? false }
    guard let row = rounded.first, let text = texts[row] else { return }
    tellRounded(
      rounded.count, text: String(NumberText.trimmed(text)), row: row + 1, read: numbers[row], column, place)
  }

  /// Says that whole numbers beyond 2^53 lost digits beside decimals: in how many rows, and the first one with its row.
  static func tellRounded(_ count: Int, text: String, row: Int, read: Double, _ column: String, _ place: String) {
    let shown = Int(exactly: read).map { "\($0)" } ?? "\(read)"
    LibraryNotices.add(
      "\(place) has whole numbers beyond 2^53 beside decimals in the column '\(column)', in \(count) "
        + "\(count == 1 ? "row" : "rows"), the first '\(text)' in row \(row), which is read as \(shown); a column of "
        + "whole numbers alone keeps all digits")
  }

  /// Says where a column of decimals has numbers so large that a file which writes numbers as texts, and whose texts
  /// are not at hand, may tell more digits of them.
  func tellLarge(_ place: String) {
    guard case .number(let numbers) = values, !isTime,
      let row = numbers.firstIndex(where: { $0.isFinite && abs($0) >= 0x1p53 })
    else { return }
    let shown = Int(exactly: numbers[row]).map { "\($0)" } ?? "\(numbers[row])"
    LibraryNotices.add(
      "\(place) has numbers beyond 2^53 in the column '\(name)' of decimals, the first in row \(row + 1), which is "
        + "read as \(shown); whole numbers among them lose digits, a column of whole numbers alone keeps all")
  }

  /// Whether a text is a whole number.
  private static func isDigits(_ text: String?) -> Bool {
    text.map { NumberText.trimmed($0).utf8.allSatisfy { (48...57).contains($0) || "+-".utf8.contains($0) } } ?? false
  }

  /// Local and unknown time zones are taken as UTC.
  private mutating func seconds(_ feature: OGRFeatureH, _ row: Int) throws -> Double {
    var y: Int32 = 0
    var mo: Int32 = 0
    var d: Int32 = 0
    var h: Int32 = 0
    var mi: Int32 = 0
    var s: Float = 0
    var zone: Int32 = 0
    guard OGR_F_GetFieldAsDateTimeEx(feature, index, &y, &mo, &d, &h, &mi, &s, &zone) != 0 else { return .nan }
    if zone == 1 { hasLocalTimes = true }
    if zone > 1 { hasZones = true }
    if zone == 0 { hasBareTimes = true }
    // A float holds seconds of a minute to some microseconds; milliseconds is what files carry.
    let second = (Double(s) * 1000).rounded() / 1000
    if abs(Double(s) - second) > 5e-6 { hasFineTimes = true }
    // Rounded up, the last millisecond of a minute must not become a second 60.
    let whole = Double(s).rounded(.down)
    let time = CalendarTime(year: Int(y), month: Int(mo), day: Int(d), hour: Int(h), minute: Int(mi), second: whole)
    // OGR counts zones in quarters of an hour from 100.
    let east = zone > 1 ? (Int(zone) - 100) * 15 : 0
    guard time.exists(minutesEast: east) else {
      throw FloeError(
        "row \(row + 1) of \(place ?? "the layer") has \(time.told) in the column '\(name)', which no calendar and no "
          + "clock has; a time that exists is right, such as 2019-03-01T23:56:11Z, or an empty field")
    }
    return time.seconds + (second - whole) - Double(east * 60)
  }
}

/// Gathers geometries.
struct ShapeReader {
  private(set) var kind: GeometryKind
  private let xName: String, yName: String, place: String
  private var x: [Double] = [], y: [Double] = [], polygons: [[[[SIMD2<Double>]]]] = []
  /// What the places take.
  private(set) var bytes = 0
  private var hasHeights = false, hasMeasures = false

  init(kind: GeometryKind, taken: Set<String>, place: String) {
    self.kind = kind
    self.place = place
    let free = !taken.contains("x") && !taken.contains("y")
    xName = free ? "x" : "geometry_x"
    yName = free ? "y" : "geometry_y"
  }

  mutating func append(_ geometry: OGRGeometryH?, row: Int) throws {
    if let geometry, !hasHeights, OGR_G_Is3D(geometry) != 0 { hasHeights = true }
    if let geometry, !hasMeasures, OGR_G_IsMeasured(geometry) != 0 { hasMeasures = true }
    switch kind {
    case .none: break
    case .points:
      let point = try geometry.flatMap { try Self.singlePoint($0, place, row) }
      x.append(point?.x ?? .nan)
      y.append(point?.y ?? .nan)
      bytes += 2 * TableMemory.cell
    case .polygons, .multiPolygons:
      let parts = try geometry.map { try Self.parts($0, place, row) } ?? []
      // Layers of polygons hold multipolygons too (shapefiles, GeoJSON).
      if parts.count > 1 { kind = .multiPolygons }
      polygons.append(parts)
      // Each list has a head of its own.
      bytes += parts.joined().reduce(96) { $0 + 48 + 16 * $1.count }
    }
  }

  func finish(_ table: inout Table) {
    if hasHeights {
      LibraryNotices.add("\(place) has heights in its geometries; tables hold x and y alone, the heights are left out")
    }
    if hasMeasures {
      LibraryNotices.add(
        "\(place) has measures (M) in its geometries, which no table holds; they are left out. A column of the file "
          + "keeps them, for example by 'ogr2ogr -dialect SQLite -sql \"SELECT *, ST_M(geometry) AS m FROM ...\"'")
    }
    switch kind {
    case .none: break
    case .points:
      let unit = table.crs?.coordinateUnit ?? .metre
      table.set(Column(xName, unit: unit, summary: "x of the point", values: .number(x)))
      table.set(Column(yName, unit: unit, summary: "y of the point", values: .number(y)))
      table.geometry = .points(x: xName, y: yName)
    case .polygons: table.geometry = .polygons(polygons.map { $0.first ?? [] })
    case .multiPolygons: table.geometry = .multiPolygons(polygons)
    }
  }

  private static func singlePoint(_ geometry: OGRGeometryH, _ place: String, _ row: Int) throws -> SIMD2<Double>? {
    if OGR_G_IsEmpty(geometry) != 0 { return nil }
    switch OGR_GT_Flatten(OGR_G_GetGeometryType(geometry)) {
    case wkbPoint: return SIMD2(OGR_G_GetX(geometry, 0), OGR_G_GetY(geometry, 0))
    case wkbMultiPoint:
      guard OGR_G_GetGeometryCount(geometry) == 1, let only = OGR_G_GetGeometryRef(geometry, 0) else {
        throw FloeError("row \(row + 1) of \(place) holds several points; one point a row is needed")
      }
      return SIMD2(OGR_G_GetX(only, 0), OGR_G_GetY(only, 0))
    default: throw mixed(geometry, place, row, "points")
    }
  }

  /// The polygons of a geometry, each with its rings; an empty one has none.
  private static func parts(_ geometry: OGRGeometryH, _ place: String, _ row: Int) throws -> [[[SIMD2<Double>]]] {
    let members = { (0..<OGR_G_GetGeometryCount(geometry)).compactMap { OGR_G_GetGeometryRef(geometry, $0) } }
    switch OGR_GT_Flatten(OGR_G_GetGeometryType(geometry)) {
    case wkbMultiPolygon: return try members().flatMap { try parts($0, place, row) }
    case wkbPolygon:
      let rings = members().map { ring in
        (0..<OGR_G_GetPointCount(ring)).map { SIMD2(OGR_G_GetX(ring, $0), OGR_G_GetY(ring, $0)) }
      }
      return rings.isEmpty ? [] : [rings]
    default: throw mixed(geometry, place, row, "polygons with straight sides")
    }
  }

  private static func mixed(_ geometry: OGRGeometryH, _ place: String, _ row: Int, _ needed: String) -> FloeError {
    let kind = text(OGRGeometryTypeToName(OGR_G_GetGeometryType(geometry))) ?? "unknown"
    return FloeError("row \(row + 1) of \(place) holds a geometry of type \(kind); \(needed) are needed")
  }
}
