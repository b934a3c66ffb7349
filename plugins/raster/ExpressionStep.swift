import FloeSDK

/// Band arithmetic.
struct ExpressionStep: ProcessingStep {
  static let name = "raster.expression"
  static let summary = "Computes one band from others by an expression such as (B02 - B04) / (B02 + B04)."
  static let discussion = """
    The output has one band of single-precision numbers, NaN for no data, on the same grid. Bands enter in physical units
    (`stored * scale + offset`); a pixel of which a band that is used has no data, a division by zero, or a root or logarithm outside of its
    domain is no data. The expression knows `+ - * / ^`, comparisons (1 or 0), `and or not`, `abs sqrt log log10 exp min max` and
    `where(condition, a, b)`; band names with other characters than letters, digits and `_` are written in double quotes. It is computed tile
    by tile, pixel by pixel: there is no edge.
    """
  static let example = """
    ndwi: { use: raster.expression, in: { image: stack.image }, with: { expression: (B02 - B04) / (B02 + B04), name: ndwi } }
    """
  @Input("The raster whose bands are used") var image: Raster
  @Param("The expression") var expression: String
  @Param("Name of the new band") var name = "result"
  @Param("Unit of the result") var unit = "1"
  @Output("The result; float32, NaN is no data") var result: Raster?

  mutating func plan(in context: PlanContext) throws { result = Raster(planned: try made().spec) }
  mutating func run(in context: RunContext) async throws { result = try made() }

  private func made() throws -> Raster {
    let parsed: Expression
    do throws(FloeError) { parsed = try Expression(expression, bands: image.spec.bands.map(\.name)) } catch { throw ParameterError("expression", error.message) }
    var spec = image.spec
    spec.bands = [BandSpec(name: name, summary: expression, unit: PhysicalUnit(rawValue: unit), noData: .nan)]
    spec.type = .float32
    spec.classes = nil
    spec.style = nil
    let source = image, used = parsed.bands
    return Raster(spec, source: ComputedSource { window, bands, block in
      block.reshape(window: window, bandCount: bands.count, type: .float32)
      let read = try source.read(window, bands: used)
      var values = parsed.evaluate(count: window.pixelCount) { band in
        read.physical(band: used.firstIndex(of: band) ?? 0, as: source.spec.bands[band])
      }
      for i in values.indices where !values[i].isFinite { values[i] = .nan }
      block.values = .float32(values)
    })
  }
}
