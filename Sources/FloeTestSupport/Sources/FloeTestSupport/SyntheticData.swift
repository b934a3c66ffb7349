import FloeIO
import FloeSDK

/// Small rasters and tables whose content follows from their size and seed.
public enum SyntheticData {
  /// A UTM grid with pixels of 10 m.
  public static func grid(width: Int, height: Int) throws -> Grid {
    guard
      let grid = Grid(
        width: width, height: height, originX: 500_000, originY: 8_000_000, pixelWidth: 10, pixelHeight: 10,
        crs: try CRSFactory.make("EPSG:32633"))
    else { throw FloeError("a grid needs at least one pixel, not \(width) x \(height)") }
    return grid
  }

  /// Bright ice with a dark lead down the middle tenth, in UInt16 with 0 as no data in the upper left corner.
  public static func ice(
    bands: [String] = ["B02", "B03", "B04"], width: Int = 130, height: Int = 300, seed: UInt64 = 1
  ) throws -> Raster {
    var generator = SeededGenerator(seed: seed)
    let lead = width * 9 / 20..<width * 11 / 20
    var values = [UInt16](repeating: 0, count: bands.count * width * height)
    for i in values.indices {
      let column = i % width
      let row = i / width % height
      let mean = lead.contains(column) ? 2000.0 : 8000
      if row > 4 || column > 4 { values[i] = UInt16((mean + 100 * generator.gaussian()).rounded()) }
    }
    let specs = bands.map { BandSpec(name: $0, quantity: "reflectance", scale: 1e-4, noData: 0) }
    return try raster(
      RasterSpec(grid: grid(width: width, height: height), bands: specs, type: .uint16), .uint16(values))
  }

  /// Sea ice (1) with a lead (2) down the middle tenth; 255 is no data, in the upper left corner.
  public static func classes(width: Int = 130, height: Int = 300) throws -> Raster {
    let lead = width * 9 / 20..<width * 11 / 20
    let values = (0..<width * height).map { i -> UInt8 in
      let column = i % width
      let row = i / width
      return row <= 4 && column <= 4 ? 255 : lead.contains(column) ? 2 : 1
    }
    let band = BandSpec(name: "class", quantity: "class", noData: 255)
    return try raster(
      RasterSpec(
        grid: grid(width: width, height: height), bands: [band], type: .uint8, classes: .seaIce, style: .classes),
      .uint8(values))
  }

  /// Points along a line with two groups of values in `a` and `b`, a class in `class`, and one marked row.
  public static func table(rows: Int = 400, seed: UInt64 = 1) throws -> Table {
    var generator = SeededGenerator(seed: seed)
    var table = Table(rowCount: rows, geometry: .points(x: "x", y: "y"), crs: try CRSFactory.make("EPSG:32633"))
    let isLead = (0..<rows).map { $0 % 5 == 2 }
    table.set(Column("x", unit: .metre, values: .number((0..<rows).map { 500_000 + 300 * Double($0) })))
    table.set(Column("y", unit: .metre, values: .number([Double](repeating: 8_000_000, count: rows))))
    table.set(Column("a", values: .number(isLead.map { ($0 ? 40 : 5) + generator.gaussian() })))
    table.set(Column("b", unit: .decibel, values: .number(isLead.map { ($0 ? 20 : 10) + generator.gaussian() })))
    table.set(Column("class", values: .integer(isLead.map { $0 ? 2 : 1 })))
    if rows > 0 { table.status.drop(0, because: "the first row is marked") }
    return table
  }

  /// An altimeter's track from west to east across the middle of `ice` and `classes`, a record every 0.05 s.
  ///
  /// `time`, `lat`, `lon`; echoes in `waveform_20_ku` (128 bins, narrow over the lead, noisy over ice) and `rip_20_ku`
  /// (64 looks); the class in `esa_class` (1 sea ice, 2 lead). Record 1 has no echo, record 2 is marked.
  public static func track(records: Int = 120, seed: UInt64 = 1) throws -> Table {
    var generator = SeededGenerator(seed: seed)
    let grid = try grid(width: 130, height: 300)
    let transform = try CoordinateTransform(from: grid.crs ?? .wgs84, to: .wgs84)
    let bins = 128
    let looks = 64
    let isLead = (0..<records).map { 9 * records / 20..<11 * records / 20 ~= $0 }
    var lat: [Double] = []
    var lon: [Double] = []
    var waveforms: [Float] = []
    var rips: [Float] = []
    for record in 0..<records {
      guard
        let place = transform.point(grid.originX + 1300 * (Double(record) + 0.5) / Double(records), grid.originY - 1500)
      else {
        throw FloeError("the track leaves what \(grid.crs?.label ?? "the grid") covers")
      }
      lon.append(place.x)
      lat.append(place.y)
      for bin in 0..<bins {
        let behind = Double(bin - 44)
        let width = isLead[record] ? 1.5 : 20
        let shape = behind < 0 ? 1 / (1 + behind * behind) : 1 / (1 + behind / width)
        waveforms.append(
          record == 1 ? .nan : Float(100 * shape * (1 + (isLead[record] ? 0 : 0.2) * generator.uniform()) + 1))
      }
      let spread = isLead[record] ? 2.0 : 12
      for look in 0..<looks {
        let off = (Double(look) - 31.5) / spread
        rips.append(Float(1 / (1 + off * off)))
      }
    }
    var table = Table(rowCount: records, geometry: .longitudeLatitude, crs: .wgs84)
    // 2019-03-01T23:59:11Z.
    table.set(
      Column(
        .time, unit: .second, isTime: true, values: .number((0..<records).map { 1_551_484_751 + 0.05 * Double($0) })))
    table.set(Column(.latitude, unit: .degree, values: .number(lat)))
    table.set(Column(.longitude, unit: .degree, values: .number(lon)))
    table.set(Column(.waveform, values: .array(waveforms, width: bins)))
    table.set(Column(.stackPower, values: .array(rips, width: looks)))
    table.set(Column(.esaClass, classes: .seaIce, values: .code(isLead.map { $0 ? 2 : 1 }, missing: 255)))
    if records > 2 { table.status.drop(2, because: "the third record is marked") }
    return table
  }

  private static func raster(_ spec: RasterSpec, _ values: PixelArray) throws -> Raster {
    Raster(
      spec, source: MemorySource(PixelBlock(window: spec.grid.fullWindow, bandCount: spec.bands.count, values: values)))
  }
}
