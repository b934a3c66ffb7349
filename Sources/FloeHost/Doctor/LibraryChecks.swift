import FloeIO
import FloeSDK
import Foundation

/// Uses each library once on something small: what is installed is not always what works.
enum LibraryChecks {
  static func findings() -> [Finding] {
    let versions = LibraryVersions.all()
    func version(_ name: String) -> String { versions[name] ?? "unknown" }
    let packages =
      "on Debian: apt-get install libgdal32 libproj25 proj-data libnetcdf19 libfftw3-single3 libcminpack1 libsqlite3-0"
    return [
      .trying("GDAL", "\(version("gdal")), reads and writes GeoTIFF", remedy: packages) { try copy(with: nil) },
      .trying(
        "JPEG 2000", "Sentinel-2 bands can be read (driver JP2OpenJPEG)",
        remedy: "install a GDAL that was built with OpenJPEG; \(packages)"
      ) {
        try copy(with: "JP2OpenJPEG")
      },
      .trying(
        "GeoPackage", "tables can be written and read (driver GPKG)",
        remedy: "install a GDAL that was built with SQLite; \(packages)", geoPackage),
      .trying(
        "PROJ", "\(version("proj")), its database knows EPSG:3413 and can transform to it",
        remedy: "let PROJ_DATA (PROJ_LIB before PROJ 9.1) name the folder that holds proj.db, or unset it; \(packages)",
        projection),
      .trying("netCDF", "\(version("netcdf")), writes and reads netCDF-4", remedy: packages, netCDF),
      .trying("FFTW", "\(version("fftw")), transforms", remedy: packages, fourier),
    ]
  }

  private static func copy(with driver: String?) throws {
    guard let grid = Grid(width: 32, height: 32, originX: 0, originY: 320, pixelWidth: 10, pixelHeight: 10, crs: nil)
    else { return }
    let spec = RasterSpec(grid: grid, bands: [BandSpec(name: "b")], type: .uint16)
    let block = PixelBlock(window: grid.fullWindow, bandCount: 1, values: .uint16((0..<1024).map { UInt16($0) }))
    let path = "/vsimem/doctor-\(UUID().uuidString).\(driver == nil ? "tif" : "jp2")"
    defer { VirtualFile.remove(path) }
    if let driver {
      guard GDALRuntime.hasDriver(driver) else { throw FloeError("this GDAL has no driver \(driver)") }
      try writeRaster(
        Raster(spec, source: MemorySource(block)), to: path, driver: driver,
        creationOptions: ["QUALITY=100", "REVERSIBLE=YES"])
    } else {
      let writer = try COGWriter(path: path, spec: spec)
      try writer.write(block)
      try writer.finish()
    }
    guard try RasterFile.open(path).raster.read(grid.fullWindow) == block else {
      throw FloeError("pixels come back changed from \(driver ?? "COG")")
    }
  }

  private static func geoPackage() throws {
    var table = Table(rowCount: 2)
    table.set(Column("n", values: .number([1, 2])))
    let path = "/vsimem/doctor-\(UUID().uuidString).gpkg"
    defer { VirtualFile.remove(path) }
    try GeoPackageWriter.write(path: path, layers: [(name: "t", table: table, styleName: nil, qml: nil)])
    guard try VectorLayer.readTable(path)["n"]?.numbers == [1, 2] else {
      throw FloeError("a table comes back changed from a GeoPackage")
    }
  }

  private static func projection() throws {
    let transform = try CoordinateTransform(from: .wgs84, to: try CRSFactory.make("EPSG:3413"))
    // 45 degrees west is the axis of the projection: x is 0 there and y falls from the pole.
    guard let p = transform.point(-45, 80), abs(p.x) < 1, abs(p.y + 1_089_000) < 10_000 else {
      throw FloeError("45 W 80 N does not come out where it lies in EPSG:3413")
    }
  }

  private static func netCDF() throws {
    let folder = try TemporaryFolder(in: NSTemporaryDirectory())
    var table = Table(rowCount: 2)
    table.set(Column("n", values: .number([1, 2])))
    try TrackNetCDFWriter.write(path: folder.path + "/t.nc", table: table)
    guard try NetCDFFile.open(folder.path + "/t.nc").readDoubles("n") == [1, 2] else {
      throw FloeError("numbers come back changed from netCDF")
    }
  }

  private static func fourier() throws {
    let plan = try RealFourierPlan(length: 8)
    var spectrum = [Float](repeating: 0, count: 2 * plan.spectrumLength)
    plan.forward([Float](repeating: 1, count: 8), into: &spectrum)
    guard spectrum[0] == 8 else { throw FloeError("the transform of eight ones does not begin with 8") }
  }
}
