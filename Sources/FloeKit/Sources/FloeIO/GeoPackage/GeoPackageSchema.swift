import FloeCore

/// Names that every layer of a GeoPackage has.
enum GeoPackageSchema {
  /// The name of the column that holds geometries.
  static let geometryColumn = "geom"
}

/// The columns of a layer.
enum LayerColumns {
  /// Those of the table, but for arrays, which a GeoPackage cannot hold, and why rows take no part, where some do not.
  static func of(_ table: Table) -> [Column] {
    flat(table) + (table.status.reasons.isEmpty ? [] : [.droppedBecause(table.status)])
  }

  /// Their names.
  static func names(of table: Table) -> [String] {
    flat(table).map(\.name) + (table.status.reasons.isEmpty ? [] : ["dropped_because"])
  }

  private static func flat(_ table: Table) -> [Column] {
    table.columns.filter { if case .array = $0.values { false } else { true } }
  }
}

extension Column {
  /// Why rows take no part, as a text column.
  static func droppedBecause(_ status: RowStatus) -> Column {
    Column(
      "dropped_because", summary: "Why the row takes no part",
      values: .text(status.codes.indices.map { status.reason($0) }))
  }
}
