import FloeSDK

/// Marks the pixels of one band that lie below a limit.
public struct ThresholdStep: ProcessingStep {
  public static let name = "__name__.threshold"
  public static let summary = "Marks the pixels of one band that lie below a limit."
  public static let discussion = """
    Output is 1 below the limit, 0 elsewhere, as unsigned bytes; 255 is no data, where the band has none. The limit is
    in the band's physical unit, after scale and offset. Each pixel is judged by itself: there is no edge effect.
    """
  public static let example = """
    dark: { use: __name__.threshold, in: { image: stack.image }, with: { band: B04, below: 0.15 } }
    """

  @Input("Bands to look at") public var image: Raster
  @Param("Name of the band; the first by default") public var band: String?
  @Param("Upper limit of the marked values, in the band's unit") public var below = 0.2
  @Output("1 below the limit, 0 elsewhere; 255 is no data") public var mask: Raster?

  public init() {}

  /// Says what will come out; no pixel is read.
  public mutating func plan(in context: PlanContext) throws {
    _ = try bandIndex()
    mask = Raster(planned: maskSpec)
  }

  /// Hands on a raster that computes any window when it is asked for it.
  public mutating func run(in context: RunContext) async throws {
    let image = image
    let limit = Float(below)
    let index = try bandIndex()
    mask = Raster(
      maskSpec,
      source: ComputedSource { window, _, block in
        let values = try image.read(window, bands: [index]).physical(band: 0, as: image.spec.bands[index])
        block = PixelBlock(
          window: window, bandCount: 1, values: .uint8(values.map { $0.isNaN ? 255 : $0 < limit ? 1 : 0 }))
      })
  }

  private func bandIndex() throws -> Int {
    guard let band else { return 0 }
    guard let index = image.spec.bandIndex(band) else {
      throw ParameterError(
        "band",
        "is '\(band)', which the image does not have; it has \(image.spec.bands.map(\.name).joined(separator: ", "))")
    }
    return index
  }

  private var maskSpec: RasterSpec {
    RasterSpec(
      grid: image.spec.grid, bands: [BandSpec(name: "mask", quantity: "class", noData: 255)], type: .uint8,
      tile: image.spec.tile,
      classes: ClassTable([
        ClassEntry(code: 0, name: "rest", label: "Rest", color: RGB(214, 234, 244)),
        ClassEntry(code: 1, name: "marked", label: "Marked", color: RGB(230, 97, 1)),
      ]),
      style: .classes, acquisition: image.spec.acquisition)
  }
}
