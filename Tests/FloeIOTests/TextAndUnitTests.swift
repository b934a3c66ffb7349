import FloeCore
import FloeIO
import FloeNumerics
import Testing

extension IOTests {
  /// Texts that become part of another language, units of maps, times, checksums.
  @Suite struct TextAndUnitTests {
    /// Texts of bytes that other languages read something into.
    static func hostile(_ seed: UInt64) -> String {
      let pieces = [
        "'", "'\u{301}", "\"", "\"\u{301}", "]]>", "<", "&", "\n", "\r\n", "\r", "\u{2028}", "\u{1b}[31m", "\u{9b}2J",
        "`x`",
        "$(x)", "{{x}}", "\\", ";", "\u{202e}", "\0", "ä", " ",
      ]
      var random = SeededGenerator(seed: seed)
      return (0..<12).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
    }

    @Test(arguments: 0..<200) func noTextLeavesItsQuotes(seed: Int) {
      let text = Self.hostile(UInt64(seed))
      // Each language's own rule, on bytes: inside of the quotes every quote is doubled.
      for (out, quote) in [
        (TextEscape.gnuplot(text), UInt8(ascii: "'")), (TextEscape.sql(text), UInt8(ascii: "'")),
        (TextEscape.sqlName(text), UInt8(ascii: "\"")),
      ] {
        let bytes = Array(out.utf8)
        #expect(bytes.first == quote && bytes.last == quote)
        let inner = bytes.dropFirst().dropLast()
        #expect(inner.split(separator: quote, omittingEmptySubsequences: false).count % 2 == 1)
        var run = 0
        for byte in inner + [0] {
          if byte == quote {
            run += 1
          } else {
            #expect(run % 2 == 0)
            run = 0
          }
        }
        #expect(!inner.contains(0))
      }
      #expect(!TextEscape.gnuplot(text).utf8.contains { $0 < 32 || $0 == 127 })
      #expect(!TextEscape.gnuplot(text).contains("]]>"))
      #expect(!TextEscape.xml(text).unicodeScalars.contains { $0 == "<" || $0 == ">" || $0 == "\"" || $0 == "\u{1b}" })
      let shown = TextEscape.terminal(text).unicodeScalars
      #expect(!shown.contains { ($0.value < 32 && $0 != "\n") || (127...159).contains($0.value) || $0 == "\u{202e}" })
    }

    @Test func plainTextsStayWhatTheyAre() {
      #expect(TextEscape.gnuplot("it's") == "'it''s'")
      #expect(TextEscape.xml("a & b < c") == "a &amp; b &lt; c")
      #expect(TextEscape.terminal("Ålesund\tx") == "Ålesund\tx")
      #expect(TextEscape.csv("a,b") == "\"a,b\"" && TextEscape.csv("plain") == "plain")
    }

    /// Systems as PROJ 9 words them.
    @Test(arguments: [
      ("+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +datum=WGS84 +units=km +no_defs", 1000.0),
      ("+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +datum=WGS84 +units=us-ft +no_defs", 0.304_800_609_601_219_2),
      ("+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +datum=WGS84 +units=ft +no_defs", 0.3048), ("EPSG:32601", 1.0),
      ("EPSG:3413", 1.0), ("EPSG:2263", 0.304_800_609_601_219_2), ("EPSG:32601+5773", 1.0),
    ])
    func mapsKnowTheirUnit(system: String, metres: Double) throws {
      let crs = try CRSFactory.make(system)
      #expect(!crs.isGeographic)
      #expect(abs((crs.metresPerUnit ?? 0) / metres - 1) < 1e-9)
    }

    @Test(arguments: [
      "EPSG:4326", "EPSG:4979", "+proj=longlat +ellps=bessel +towgs84=1,2,3 +type=crs", "EPSG:4326+5773",
    ])
    func degreesAreNoLengths(system: String) throws {
      let crs = try CRSFactory.make(system)
      #expect(crs.isGeographic && crs.metresPerUnit == nil)
    }

    @Test func olderWordsAreUnderstood() {
      let wkt1 = """
        PROJCS["x",GEOGCS["y",DATUM["d",SPHEROID["s",6378137,298.257]],PRIMEM["Greenwich",0],UNIT["degree",0.01745]],\
        PROJECTION["Polar_Stereographic"],PARAMETER["false_easting",0],UNIT["kilometre",1000]]
        """
      #expect(CRS(wkt: wkt1, code: nil).metresPerUnit == 1000)
      #expect(CRS(wkt: "GEODCRS[\"w\",DATUM[\"d\",ELLIPSOID[\"e\",1,2]],CS[ellipsoidal,2]]", code: nil).isGeographic)
      #expect(!CRS(wkt: "GEODCRS[\"w\",DATUM[\"d\",ELLIPSOID[\"e\",1,2]],CS[Cartesian,3]]", code: nil).isGeographic)
      #expect(!CRS(wkt: "PROJCRS[\"GEOGCRS[\",BASEGEOGCRS[\"b\"]]", code: nil).isGeographic)
    }

    /// Seconds by Python's datetime.
    @Test(arguments: [
      ("2019-03-01T23:56:11.024Z", 1_551_484_571.024), ("2019-03-01T23:56:11.5-02:00", 1_551_491_771.5),
      ("2019-03-01T23:56:11+0530", 1_551_464_771), ("20190301T235611", 1_551_484_571), ("2020-02-29", 1_582_934_400),
      ("2016-12-31T23:59:60Z", 1_483_228_800), ("2015-07-01T01:59:60+02:00", 1_435_708_800),
    ])
    func timesWithOffsets(text: String, seconds: Double) throws {
      #expect(abs(try #require(UTCTime(text)).seconds - seconds) < 1e-6)
    }

    @Test(arguments: [
      "2019-02-31T00:00:00", "2019-02-29", "2019-03-01T23:56:11.5-02:00x", "2019-03-01T24:00:00", "x", "", "2019-13-01",
      "2018-12-31T23:59:60Z", "2016-12-31T23:59:60+01:00", "2016-12-31T23:58:60Z",
    ])
    func daysThatNoCalendarHas(text: String) { #expect(UTCTime(text) == nil) }

    @Test(arguments: [1e300, -1e300, Double.infinity, .nan]) func hugeTimesDoNotTrap(seconds: Double) {
      #expect(UTCTime(seconds: seconds).iso8601.count == 24)
    }

    @Test func checksumsOfTheStandards() throws {
      // The check value of CRC-32/ISO-HDLC, and RFC 1321's of MD5.
      let path = IOTests.memoryPath("digits")
      try VirtualFile.write(Array("123456789".utf8), to: path)
      #expect(try FileDigest.crc32(of: path) == 0xcbf4_3926)
      try VirtualFile.write(Array("message digest".utf8), to: path)
      #expect(try FileDigest.hexadecimal(of: path, algorithm: "MD5") == "f96b697d7cb7938d525a2f31aaf161d0")
      #expect(try FileDigest.hexadecimal(of: path, algorithm: "no such") == nil)
    }

    @Test func sizesBeyondAnyMachineAreToldAsSuch() throws {
      let grid = try #require(
        Grid(
          width: 2_000_000_000, height: 2_000_000_000, originX: 0, originY: 0, pixelWidth: 1, pixelHeight: 1, crs: nil))
      let spec = RasterSpec(grid: grid, bands: [BandSpec(name: "a"), BandSpec(name: "b")], type: .float64)
      #expect(spec.byteCount == 1 << 56)
      #expect(Grid(width: 2, height: 2, originX: 0, originY: 0, pixelWidth: 1e300, pixelHeight: 1e300, crs: nil) == nil)
    }

    @Test func namesOfDatasetsInsideOfFiles() throws {
      let name = try #require(DatasetName("NETCDF:\"a b.nc\":var"))
      #expect(name.file == "a b.nc" && name.part == "var" && name.moved(to: "/x/y.nc") == "NETCDF:\"/x/y.nc\":var")
      #expect(DatasetName("HDF5:f.h5://g/d")?.file == "f.h5" && DatasetName("HDF5:f.h5://g/d")?.part == "g/d")
      #expect(DatasetName("GTIFF_DIR:2:f.tif")?.file == "f.tif")
      #expect(DatasetName("/data/x:y.tif") == nil && DatasetName("plain.tif") == nil)
    }
  }
}
