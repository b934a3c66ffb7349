import FloeIO
import FloeSDK

/// Reads a table of any format that OGR opens.
struct TableReadStep: ProcessingStep {
  static let name = "table.read"
  static let summary = "Reads a table: CSV, GeoPackage or any other vector layer that OGR opens."
  static let discussion = """
    One row a feature, in the file's order; columns keep name and type, empty fields are missing values. Points and
    polygons become the table's geometry with the layer's reference system; to one that has none `crs` gives it. Of
    several columns with one name the later ones are numbered: `a`, `a_2`. In a CSV the column types are found from the
    content; with `x` and `y` two number columns become points in `crs`. Numbers may have Fortran's exponent
    (`0.7D+02`); `nan`, `NA`, `N/A`, `NULL`, `None`, a lone `-` or `--` and their like among numbers or times are
    missing values, and counted; `inf` is infinity. Times are read as ISO 8601 writes them, and no others are guessed
    at: those stay text. A netCDF table has its times, units and places as CF says; one that floe wrote comes back with
    its arrays, codes, definitions and marks. A group of a netCDF or HDF5 file is a table, with the variables of the
    groups inside: `layer: gt1l/sea_ice_segments` of ICESat-2's ATL07. `no_data` names numbers that stand for a missing
    value where the file does not tell; columns whose least number is made of nines below 0 are told. A CSV with an
    open quote, zero bytes, more fields in a row than columns, a line break in a column's name, or another encoding
    than UTF-8 is refused with the line. So are dates that no calendar has, numbers that their column cannot hold, and
    latitudes beyond 90.
    """
  static let example = """
    points: { use: table.read, with: { file: points.csv } }
    """

  @Param("The file") var file: InputPath
  @Param("Layer, or group, of a file with several; the first by default") var layer: String?
  @Param("Column of the x coordinate or longitude") var x: String?
  @Param("Column of the y coordinate or latitude") var y: String?
  @Param("Reference system of x and y, EPSG:4326 by default; or of a layer whose file tells none") var crs: String?
  @Param("Numbers that stand for a missing value in all columns of numbers, such as -999") var noData: [Double] = []
  @Output("The table") var table: Table?

  func validate() throws {
    if (x == nil) != (y == nil) { throw ParameterError(x == nil ? "x" : "y", "is missing: x and y go together") }
  }

  mutating func plan(in context: PlanContext) throws {
    table = try located(VectorLayer.readSchema(file.path, layer: layer, warn: context.warn))
  }

  mutating func run(in context: RunContext) async throws {
    var read = try located(VectorLayer.readTable(file.path, layer: layer))
    let missing = MissingNumbers(declared: noData)
    if !noData.isEmpty { context.record("no_data_values", .integer(missing.clear(&read))) }
    let suspects = MissingNumbers.suspects(read)
    if !suspects.isEmpty {
      context.warn(
        """
        '\(file.path)' has \(suspects.prefix(4).joined(separator: ", "))\(suspects.count > 4 ? " and more" : ""), \
        which many files write for a missing value: taken as numbers; name them in 'no_data' if they are
        """)
    }
    try read.checkLatitudes(of: "'\(file.path)'")
    context.record("rows", .integer(read.rowCount))
    table = read
  }

  private func located(_ read: Table) throws -> Table {
    var result = read
    guard let x, let y else {
      if let crs { try place(&result, in: CRSFactory.make(crs)) }
      try result.crs?.checkAngles(of: "'\(file.path)'")
      return result
    }
    for name in [x, y] {
      if case .text? = read[name]?.values { throw try textRefusal(name) }
      _ = try read.numbers(name)
    }
    result.geometry = .points(x: x, y: y)
    result.crs = try CRSFactory.make(crs ?? "EPSG:4326")
    return result
  }

  /// Gives a layer without a reference system the one that is named.
  private func place(_ table: inout Table, in named: CRS) throws {
    guard table.geometry != nil else {
      throw ParameterError(
        "crs", "is the reference system of places, and '\(file.path)' has none; name the columns 'x' and 'y' as well")
    }
    if let own = table.crs, !own.isSame(as: named) {
      throw ParameterError(
        "crs", "is \(named.label), but the file has \(own.label) itself; leave 'crs' out, or mend '\(file.path)'")
    }
    table.crs = table.crs ?? named
  }

  /// Why a column of text holds no coordinates.
  private func textRefusal(_ name: String) throws -> FloeError {
    // Without a row a column of a CSV has no kind.
    guard try VectorLayer.rowCount(file.path, layer: layer) > 0 else {
      return FloeError("'\(file.path)' has no rows, only the names of columns; points need at least one row")
    }
    guard let found = try VectorLayer.firstText(file.path, layer: layer, column: name) else {
      return FloeError("column '\(name)' of '\(file.path)' is text, a number is needed")
    }
    return FloeError(
      "column '\(name)' is text, since row \(found.row + 1) of '\(file.path)' has "
        + "'\(TextEscape.oneLine(String(found.text.prefix(60))))'; coordinates are numbers, or empty where missing")
  }
}
