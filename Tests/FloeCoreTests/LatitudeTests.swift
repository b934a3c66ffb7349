import FloeCore
import Testing

@Suite struct LatitudeTests {
  private func points(_ lon: [Double], _ lat: [Double], _ crs: CRS) -> Table {
    var table = Table(rowCount: lat.count, geometry: .points(x: "lon", y: "lat"), crs: crs)
    table.set(Column("lon", values: .number(lon)))
    table.set(Column("lat", values: .number(lat)))
    return table
  }
  private let degrees = CRS(wkt: "GEOGCRS[\"WGS 84\"]", code: "EPSG:4326")
  private let metres = CRS(wkt: "PROJCRS[\"WGS 84 / UTM zone 1N\"]", code: "EPSG:32601")

  @Test(arguments: [90, -90, 0, 90.000_000_1, Double.nan]) func polesAreLatitudes(latitude: Double) {
    #expect(!Latitude.isBeyondPole(latitude))
  }

  @Test(arguments: [90.001, -177.5, Double.infinity, 3.4e38]) func beyondAPoleIsNone(latitude: Double) {
    #expect(Latitude.isBeyondPole(latitude))
  }

  @Test func aPointIsRefusedWithRowColumnAndValue() {
    let swapped = #expect(throws: FloeError.self) {
      try points([70, 71.1], [71, 177.5], degrees).checkLatitudes(of: "'t.csv'")
    }
    #expect(
      swapped?.message
        == "row 2 of 't.csv' has the latitude 177.5 in the column 'lat'; in EPSG:4326 latitudes lie within -90 to 90. "
        + "Longitude and latitude seem to have changed places; swap them")
    let other = #expect(throws: FloeError.self) {
      try points([170, 71.1], [95, 71], degrees).checkLatitudes(of: "'t.csv'")
    }
    let right = "; give the reference system that the coordinates are in, or leave out what has no place"
    #expect(other?.message.hasSuffix(right) == true)
  }

  @Test func aPolygonIsRefusedWithItsRow() {
    let ring: [SIMD2<Double>] = [SIMD2(70, 60), SIMD2(71, 60), SIMD2(71, 95), SIMD2(70, 60)]
    let table = Table(rowCount: 2, geometry: .polygons([[], [ring]]), crs: degrees)
    let error = #expect(throws: FloeError.self) { try table.checkLatitudes(of: "'a.gpkg'") }
    #expect(error?.message.hasPrefix("row 2 of 'a.gpkg' has the latitude 95.0 in its polygon; in EPSG:4326 ") == true)
  }

  @Test func placesOnTheGlobeAndOnMapsPass() throws {
    try points([190, -170, .nan], [90, -90, .nan], degrees).checkLatitudes(of: "'t.csv'")
    try points([500_000], [7_900_000], metres).checkLatitudes(of: "'m.csv'")
  }
}
