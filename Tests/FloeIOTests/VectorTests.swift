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
      let path = IOTests.memoryPath("a.gpkg")
      let again = IOTests.memoryPath("a.gpkg")
      for p in [path, again] {
        try GeoPackageWriter.write(
          path: p, layers: [("track", track(), "track", "<qgis/>")], metadataJSON: "{\"text\":\"it's\"}")
      }
      #expect(try VirtualFile.read(path) == VirtualFile.read(again))
      #expect(try VectorLayer.layers(of: path) == ["track"])
      let back = try VectorLayer.readTable(path, layer: "track")
      let table = track()
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
        geometry: .polygons([
          [
            [
              SIMD2(300_100, 7_499_900), SIMD2(300_300, 7_499_900), SIMD2(300_300, 7_499_500),
              SIMD2(300_100, 7_499_500),
            ]
          ], [],
        ]),
        crs: grid.crs)
      table.set(Column("id", values: .integer([1, 2])))
      let path = IOTests.memoryPath("p.gpkg")
      try GeoPackageWriter.write(path: path, layers: [("land", table, nil, nil)])
      let burner = try PolygonRasterizer(path: path, grid: grid)
      let full = try burner.burn(grid.fullWindow)
      #expect(full.reduce(0) { $0 + Int($1) } == 20 * 40)
      #expect(
        full[10 * 100 + 10] == 1 && full[9 * 100 + 10] == 0 && full[10 * 100 + 9] == 0 && full[49 * 100 + 29] == 1)
      for w in grid.tiles(TileSize(width: 33, height: 17)) {
        let part = try burner.burn(w)
        for r in 0..<w.height {
          for c in 0..<w.width { #expect(part[r * w.width + c] == full[(w.row + r) * 100 + w.column + c]) }
        }
      }
      try GeoPackageWriter.write(path: path + "2.gpkg", layers: [("track", track(), nil, nil)])
      let error = #expect(throws: FloeError.self) { try PolygonRasterizer(path: path + "2.gpkg", grid: grid) }
      #expect(error?.message.contains("polygons") == true)
    }

    /// A mask of polygons in longitude and latitude.
    func burnt(_ rings: [[SIMD2<Double>]], on grid: Grid) throws -> [UInt8] {
      let features = rings.map { ring in
        let corners = ring.map { "[\($0.x),\($0.y)]" }.joined(separator: ",")
        return
          "{\"type\":\"Feature\",\"properties\":{},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[\(corners)]]}}"
      }
      let path = IOTests.memoryPath("land.geojson")
      try VirtualFile.write(
        "{\"type\":\"FeatureCollection\",\"features\":[\(features.joined(separator: ","))]}", to: path)
      return try PolygonRasterizer(path: path, grid: grid).burn(grid.fullWindow)
    }

    func box(_ west: Double, _ south: Double, _ east: Double, _ north: Double) -> [SIMD2<Double>] {
      [SIMD2(west, south), SIMD2(east, south), SIMD2(east, north), SIMD2(west, north), SIMD2(west, south)]
    }

    /// The rest of the world neither fails nor covers a tile of UTM zone 1.
    @Test func landOfTheWholeWorldServes() throws {
      let crs = try CRSFactory.make("EPSG:32601")
      let grid = try #require(
        Grid(width: 60, height: 60, originX: 300_000, originY: 7_900_020, pixelWidth: 100, pixelHeight: 100, crs: crs))
      let own = box(177.5, 71.08, 177.55, 71.09)
      let island = try burnt([own], on: grid)
      #expect((100..<3000).contains(island.reduce(0) { $0 + Int($1) }))
      let galapagos = [SIMD2(-91.5, 0), SIMD2(-91, 0.1), SIMD2(-90.8, -0.9), SIMD2(-91.4, -1), SIMD2(-91.5, 0)]
      let africa = [
        SIMD2(-17.0, 15), SIMD2(-6, 36), SIMD2(32, 31), SIMD2(51, 12), SIMD2(40, -15), SIMD2(20, -35), SIMD2(9, 4),
        SIMD2(-17, 15),
      ]
      #expect(try burnt([own, galapagos, africa, box(-180, -90, 180, -70)], on: grid) == island)
      // A turn farther west it is the same place.
      #expect(try burnt([own.map { SIMD2($0.x - 360, $0.y) }], on: grid) == island)
      // Continents that hold the tile, one from the other side of the 180° meridian.
      #expect(try burnt([box(90, 0, 180, 85)], on: grid).allSatisfy { $0 == 1 })
      #expect(try burnt([box(100, 50, 200, 75)], on: grid).allSatisfy { $0 == 1 })
      // A ring that crosses itself keeps both halves.
      let bow = try burnt(
        [[SIMD2(177.5, 71.08), SIMD2(177.55, 71.1), SIMD2(177.55, 71.08), SIMD2(177.5, 71.1), SIMD2(177.5, 71.08)]],
        on: grid)
      let full = try burnt([box(177.5, 71.08, 177.55, 71.1)], on: grid)
      let share = Double(bow.reduce(0) { $0 + Int($1) }) / Double(full.reduce(0) { $0 + Int($1) })
      #expect(abs(share - 0.5) < 0.05)
    }

    @Test func landAroundAPoleAndOnLongitudesFromZero() throws {
      let polar = try #require(
        Grid(
          width: 80, height: 80, originX: -2_000_000, originY: 2_000_000, pixelWidth: 50_000, pixelHeight: 50_000,
          crs: CRSFactory.make("EPSG:3413")))
      // Latitude 80 is about 1.1 million metres from the pole; a half of it, and the whole with what lies south of the
      // equator.
      let cap = try burnt([box(-180, 80, 180, 90), box(-180, -60, 180, -10)], on: polar)
      let half = try burnt([box(0, 80, 180, 90)], on: polar)
      let area = cap.reduce(0) { $0 + Int($1) }
      #expect(cap[40 * 80 + 40] == 1 && cap[0] == 0 && abs(Double(area) - .pi * 21.9 * 21.9) < 40)
      #expect(abs(half.reduce(0) { $0 + Int($1) } - area / 2) < 30)
      let globe = try #require(
        Grid(width: 36, height: 18, originX: 0, originY: 90, pixelWidth: 10, pixelHeight: 10, crs: .wgs84))
      let mask = try burnt([box(-30, 0, -10, 20)], on: globe)
      #expect(mask.indices.filter { mask[$0] == 1 } == [7 * 36 + 33, 7 * 36 + 34, 8 * 36 + 33, 8 * 36 + 34])
    }

    @Test func transformsInLongitudeLatitudeOrder() throws {
      let transform = try CoordinateTransform(from: .wgs84, to: CRSFactory.make("EPSG:32632"))
      let p = try #require(transform.point(9, 48))
      #expect(abs(p.x - 500_000) < 0.01 && abs(p.y - 5_316_300) < 1)
      let back = try #require(transform.point(p.x, p.y, inverse: true))
      #expect(abs(back.x - 9) < 1e-9 && abs(back.y - 48) < 1e-9)
      #expect(transform.point(9, 95) == nil)
      // Equal-area projections of PROJ have a pole to give for no number.
      for code in ["EPSG:6931", "EPSG:6932", "EPSG:3571", "EPSG:3413"] {
        let polar = try CoordinateTransform(from: .wgs84, to: CRSFactory.make(code))
        #expect(polar.point(.nan, .nan) == nil && polar.point(10, .nan) == nil && polar.point(.nan, 80) == nil)
        var points = [SIMD2(10.0, 80.0), SIMD2(.nan, .nan), SIMD2(10.0, .infinity)]
        polar.transform(&points)
        #expect(points[0].x.isFinite && points[1].x.isNaN && points[1].y.isNaN && points[2].y.isNaN)
      }
      #expect(throws: FloeError.self) { try CRSFactory.make("EPSG:0") }
    }

    @Test func xmlIgnoresPrefixes() throws {
      let node = try XMLNode(
        parsing: "<?xml version=\"1.0\"?><n:a xmlns:n='u' k=\"1 &amp; 2\"><n:b><c u='m'> 3.5 </c></n:b><b/></n:a>")
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
