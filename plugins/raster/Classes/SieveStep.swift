import FloeIO
import FloeSDK

/// Removes small regions of a class raster.
struct SieveStep: ProcessingStep {
  static let name = "raster.sieve"
  static let summary = "Gives regions smaller than a number of pixels the class of their largest neighbouring region."
  static let discussion = """
    The output is one band of uint8 with the input's codes, names, colours and no data. Regions are pixels of one code
    that touch (`connectivity` 4: at edges, 8: at corners too). Pixels without data neither change nor take part; a
    small region with no neighbour stays. Where the largest neighbour is small too, its own largest neighbour counts,
    and so on; regions among which none is large stay, a chequerboard for example. Edge: nothing lies beyond the raster.
    The whole band is held in memory. Source: GDALSieveFilter of GDAL.
    """
  static let example = """
    clean: { use: raster.sieve, in: { image: groups.classes }, with: { smaller_than: 10 } }
    """
  @Input("The class raster") var image: Raster
  @Param("Regions of fewer pixels go", unit: "pixels", in: 2...1e9) var smallerThan = 10
  @Param("4 or 8: which pixels touch", in: 4...8) var connectivity = 4
  @Param("Band of the codes; for rasters of several bands") var band: String?
  @Output("The cleaned class raster") var result: Raster?

  func validate() throws {
    if connectivity != 4 && connectivity != 8 {
      throw ParameterError("connectivity", "must be 4 or 8, not \(connectivity)")
    }
  }
  mutating func plan(in context: PlanContext) throws {
    context.isBarrier()
    context.needs(scratch: ClassCodes.scratchBytes(image.spec, planes: 3))
    result = Raster(planned: try spec(), isKept: true)
  }
  private func spec() throws -> RasterSpec {
    var spec = image.spec
    spec.bands = [spec.bands[try ClassCodes.band(of: spec, named: band)]]
    return spec
  }
  mutating func run(in context: RunContext) async throws {
    let codes = try await ClassCodes.kept(
      image, band: try ClassCodes.band(of: image.spec, named: band), planes: 3, in: context)
    let cancellation = context.cancellation
    let sieved = try codes.sieved(
      smallerThan: smallerThan, eight: connectivity == 8, isCancelled: { cancellation.isCancelled })
    let blocks = image.spec.grid.rowBlocks()
    let changed = try await context.map(blocks.count) { i in
      try codes.differences(from: sieved, in: blocks[i])
    }
    context.record("changed_pixels", .integer(changed.reduce(0, +)))
    result = Raster(try spec(), source: sieved)
  }
}
