import FloeCore

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

  /// The name of the column of row numbers: `fid`, or another one where the table has a column of that name.
  static func identifier(of table: Table) -> String {
    let taken = Set(names(of: table).map { $0.lowercased() })
    return (["fid", "feature_id"] + (2...taken.count + 2).map { "feature_id_\($0)" }).first { !taken.contains($0) }
      ?? "fid"
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
