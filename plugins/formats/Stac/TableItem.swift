import FloeIO
import FloeSDK
import Foundation

/// Describes a written file of tables as a STAC item (1.1.0) with table, processing and file extensions, and with the
/// altimetry extension for tracks of altimeters.
struct TableItem {
  let path: String
  /// One for each layer.
  let tables: [(name: String, table: Table)]
  let provenance: JSONValue
  let mediaType: String

  /// The item; nil when no table has both a place and a time, which STAC demands.
  func json() throws -> JSONValue? {
    let timed = tables.map { (table: $0.table, times: Self.times(of: $0.table)) }
    let acquisition = tables.lazy.compactMap { $0.table.acquisition }.first
    let finite = timed.flatMap { $0.times ?? [] }.filter(\.isFinite)
    let span = finite.min().flatMap { first in finite.max().map { (first, $0) } }
    let instant = tables.lazy.compactMap { $0.table.acquisition?.time }.first
    guard span != nil || instant != nil else { return nil }
    var outline: TableOutline?
    for (table, times) in timed where outline == nil { outline = try TableOutline(table, times: times) }
    guard let outline else { return nil }
    let parts = StacParts(path: path, provenance: provenance, acquisition: acquisition)
    let altimeter = tables.lazy.compactMap { Self.altimeter($0.table) }.first
    var properties = parts.properties(level: altimeter == nil ? nil : "L2")
    if let (first, last) = span {
      properties["start_datetime"] = .string(UTCTime(seconds: first).iso8601)
      properties["end_datetime"] = .string(UTCTime(seconds: last).iso8601)
    }
    properties["datetime"] = .string((instant ?? UTCTime(seconds: span?.0 ?? 0)).iso8601)
    var extensions: [StacParts.Extension] = [.table, .processing]
    if let altimeter {
      extensions.append(.altimetry)
      properties.merge(altimeter) { _, new in new }
    }
    let (asset, isFile) = try parts.asset(type: mediaType, roles: ["data"])
    if isFile { extensions.append(.file) }
    var assets: [String: JSONValue] = [:]
    for (name, table) in tables {
      var members = asset
      members["table:columns"] = .array(table.columns.map(Self.column))
      members["table:row_count"] = .integer(table.rowCount)
      if !name.isEmpty { members["title"] = .string("\(parts.file), layer \(name)") }
      assets[tables.count == 1 || name.isEmpty ? "data" : StacText.name(name)] = .object(members)
    }
    if tables.count > 1 {
      properties["table:tables"] = .array(tables.map { ["name": .string($0.name)] })
    } else if let table = tables.first?.table {
      properties["table:columns"] = .array(table.columns.map(Self.column))
      properties["table:row_count"] = .integer(table.rowCount)
    }
    return parts.item(
      id: parts.file, place: outline.place, extensions: extensions, properties: properties, assets: assets)
  }

  /// Writes the item, or says why there is none.
  func write(to file: String, in context: WriteContext) throws {
    guard let item = try json() else {
      return context.log(.info, "no STAC item: no table has both a time and a place in a reference system")
    }
    try VirtualFile.write(try JSONText.encode(item, pretty: true) + "\n", to: file)
  }

  /// Seconds since 1970 of each row, NaN where missing; nil for a table without a column of times.
  private static func times(of table: Table) -> [Double]? { table.columns.first(where: \.isTime)?.numbers }

  private static func column(_ column: Column) -> JSONValue {
    var members: [String: JSONValue] = ["name": .string(column.name), "type": .string(type(of: column))]
    let unit = column.unit == .dimensionless || column.isTime ? nil : column.unit.rawValue
    let parts = [column.summary.isEmpty ? nil : column.summary, unit.map { "Unit: \($0)" }].compactMap { $0 }
    if !parts.isEmpty { members["description"] = .string(parts.joined(separator: ". ")) }
    return .object(members)
  }

  private static func type(of column: Column) -> String {
    if column.isTime { return "datetime" }
    return switch column.values {
    case .number: "float64"
    case .integer: "int64"
    case .code: "int16"
    case .text: "string"
    case .array(_, let width): "float32[\(width)]"
    }
  }

  /// The fields of the altimetry extension; nil for tables of other instruments.
  private static func altimeter(_ table: Table) -> [String: JSONValue]? {
    let kind: String? =
      switch table.acquisition?.instrument?.uppercased() {
      case "SRAL", "SIRAL": "sar"
      case "ATLAS": "laser"
      default: nil
      }
    guard let kind else { return nil }
    var fields: [String: JSONValue] = ["altm:instrument_type": .string(kind)]
    if let mode = table.tags["radar_mode"], !mode.isEmpty {
      fields["altm:instrument_mode"] = .string(mode.lowercased())
    }
    return fields
  }
}
