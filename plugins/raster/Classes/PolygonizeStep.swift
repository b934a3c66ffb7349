import FloeIO
import FloeSDK

/// Outlines the regions of a class raster.
struct PolygonizeStep: ProcessingStep {
  static let name = "vector.polygonize"
  static let summary =
    """
    Outlines the regions of a class raster as polygons with class, area and perimeter, and leads with length and \
    width.
    """
  static let discussion = """
    The output is a table of polygons in the raster's system, one a region of touching pixels of one code
    (`connectivity` 4 or 8), with `class_code`, `class_name`, `pixels`, `area_m2`, `perimeter_m` (of all rings, along
    pixel edges) and, for the class `lead`, `length_m` and `mean_width_m`: the sides of the rectangle with the region's
    area and perimeter, missing for the others; for a region so compact that no such rectangle exists both are the root
    of the area. Metres are those of the map, whatever its unit, on a raster in degrees those of the WGS 84 ellipsoid.
    Pixels without data give no polygon; regions below `min_area` and classes not in `classes` are left out and counted.
    Regions are cut at the raster's edge. The outlines are held in memory, about 1 kB a region; a raster whose outlines
    are more than `--memory` has room for is refused. Source: GDALPolygonize of GDAL.
    """
  static let example = """
    leads: { use: vector.polygonize, in: { image: groups.classes }, with: { classes: [lead], min_area: 500, \
    connectivity: 8 } }
    """
  @Input("The class raster") var image: Raster
  @Param("Names or codes of the classes to outline; all by default") var classes: [String]?
  @Param("Smallest area", unit: "m2", in: .atLeast(0)) var minArea = 0.0
  @Param("4 or 8: which pixels touch", in: 4...8) var connectivity = 4
  @Param("Band of the codes; for rasters of several bands") var band: String?
  @Output("One polygon a region") var polygons: Table?

  func validate() throws {
    if connectivity != 4 && connectivity != 8 {
      throw ParameterError("connectivity", "must be 4 or 8, not \(connectivity)")
    }
  }
  mutating func plan(in context: PlanContext) throws {
    _ = try ClassCodes.band(of: image.spec, named: band)
    _ = try chosen()
    context.isBarrier()
    context.needs(scratch: ClassCodes.scratchBytes(image.spec, planes: 2))
    if let remark = image.spec.grid.measureRemark("areas and lengths") { context.warn(remark) }
    polygons = table([], [])
  }

  mutating func run(in context: RunContext) async throws {
    if let remark = image.spec.grid.areaRemark() { context.log(.notice, remark) }
    let codes = try await ClassCodes.kept(
      image, band: try ClassCodes.band(of: image.spec, named: band), planes: 2, only: try chosen(), in: context)
    let size = try codes.outlineSize()
    let bytes = Self.memory(size, eight: connectivity == 8)
    let room = try ClassCodes.room(
      for: bytes, in: context,
      else: FloeError(
        """
        the outlines of up to \(size.regions) regions take about \(bytes >> 20) MB of memory, and --memory has room \
        for less; take small regions away first with raster.sieve, choose 'classes', or give more
        """))
    defer { withExtendedLifetime(room) {} }
    let cancellation = context.cancellation
    let measure = RegionMeasure(image.spec.grid)
    var area = 0.0
    var left = 0
    let kept = try RasterRegions.polygons(
      of: codes, eight: connectivity == 8, isCancelled: { cancellation.isCancelled },
      isKept: { region in
        let own = measure.area(region.parts)
        if own < minArea { left += 1 } else { area += own }
        return own >= minArea
      })
    context.dropped(left, "regions", because: "smaller than \(minArea) m2")
    context.record("regions", .integer(kept.count))
    context.record("area_km2", .number(area / 1e6))
    if let classes {
      let found = Set(kept.map { Int($0.code) })
      let absent = classes.filter { name in code(of: name).map { !found.contains($0) } ?? false }
      if !absent.isEmpty {
        let names = absent.map { "'\($0)'" }.joined(separator: ", ")
        context.warn(
          "no region of \(names) is in the layer: the raster has no such pixels"
            + (left > 0 ? ", or all are smaller than \(minArea) m2" : ""))
      }
    }
    polygons = table(kept.map(\.parts), kept.map { Int16($0.code) })
  }

  /// The code of a class that is given by its name or its code.
  private func code(of name: String) -> Int? { image.spec.classes?.named(name)?.code ?? Int(name) }

  /// Bytes of the outlines and of their table, as measured on noise of two classes.
  private static func memory(_ size: (corners: Int, regions: Int), eight: Bool) -> Int {
    size.regions * 1000 + size.corners * (eight ? 150 : 40)
  }

  private func chosen() throws -> Set<Int>? {
    guard let classes else { return nil }
    let table = image.spec.classes
    let names = table?.entries.map(\.name) ?? []
    return Set(
      try classes.map { name in
        if let found = code(of: name) { return found }
        let near = Spelling.nearest(name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
        throw ParameterError(
          "classes",
          """
          names '\(name)', which is no class\(near); the raster has \
          \(names.isEmpty ? "none, give codes" : names.joined(separator: ", "))
          """
        )
      })
  }

  private func table(_ regions: [[[[SIMD2<Double>]]]], _ codes: [Int16]) -> Table {
    let spec = image.spec
    let measure = RegionMeasure(spec.grid)
    let areas = regions.map(measure.area)
    let perimeters = regions.map(measure.perimeter)
    let lead = spec.classes?.named("lead")?.code
    // Parts that touch at corners alone are polygons of their own.
    let geometry: TableGeometry =
      connectivity == 8 ? .multiPolygons(regions) : .polygons(regions.map { $0.first ?? [] })
    var t = Table(rowCount: regions.count, geometry: geometry, crs: spec.grid.crs, acquisition: spec.acquisition)
    t.set(
      Column(
        .classCode, summary: "Class of the region", classes: spec.classes,
        values: .code(codes, missing: Int16(clamping: spec.classes?.noData ?? -1))))
    t.set(Column(.className, summary: "Name of the class", values: .text(codes.map { spec.classes?[Int($0)]?.name })))
    t.set(
      Column(
        "pixels", unit: "pixels", summary: "Pixels of the region",
        values: .integer(regions.map { Int(exactly: (RegionMeasure.onMap($0) / spec.grid.pixelArea).rounded()) })))
    t.set(Column(.area, unit: "m2", summary: "Area of the region", values: .number(areas)))
    t.set(Column("perimeter_m", unit: .metre, summary: "Length of all edges", values: .number(perimeters)))
    let sides = codes.indices.map {
      Int(codes[$0]) == lead ? Self.rectangle(areas[$0], perimeters[$0]) : (Double.nan, Double.nan)
    }
    t.set(
      Column(
        .length, unit: .metre, summary: "Long side of the rectangle of the same area and perimeter",
        values: .number(sides.map(\.0))))
    t.set(
      Column(.meanWidth, unit: .metre, summary: "Short side of that rectangle", values: .number(sides.map(\.1))))
    return t
  }

  /// The sides of the rectangle with that area and perimeter.
  static func rectangle(_ area: Double, _ perimeter: Double) -> (Double, Double) {
    let half = perimeter / 2
    let root = half * half - 4 * area
    guard root > 0 else { return (area.squareRoot(), area.squareRoot()) }
    let long = (half + root.squareRoot()) / 2
    return (long, area / long)
  }
}
