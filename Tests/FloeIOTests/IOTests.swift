import FloeCore
import FloeIO
import Testing

/// All tests of FloeIO: GDAL's configuration, cache and error handler are process-wide, so they run one after another.
@Suite(.serialized) enum IOTests {
  /// A fresh name in GDAL's memory file system.
  static func memoryPath(_ name: String) -> String { "/vsimem/floe-tests/\(UInt64.random(in: 0 ... .max))/\(name)" }

  /// A 10 m grid in UTM zone 1 north.
  static func grid(_ width: Int, _ height: Int) throws -> Grid {
    let crs = try CRSFactory.make("EPSG:32601")
    return try #require(
      Grid(
        width: width, height: height, originX: 300_000, originY: 7_500_000, pixelWidth: 10, pixelHeight: 10, crs: crs))
  }
}
