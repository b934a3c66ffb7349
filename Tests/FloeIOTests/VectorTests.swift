import FloeCore
import FloeIO
import Testing

extension IOTests {
  @Suite struct VectorTests {
    func track() -> Table {
      var table = Table(
        rowCount: 4, geometry: .points(x: "lon", y: "lat"), crs: .wgs84,
        acquisition: Acquisition(time: UTCTime(seconds: 1_551_484_571)))
      table.set(Column("time", unit: .second, isTime: true, values: .number([1_551_484_571.05, .nan, -1.5, 0])))
      table.set(Column("lon", unit: .degree, values: .number([-178, -177.5, 179.25, .nan])))
      table.set(Column("lat", unit: .degree, values: .number([65, 65.1, 65.2, .nan])))
      table.set(Column("class", classes: .seaIce, values: .code([0, 2, -1, 1], missing: -1)))
      table.set(Column("count", values: .integer([1, nil, 9_007_199_254_740_993, -4])))
      table.set(Column("note", values: .text(["it's", nil, "a, \"b\"", "ä"])))
      table.set(Column("echo", values: .array([Float](repeating: 1, count: 8), width: 2)))
      table.status.drop(2, because: "outside of the image")
      return table
    }

    @Test func geoPackageRoundTrip() throws {
      let path = IOTests.memoryPath("a.gpkg"), again = IOTests.memoryPath("a.gpkg")
      for p in [path, again] {
        try GeoPackageWriter.write(
          path: p, layers: [("track", track(), "track", "<qgis/>")], metadataJSON: "{\"text\":\"it's\"}")
      }
      #expect(try VirtualFile.read(path) == VirtualFile.read(again))
      #expect(try VectorLayer.layers(of: path) == ["track"])
      let back = try VectorLayer.readTable(path, layer: "track"), table = track()
      #expect(back.crs == .wgs84)
      #expect(back.geometry == .points(x: "x", y: "y"))
      #expect(back.status == table.status)
      #expect(back["echo"] == nil)
      #expect(back["count"]?.values == table["count"]?.values)
      #expect(back["note"]?.values == table["note"]?.values)
      #expect(back["class"]?.values == .integer([0, 2, nil, 1]))
      let times = try back.numbers("time")
      #expect(back["time"]?.isTime == true && times[1].isNaN)
      #expect(abs(times[0] - 1_551_484_571.05) < 1e-6 && times[2] == -1.5)
      #expect(try back.numbers("x").prefix(3) == [-178, -177.5, 179.25])
      #expect(try VectorLayer.readSchema(path, layer: "track").rowCount == 0)
      #expect(throws: FloeError.self) { try VectorLayer.readTable(path, layer: "tracks") }
    }

    @Test func csvQuotesAndReadsBack() throws {
      let text = CSVWriter.text(track())
      #expect(
        text.split(separator: "\r\n").prefix(2) == [
          "time,lon,lat,class,count,note,dropped_because", "2019-03-01T23:56:11.050Z,-178,65,0,1,it's,",
        ])
      #expect(text.contains("\"a, \"\"b\"\"\""))
      let path = IOTests.memoryPath("a.csv")
      try CSVWriter.write(path, track())
      let back = try VectorLayer.readTable(path)
      #expect(back["count"]?.values == track()["count"]?.values)
      #expect(back["note"]?.values == track()["note"]?.values)
      #expect(try back.numbers("lon").prefix(3) == [-178, -177.5, 179.25])
      #expect(back.status == track().status)
    }

    @Test func polygonsAreBurntAlikeWhateverTheWindow() throws {
      let grid = try IOTests.grid(100, 80)
      var table = Table(
        rowCount: 2,
        geometry: .polygons([[[SIMD2(300_100, 7_499_900), SIMD2(300_300, 7_499_900), SIMD2(300_300, 7_499_500), SIMD2(300_100, 7_499_500)]], []]),
        crs: grid.crs)
      table.set(Column("id", values: .integer([1, 2])))
      let path = IOTests.memoryPath("p.gpkg")
      try GeoPackageWriter.write(path: path, layers: [("land", table, nil, nil)])
      let burner = try PolygonBurner(path: path, grid: grid)
      let full = try burner.burn(grid.fullWindow)
      #expect(full.reduce(0) { $0 + Int($1) } == 20 * 40)
      #expect(full[10 * 100 + 10] == 1 && full[9 * 100 + 10] == 0 && full[10 * 100 + 9] == 0 && full[49 * 100 + 29] == 1)
      for w in grid.tiles(TileSize(width: 33, height: 17)) {
        let part = try burner.burn(w)
        for r in 0..<w.height { for c in 0..<w.width { #expect(part[r * w.width + c] == full[(w.row + r) * 100 + w.column + c]) } }
      }
      try GeoPackageWriter.write(path: path + "2.gpkg", layers: [("track", track(), nil, nil)])
      let error = #expect(throws: FloeError.self) { try PolygonBurner(path: path + "2.gpkg", grid: grid) }
      #expect(error?.message.contains("polygons") == true)
    }

    @Test func transformsInLongitudeLatitudeOrder() throws {
      let transform = try CoordinateTransform(from: .wgs84, to: CRSFactory.make("EPSG:32632"))
      let p = try #require(transform.point(9, 48))
      #expect(abs(p.x - 500_000) < 0.01 && abs(p.y - 5_316_300) < 1)
      let back = try #require(transform.point(p.x, p.y, inverse: true))
      #expect(abs(back.x - 9) < 1e-9 && abs(back.y - 48) < 1e-9)
      #expect(transform.point(9, 95) == nil)
      #expect(throws: FloeError.self) { try CRSFactory.make("EPSG:0") }
    }

    @Test func xmlIgnoresPrefixes() throws {
      let node = try XMLNode(parsing: "<?xml version=\"1.0\"?><n:a xmlns:n='u' k=\"1 &amp; 2\"><n:b><c u='m'> 3.5 </c></n:b><b/></n:a>")
      #expect(node.name == "a" && node.attributes["k"] == "1 & 2" && node.all("b").count == 2)
      #expect(node.at("b/c")?.number == 3.5 && node.descendant("c")?.attributes["u"] == "m")
      #expect(throws: FloeError.self) { try XMLNode(parsing: "PK, a zip") }
    }

    @Test func jsonKeepsKindsAndOrder() throws {
      let value: JSONValue = ["b": [1, 2.5, nil, "x/y"], "a": true]
      let text = try JSONText.encode(value)
      #expect(text == "{\"a\":true,\"b\":[1,2.5,null,\"x/y\"]}")
      #expect(try JSONText.decode(text) == value)
      let error = #expect(throws: FloeError.self) { try JSONText.decode("{\"a\": [1,", name: "'m.json'") }
      #expect(error?.message.contains("'m.json'") == true)
    }
  }
}
