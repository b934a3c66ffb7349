import FloeCore
import Testing

@Suite struct TableTests {
  /// Without rows each kind of column keeps its kind, its missing code or width, and what it says of itself.
  @Test func emptiedTablesKeepColumnsAndFacts() {
    let degrees = CRS(wkt: "GEOGCRS[\"WGS 84\"]", code: "EPSG:4326")
    var table = Table(
      rowCount: 2, geometry: .polygons([[], []]), crs: degrees, acquisition: Acquisition(product: "P"), style: "track",
      tags: ["cycle": "7"])
    table.set(Column("n", unit: .metre, attributes: ["definition": "max-mean"], values: .number([1, .nan])))
    table.set(Column("i", values: .integer([1, nil])))
    table.set(Column("c", classes: .seaIce, values: .code([2, -1], missing: -1)))
    table.set(Column("t", values: .text(["a", nil])))
    table.set(Column("e", dimension: "ns", values: .array([1, 2, 3, 4, 5, 6], width: 3)))
    table.status.drop(1, because: "no echo")
    let empty = table.emptied
    #expect(empty.rowCount == 0 && empty.status == RowStatus(rows: 0))
    #expect(empty.geometry == TableGeometry.polygons([]) && empty.crs == degrees && empty.style == "track")
    #expect(empty.acquisition == table.acquisition && empty.tags == ["cycle": "7"])
    #expect(empty.columns.map(\.name) == ["n", "i", "c", "t", "e"])
    #expect(empty.columns.map(\.values.kind) == ["number", "integer", "code", "text", "array of 3"])
    #expect(empty["c"]?.values == ColumnValues.code([], missing: -1) && empty["c"]?.classes == ClassTable.seaIce)
    #expect(empty["n"]?.attributes == ["definition": "max-mean"] && empty["n"]?.unit == PhysicalUnit.metre)
    #expect(empty["e"]?.dimension == "ns")
  }
}
