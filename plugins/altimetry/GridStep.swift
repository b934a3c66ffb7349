import FloeIO
import FloeSDK

/// A column of a track as a raster of cell statistics.
struct GridStep: ProcessingStep {
  static let name = "altimetry.grid"
  static let summary = "Bins a column of a track to the cells of a polar grid: mean, median, count and spread."
  static let discussion = """
    A raster with the bands `mean`, `median`, `spread` (standard deviation, divided by n) in the column's unit and
    `count`, single precision, no data (NaN) elsewhere. A value belongs to the cell that its record's position lies in
    (column = floor((x - x0) / cell), row = floor((y0 - y) / cell)); records that are left out, without a value or
    outside of the grid are counted. Nothing is interpolated.

    `flag` names a column of codes that says which values are good (code 0); others are left out and counted. By default
    it is `freeboard_flag` for `freeboard_m`, that is the column's name without its unit and with `_flag`, where the
    track has such a column; `none` takes all values. Values beyond 1e30 are the fill of tables without one, and count
    as missing.

    Grids: `crs` EPSG:6931 or EPSG:3408 (EASE-Grid 2.0 and 1.0 North, equal area; 6932 and 3409 South) over +-5400 km
    as OSI SAF and pysiral have them, EPSG:3413 and 3411 (3976, 3031 and 3412 South) over NSIDC's polar
    stereographic grids; any other projected system needs `extent`. The extent grows outward to whole cells counted from
    the system's origin, so that grids of one cell size fit each other.
    """
  static let example = """
    grid: { use: altimetry.grid, in: { input: freeboard.track }, with: { column: freeboard_m, cell: 25000 } }
    """

  @Input("Track with positions") var input: Table
  @Param("Column with the values") var column = ColumnName.freeboard.rawValue
  @Param("Column of codes, 0 for good values; none for no such column") var flag: String?
  @Param("Reference system of the grid") var crs = "EPSG:6931"
  @Param("Side of a cell", unit: .metre, in: 10...1_000_000) var cell = 25_000.0
  @Param("West, south, east, north of the grid in its own system", unit: .metre) var extent: [Double]?
  @Output("Mean, median, count and spread of each cell") var grid: Raster?

  /// West, south, east, north of known grids in metres.
  static let extents: [String: [Double]] = [
    "EPSG:6931": [-5_400_000, -5_400_000, 5_400_000, 5_400_000],
    "EPSG:6932": [-5_400_000, -5_400_000, 5_400_000, 5_400_000],
    "EPSG:3408": [-5_400_000, -5_400_000, 5_400_000, 5_400_000],
    "EPSG:3409": [-5_400_000, -5_400_000, 5_400_000, 5_400_000],
    "EPSG:3413": [-3_850_000, -5_350_000, 3_750_000, 5_850_000],
    "EPSG:3411": [-3_850_000, -5_350_000, 3_750_000, 5_850_000],
    "EPSG:3412": [-3_950_000, -3_950_000, 3_950_000, 4_350_000],
    "EPSG:3031": [-3_950_000, -3_950_000, 3_950_000, 4_350_000],
    "EPSG:3976": [-3_950_000, -3_950_000, 3_950_000, 4_350_000],
  ]

  func validate() throws {
    if let extent, extent.count != 4 || extent[0] >= extent[2] || extent[1] >= extent[3] {
      throw ParameterError(
        "extent",
        "must be west, south, east, north with west < east and south < north, not "
          + "'\(extent.map { "\($0)" }.joined(separator: ", "))'")
    }
  }

  mutating func plan(in context: PlanContext) throws {
    try input.check(numbers: column, "column")
    _ = try input.positions()
    if let flag = try flagColumn() { try input.check(numbers: flag, "flag") }
    grid = Raster(planned: try spec())
  }

  mutating func run(in context: RunContext) async throws {
    let spec = try spec()
    guard let target = spec.grid.crs else { throw ParameterError("crs", "is not known") }
    let values = try input.numbers(column)
    let position = try input.positions()
    var points = zip(position.lon, position.lat).map { SIMD2($0, $1) }
    try CoordinateTransform(from: input.crs?.isGeographic == true ? input.crs ?? .wgs84 : .wgs84, to: target)
      .transform(&points)
    var chosen: [Double] = []
    var cells: [Int] = []
    var missing = 0
    var outside = 0
    let flags = try flagColumn().map { try input.numbers($0) }
    var flagged = 0
    for i in values.indices where input.status.isKept(i) {
      guard !MissingValue.isFill(values[i]) else {
        missing += 1
        continue
      }
      if let flags, flags[i] != 0 {
        flagged += 1
        continue
      }
      let at = spec.grid.pixel(x: points[i].x, y: points[i].y)
      guard let c = Int(exactly: at.column), let r = Int(exactly: at.row), (0..<spec.grid.width).contains(c),
        (0..<spec.grid.height).contains(r)
      else {
        outside += 1
        continue
      }
      chosen.append(values[i])
      cells.append(r * spec.grid.width + c)
    }
    let statistics = CellStatistics(chosen, in: cells, grid: spec.grid)
    context.dropped(missing, "records", because: "no value in '\(column)'")
    if let flag = try flagColumn() {
      context.dropped(flagged, "records", because: "a value that '\(flag)' does not call good")
    }
    context.dropped(outside, "records", because: "outside of the grid")
    context.record("values", .integer(chosen.count))
    context.record("cells", .integer(statistics.cells.count))
    if chosen.isEmpty {
      let other = outside > 0 ? Self.otherHemisphere(target.code ?? crs, latitudes: position.lat) : ""
      context.warn("no value of '\(column)' falls on the grid: every cell is empty" + other)
    }
    grid = Raster(spec, source: CellSource(statistics: statistics))
  }

  /// The end of a sentence about an empty grid where the grid of the other pole is the one that is meant.
  private static func otherHemisphere(_ code: String, latitudes: [Double]) -> String {
    let twins = [("EPSG:6931", "EPSG:6932"), ("EPSG:3408", "EPSG:3409"), ("EPSG:3413", "EPSG:3976")]
    let known = latitudes.filter { $0.isFinite }
    let isSouthern = known.count(where: { $0 < 0 }) * 2 > known.count
    for (north, south) in twins where code == (isSouthern ? north : south) && !known.isEmpty {
      let place = isSouthern ? "southern" : "northern"
      let twin = isSouthern ? south : north
      return "; the records lie in the \(place) hemisphere, whose grid of this kind is crs: \(twin)"
    }
    return ""
  }

  /// The column that marks good values: the named one, or the one that belongs to the values by its name.
  private func flagColumn() throws -> String? {
    if let flag { return flag == "none" ? nil : flag }
    guard let unit = column.lastIndex(of: "_") else { return nil }
    let name = column[..<unit] + "_flag"
    return input[String(name)]?.numbers == nil ? nil : String(name)
  }

  private func spec() throws -> RasterSpec {
    let system = try CRSFactory.make(crs)
    guard !system.isGeographic else {
      throw ParameterError("crs", "must be projected, its cells are in metres: EPSG:6931, EPSG:3408, EPSG:3413 ...")
    }
    guard system.metresPerUnit == 1 else {
      throw ParameterError(
        "crs", "counts in \(system.coordinateUnit); cells are in metres: EPSG:6931, EPSG:3408, EPSG:3413 ...")
    }
    guard let bounds = extent ?? Self.extents[system.code ?? crs] else {
      throw ParameterError(
        "extent", "is needed for '\(crs)'; known grids are \(Self.extents.keys.sorted().joined(separator: ", "))")
    }
    let low = [bounds[0], bounds[1]].map { ($0 / cell).rounded(.down) }
    let high = [bounds[2], bounds[3]].map { ($0 / cell).rounded(.up) }
    guard let width = Int(exactly: high[0] - low[0]), let height = Int(exactly: high[1] - low[1]),
      width <= 200_000, height <= 200_000,
      let grid = Grid(
        width: width, height: height, originX: low[0] * cell, originY: high[1] * cell, pixelWidth: cell,
        pixelHeight: cell, crs: system)
    else { throw ParameterError("cell", "of \(cell) m makes more than 200000 columns or rows of this extent") }
    let unit = input[column]?.unit ?? .dimensionless
    // The name in words, without the unit that it ends in; a summary is not known yet when a run is planned.
    let ending = "_" + unit.rawValue
    let bare = column.hasSuffix(ending) && column != ending ? String(column.dropLast(ending.count)) : column
    let what = bare.replacing("_", with: " ")
    let bands = CellStatistics.Measure.allCases.map { measure in
      BandSpec(
        name: "\(measure)", summary: "\(what), \(measure) of the cell",
        quantity: measure == .count ? "count" : column,
        unit: measure == .count ? PhysicalUnit(rawValue: "1") : unit, noData: .nan)
    }
    return RasterSpec(
      grid: grid, bands: bands, type: .float32, style: .ramp(band: "median", low: nil, high: nil),
      acquisition: input.acquisition)
  }
}
