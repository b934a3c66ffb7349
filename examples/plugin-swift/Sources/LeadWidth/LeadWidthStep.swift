import FloeSDK

/// Measures how wide leads are, along their centrelines.
public struct LeadWidthStep: ProcessingStep {
  public static let name = "leads.width"
  public static let summary = "Measures the widths of leads in a class raster, along their centrelines."
  public static let discussion = """
    Outputs are a table of widths (one row a bin, no geometry) and a summary; widths are in the unit of the raster's
    reference system, metres for UTM and polar grids. The width at a centreline pixel is twice its Euclidean distance to
    the nearest pixel of another class, less half a pixel: right within half a pixel for straight leads. A centreline
    pixel is one that is at least as far from the others as its eight neighbours. No data and everything beyond the edge
    end a lead as ice does, so leads that the edge cuts lengthwise come out too narrow. Pixels must be square. Memory:
    two bytes a pixel besides the kept raster.
    """
  public static let example = """
    widths: { use: leads.width, in: { classes: groups.classes }, with: { lead: 2, bin: 50 } }
    """

  @Input("One band of class codes") public var classes: Raster
  @Param("Code of the class that is measured", in: 0...255) public var lead = 2
  @Param("Width of a bin of the table", unit: .metre, in: 0.001...1_000_000) public var bin = 50.0
  @Output("Bins with their limits, centreline pixels and share") public var widths: Table?
  @Output("Mean, median, 90th percentile and greatest width, and the share of the area") public var summary: Document?

  public init() {}

  public mutating func plan(in context: PlanContext) throws {
    let spec = classes.spec
    guard spec.bands.count == 1, spec.type == .uint8 else {
      throw FloeError(
        "needs one band of class codes in unsigned bytes, not \(spec.bands.count) of \(spec.type.rawValue)")
    }
    guard abs(spec.grid.pixelWidth - spec.grid.pixelHeight) <= spec.grid.pixelWidth * 1e-6 else {
      throw FloeError("needs square pixels, not \(spec.grid.pixelWidth) x \(spec.grid.pixelHeight)")
    }
    context.isBarrier()
    context.needs(scratch: 3 * spec.grid.pixelCount)
    widths = WidthReport(WidthCounts(), pixel: 1, bin: bin).table
    summary = Document(title: "Lead widths", body: .null)
  }

  public mutating func run(in context: RunContext) async throws {
    let kept = try await context.materialize(classes)
    let grid = kept.spec.grid
    // The distances are held in memory beside it, two bytes a pixel: what was announced is taken.
    let held = context.scratch.reserve(2 * grid.pixelCount)
    defer { withExtendedLifetime(held) {} }
    let code = UInt8(lead)
    // Vertical distances by strips of columns, then whole distances by blocks of rows: every pixel's result is exact,
    // whatever the blocks.
    let strips = stride(from: 0, to: grid.width, by: 512).map { column in
      PixelWindow(column: column, row: 0, width: min(512, grid.width - column), height: grid.height)
    }
    let vertical = VerticalDistances(
      width: grid.width,
      strips: try await context.map(strips.count, progress: "strips") { i in
        LeadDistance.vertical(try kept.read(strips[i]), code: code)
      })
    let blocks = grid.rowBlocks()
    let parts = try await context.map(blocks.count, progress: "blocks") { i in
      LeadDistance.centreline(vertical, rows: blocks[i].row..<blocks[i].endRow, height: grid.height)
    }
    let counts = parts.reduce(into: WidthCounts()) { $0.merge($1) }
    if counts.centreline == 0 { context.warn("no pixel has the code \(lead): there is no lead to measure") }
    let report = WidthReport(counts, pixel: grid.pixelWidth, bin: bin)
    guard report.binCount <= 100_000 else {
      throw ParameterError(
        "bin", "of \(bin) would make \(report.binCount) bins up to the greatest width; 100000 are the limit")
    }
    context.record("centreline_pixels", .integer(counts.centreline))
    widths = report.table
    summary = report.document(pixels: grid.pixelCount)
  }
}
