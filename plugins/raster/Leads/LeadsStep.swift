import FloeIO
import FloeSDK

/// Parts leads at their junctions and measures each.
struct LeadsStep: ProcessingStep {
  static let name = "vector.leads"
  static let summary = "Parts the leads of a class raster at their junctions; polygons with length, width, orientation."
  static let discussion = """
    The output is a table of polygons in the raster's system, one a lead. Pixels of the class that touch at sides or
    corners are a group; the group's middle line (Guo and Hall 1989) is parted where three or more ways meet, spurs
    that do not leave the lead's own width are dropped, and each pixel goes to the nearest part. Columns: `lead` (number
    from the north-west), `group` (leads of one number hang together), `pixels`, `area_m2`, `length_m` (along the middle
    line, to the shore at free ends and to the junction at others), `mean_width_m` (area by length), `max_width_m`
    (twice the greatest distance to the shore along the middle line, Felzenszwalb and Huttenlocher 2012),
    `orientation_deg` (of the longest axis, clockwise from true north, 0 to 180) and `junctions` (ends that meet other
    leads: 0, 1, 2). Metres are those of the map, whatever its unit, on a raster in degrees those of the WGS 84
    ellipsoid at the raster's middle. Pixels need not be square: the middle line is made in steps of pixels and measured
    in metres, as are distances. Length and mean width of a straight lead are right to 1 % where it is 12 longer sides
    of a pixel wide, to 2 % from 6 on and to 7 % from 2 on. Of leads narrower than two pixels the width says little.
    Leads below `min_area` are left out and counted. Pixels without data are shore, and leads are cut at the raster's
    edge. The whole band is held in memory, six bytes a pixel and more for large groups; a raster that is too large for
    `--memory` is refused. The step records the distribution of widths by length.
    """
  static let example = """
    leads: { use: vector.leads, in: { image: groups.classes }, with: { min_area: 2000 } }
    """
  @Input("The class raster") var image: Raster
  @Param("Name or code of the class") var of = "lead"
  @Param("Smallest area", unit: "m2", in: .atLeast(0)) var minArea = 0.0
  @Param("Band of the codes; for rasters of several bands") var band: String?
  @Output("One polygon a lead") var leads: Table?

  mutating func plan(in context: PlanContext) throws {
    _ = try ClassCodes.band(of: image.spec, named: band)
    _ = try code()
    context.isBarrier()
    context.needs(scratch: 8 * image.spec.grid.pixelCount)
    if let remark = image.spec.grid.measureRemark("lengths, widths and areas") { context.warn(remark) }
    if let remark = Self.spanRemark(image.spec.grid) { context.warn(remark) }
    leads = table([], [])
  }

  mutating func run(in context: RunContext) async throws {
    if let remark = image.spec.grid.areaRemark() { context.log(.notice, remark) }
    let grid = image.spec.grid
    // Flags, numbers and their mask.
    let whole = 6 * grid.pixelCount
    let held = try ClassCodes.room(for: whole, in: context, else: tooLarge(whole))
    defer { withExtendedLifetime(held) {} }
    let band = try ClassCodes.band(of: image.spec, named: band)
    let codes = try await ClassCodes.kept(image, band: band, planes: 2, in: context)
    let wanted = try code()
    // A code that stands for no data is no class.
    let isClass = !image.spec.noDataCodes(band: band).contains(wanted)
    var isLead: [Bool] = []
    isLead.reserveCapacity(grid.pixelCount)
    for rows in grid.rowBlocks() {
      isLead += try codes.codes(in: rows).map { isClass && Int($0) == wanted }
    }
    try context.checkCancelled()
    let groups = LeadMask.groups(isLead, width: grid.width, height: grid.height)
    isLead = []
    // Each group's flags and labels, and for the largest what its middle line takes, on all workers.
    let boxes = groups.map { $0.width * $0.height }
    let pixel = Self.metres(of: grid)
    // Distances in metres are those in pixels on square ones.
    let each = pixel.x == pixel.y ? 24 : 28
    let work = 5 * boxes.reduce(0, +) + each * boxes.sorted().suffix(context.pool.workers).reduce(0, +)
    let working = try ClassCodes.room(for: work, in: context, else: tooLarge(whole + work))
    defer { withExtendedLifetime(working) {} }
    let found = try await context.map(groups.count, progress: "groups") { i in
      Self.measured(groups[i], number: i + 1, grid, pixel: pixel)
    }
    let compass = Compass(grid)
    var all: [Lead] = []
    var numbers = [Int32](repeating: 0, count: grid.pixelCount)
    var left = 0
    for (mask, part) in zip(groups, found) {
      let kept = part.rows.map { $0.area >= minArea }
      left += kept.count { !$0 }
      // The number of each branch of the group among all that are kept.
      var number = [Int32](repeating: 0, count: part.rows.count + 1)
      for (n, row) in part.rows.enumerated() where kept[n] {
        var lead = row
        lead.orientation = row.axis.map(compass.orientation) ?? .nan
        all.append(lead)
        number[n + 1] = Int32(all.count)
      }
      for (i, l) in part.labels.enumerated() where l > 0 {
        let (y, x) = i.quotientAndRemainder(dividingBy: mask.width)
        numbers[(mask.row + y) * grid.width + mask.column + x] = number[Int(l)]
      }
    }
    context.dropped(left, "leads", because: "smaller than \(minArea) m2")
    let cancellation = context.cancellation
    var shapes = all.map { _ in [[[SIMD2<Double>]]]() }
    for region in try RasterRegions.polygons(
      labels: &numbers, grid: grid, eight: true, isCancelled: { cancellation.isCancelled })
    {
      // A lead's pixels may hang together through a junction that went to another: then it has several regions.
      shapes[region.code - 1] += region.parts
    }
    context.record(.leads, .integer(all.count))
    context.record(.groups, .integer(Set(all.map(\.group)).count))
    context.record(.lengthKm, .number(all.reduce(0) { $0 + $1.length } / 1000))
    context.record(.widthDistribution, Self.distribution(all))
    leads = table(shapes, all)
  }

  /// The leads of a connected group in metres and square metres; `labels` holds for each pixel of its box the number of
  /// its lead, 0 for none.
  private static func measured(
    _ mask: LeadMask, number: Int, _ grid: Grid, pixel: SIMD2<Double>
  ) -> (rows: [Lead], labels: [Int32]) {
    let branches = LeadBranches(mask)
    let labels = branches.labels()
    let measure = LeadMeasure(branches, pixel: pixel)
    var counts = [Int](repeating: 0, count: branches.branches.count + 1)
    for l in labels { counts[Int(l)] += 1 }
    let rows = branches.branches.enumerated().map { n, branch in
      let length = max(measure.length(branch), pixel.min())
      let area = Double(counts[n + 1]) * (pixel.x * pixel.y)
      return Lead(
        group: number, pixels: counts[n + 1], area: area, length: length, width: area / length,
        widest: measure.greatestWidth(branch), axis: LeadAxis(mask, labels, Int32(n + 1), grid, pixel: pixel),
        orientation: .nan, junctions: (branch.joins.first ? 1 : 0) + (branch.joins.last ? 1 : 0))
    }
    return (rows, labels)
  }

  /// One row of the result.
  private struct Lead: Sendable {
    let group: Int, pixels: Int
    let area: Double, length: Double, width: Double, widest: Double
    let axis: LeadAxis?
    var orientation: Double
    let junctions: Int
  }

  private func code() throws -> Int {
    if let found = image.spec.classes?.named(of)?.code ?? Int(of) { return found }
    let names = image.spec.classes?.entries.map(\.name) ?? []
    let near = Spelling.nearest(of, among: names).map { " (did you mean '\($0)'?)" } ?? ""
    throw ParameterError(
      "of",
      """
      names '\(of)', which is no class\(near); the raster has \
      \(names.isEmpty ? "none, give a code" : names.joined(separator: ", "))
      """)
  }

  private func tooLarge(_ bytes: Int) -> FloeError {
    FloeError(
      """
      the leads of \(image.spec.grid.width) x \(image.spec.grid.height) pixels take about \(bytes >> 20) MB of memory, \
      and --memory has room for less; take a part of the raster with raster.clip, or give more
      """)
  }

  /// That a raster in degrees reaches to where its middle's metres are wrong by more than a tenth; nil for others.
  private static func spanRemark(_ grid: Grid) -> String? {
    guard let crs = grid.crs, crs.isGeographic else { return nil }
    let b = grid.bounds
    func width(_ latitude: Double) -> Double { Ellipsoid.metresPerDegree(latitude: min(90, max(-90, latitude))).x }
    let middle = width((b.minY + b.maxY) / 2)
    guard max(width(b.minY), width(b.maxY)) > 1.1 * middle || min(width(b.minY), width(b.maxY)) < middle / 1.1 else {
      return nil
    }
    return """
      a degree of longitude is \(Int(width(b.minY))) m at the lower edge of the raster, \(Int(middle)) m in its middle \
      and \(Int(width(b.maxY))) m at the upper edge, and lengths, widths and areas are made with the middle's; bring \
      the classes to a projected system first, with raster.warp
      """
  }

  /// Sides of a pixel in metres, in the middle of a raster in degrees.
  private static func metres(of grid: Grid) -> SIMD2<Double> {
    if let metres = grid.pixelMetres { return metres }
    let b = grid.bounds
    return SIMD2(grid.pixelWidth, grid.pixelHeight) * Ellipsoid.metresPerDegree(latitude: (b.minY + b.maxY) / 2)
  }

  /// Number, length and area of leads by width, each class twice as wide as the one before.
  private static func distribution(_ leads: [Lead]) -> JSONValue {
    guard let widest = leads.map(\.width).max() else { return .array([]) }
    let total = leads.reduce(0) { $0 + $1.length }
    var edges = [0.0, 25]
    while edges[edges.count - 1] <= widest { edges.append(edges[edges.count - 1] * 2) }
    return .array(
      zip(edges, edges.dropFirst()).map { low, high in
        let own = leads.filter { $0.width >= low && $0.width < high }
        let length = own.reduce(0) { $0 + $1.length }
        return [
          "from_m": .number(low), "to_m": .number(high), "leads": .integer(own.count),
          "length_km": .number(length / 1000),
          "share_of_length": .number(total > 0 ? length / total : 0),
          "area_km2": .number(own.reduce(0) { $0 + $1.area } / 1e6),
        ]
      })
  }

  private func table(_ shapes: [[[[SIMD2<Double>]]]], _ leads: [Lead]) -> Table {
    let spec = image.spec
    var t = Table(
      rowCount: leads.count, geometry: .multiPolygons(shapes), crs: spec.grid.crs, acquisition: spec.acquisition)
    func add(_ name: String, _ unit: PhysicalUnit, _ summary: String, _ values: ColumnValues) {
      t.set(Column(name, unit: unit, summary: summary, values: values))
    }
    // The code goes along so that the layer is drawn in the colour of its class.
    if let classes = spec.classes, let code = try? code() {  // Looked for in `plan` already.
      t.set(
        Column(
          .classCode, summary: "Class of the lead", classes: classes,
          values: .code(leads.map { _ in Int16(clamping: code) }, missing: Int16(clamping: classes.noData))))
    }
    add("lead", .dimensionless, "Number of the lead", .integer(leads.indices.map { $0 + 1 }))
    add("group", .dimensionless, "Leads of one number hang together", .integer(leads.map(\.group)))
    add("pixels", "pixels", "Pixels of the lead", .integer(leads.map(\.pixels)))
    add(ColumnName.area.rawValue, "m2", "Area of the lead", .number(leads.map(\.area)))
    add(ColumnName.length.rawValue, .metre, "Length along the middle line", .number(leads.map(\.length)))
    add(ColumnName.meanWidth.rawValue, .metre, "Area by length", .number(leads.map(\.width)))
    add("max_width_m", .metre, "Width of the widest place", .number(leads.map(\.widest)))
    add(
      ColumnName.orientation.rawValue, .degree, "Longest axis, clockwise from true north",
      .number(leads.map(\.orientation)))
    add("junctions", .dimensionless, "Ends that meet other leads", .integer(leads.map(\.junctions)))
    return t
  }
}
