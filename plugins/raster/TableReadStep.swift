import FloeIO
import FloeSDK

/// Reads a table of any format that OGR opens.
struct TableReadStep: ProcessingStep {
  static let name = "table.read"
  static let summary = "Reads a table: CSV, GeoPackage or any other vector layer that OGR opens."
  static let discussion = """
    One row a feature, in the file's order; columns keep name and type, empty fields are missing values. Points and
    polygons become the table's geometry with the layer's reference system. Of several columns with one name the later
    ones are numbered: `a`, `a_2`. In a CSV the column types are found from the content; with `x` and `y` two number
    columns become points in `crs`. Numbers may have Fortran's exponent (`0.7D+02`), a lone `-` among them is a missing
    value; a CSV with an open quote, zero bytes, more fields in a row than columns, a line break in a column's name, or
    another encoding than UTF-8 is refused with the line. So are dates that no calendar has, numbers that their column
    cannot hold, and latitudes beyond 90.
    """
  static let example = """
    points: { use: table.read, with: { file: points.csv } }
    """

  @Param("The file") var file: InputPath
  @Param("Layer of a file with several; the first by default") var layer: String?
  @Param("Column of the x coordinate or longitude") var x: String?
  @Param("Column of the y coordinate or latitude") var y: String?
  @Param("Reference system of x and y") var crs = "EPSG:4326"
  @Output("The table") var table: Table?

  func validate() throws {
    if (x == nil) != (y == nil) { throw ParameterError(x == nil ? "x" : "y", "is missing: x and y go together") }
  }

  mutating func plan(in context: PlanContext) throws {
    table = try located(VectorLayer.readSchema(file.path, layer: layer, warn: context.warn))
  }

  mutating func run(in context: RunContext) async throws {
    let read = try located(VectorLayer.readTable(file.path, layer: layer))
    try read.checkLatitudes(of: "'\(file.path)'")
    context.record("rows", .integer(read.rowCount))
    table = read
  }

  private func located(_ read: Table) throws -> Table {
    guard let x, let y else {
      try read.crs?.checkAngles(of: "'\(file.path)'")
      return read
    }
    var result = read
    for name in [x, y] {
      // Without a row a column of a CSV has no kind.
      if case .text? = read[name]?.values, try VectorLayer.rowCount(file.path, layer: layer) == 0 {
        throw FloeError("'\(file.path)' has no rows, only the names of columns; points need at least one row")
      }
      _ = try read.numbers(name)
    }
    result.geometry = .points(x: x, y: y)
    result.crs = try CRSFactory.make(crs)
    return result
  }
}
