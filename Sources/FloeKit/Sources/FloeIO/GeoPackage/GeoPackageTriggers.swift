import FloeCore

/// What parts GeoPackage 1.4 from the versions that older GDALs write: the triggers of the spatial index, and where the
/// extensions are defined.
enum GeoPackageTriggers {
  /// `user_version` of a file of GeoPackage 1.4.0.
  static let version = 10400

  /// Triggers of a layer, those for changed geometries as GeoPackage 1.4 has them (annex F.3): `update1` and `update3`
  /// of
  /// earlier versions failed on statements that replace a row where it stands (upserts), and gave way to `update5` to
  /// `update7`.
  static func current(_ sql: [String], layer: String, identifier: String, index: String) -> [String] {
    let kept = sql.filter { text in
      !(1...7).contains { $0 != 2 && $0 != 4 && text.contains("\(index)_update\($0)") }
    }
    guard kept.count < sql.count else { return sql }
    let name = TextEscape.sqlName
    let (t, c, i, rtree) = (name(layer), name(GeoPackageSchema.geometryColumn), name(identifier), name(index))
    func isPlace(_ row: String) -> String { "(\(row).\(c) NOTNULL AND NOT ST_IsEmpty(\(row).\(c)))" }
    let box = ["ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"].map { "\($0)(NEW.\(c))" }
    return kept + [
      """
      CREATE TRIGGER \(name("\(index)_update6")) AFTER UPDATE OF \(c) ON \(t) WHEN OLD.\(i) = NEW.\(i) AND \
      \(isPlace("NEW")) AND \(isPlace("OLD")) BEGIN UPDATE \(rtree) SET minx = \(box[0]), maxx = \(box[1]), \
      miny = \(box[2]), maxy = \(box[3]) WHERE id = NEW.\(i); END
      """,
      """
      CREATE TRIGGER \(name("\(index)_update7")) AFTER UPDATE OF \(c) ON \(t) WHEN OLD.\(i) = NEW.\(i) AND \
      \(isPlace("NEW")) AND (OLD.\(c) ISNULL OR ST_IsEmpty(OLD.\(c))) BEGIN INSERT INTO \(rtree) VALUES (NEW.\(i), \
      \(box.joined(separator: ", "))); END
      """,
      """
      CREATE TRIGGER \(name("\(index)_update5")) AFTER UPDATE ON \(t) WHEN OLD.\(i) != NEW.\(i) AND \
      \(isPlace("NEW")) BEGIN DELETE FROM \(rtree) WHERE id = OLD.\(i); INSERT OR REPLACE INTO \(rtree) VALUES \
      (NEW.\(i), \(box.joined(separator: ", "))); END
      """,
    ]
  }
}
