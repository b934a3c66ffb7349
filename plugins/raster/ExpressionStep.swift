import FloeSDK

/// Band arithmetic.
struct ExpressionStep: ProcessingStep {
  static let name = "raster.expression"
  static let summary = "Computes one band from others by an expression such as (B02 - B04) / (B02 + B04)."
  static let discussion = """
    The output has one band of single-precision numbers, NaN for no data, on the same grid. Bands enter in physical
    units (`stored * scale + offset`); a pixel of which a band that is used has no data, a division by zero, or a root
    or logarithm outside of its domain is no data. The expression knows `+ - * / ^`, comparisons (1 or 0), `and or not`,
    `abs sqrt log log10 exp min max` and `where(condition, a, b)`; band names with other characters than letters, digits
    and `_` are written in double quotes. It is computed tile by tile, pixel by pixel: there is no edge. With `classes`
    the output is a class raster of uint8: the rounded value is the code; codes without a name, like no data, become
    255.
    """
  static let example = """
    ndwi: { use: raster.expression, in: { image: stack.image }, with: { expression: (B02 - B04) / (B02 + B04), name: \
    ndwi } }
    """
  @Input("The raster whose bands are used") var image: Raster
  @Param("The expression") var expression: String
  @Param("Name of the new band") var name = "result"
  @Param("Unit of the result") var unit = "1"
  @Param("Codes with names, for example {0: water, 1: pond}: the result becomes a class raster") var classes: Pairs?
  @Output("The result; float32 with NaN, or with classes uint8 with 255, for no data") var result: Raster?

  func validate() throws { _ = try table() }
  mutating func plan(in context: PlanContext) throws { result = Raster(planned: try made().spec) }
  mutating func run(in context: RunContext) async throws { result = try made() }

  private func made() throws -> Raster {
    let parsed: Expression
    do throws(FloeError) { parsed = try Expression(expression, bands: image.spec.bands.map(\.name)) } catch {
      throw ParameterError("expression", error.message)
    }
    var spec = image.spec
    spec.bands = [BandSpec(name: name, summary: expression, unit: PhysicalUnit(rawValue: unit), noData: .nan)]
    spec.type = .float32
    spec.classes = try table()
    spec.style = nil
    if spec.classes != nil {
      spec.type = .uint8
      spec.style = .classes
      spec.bands = [BandSpec(name: name, summary: expression, quantity: "class", noData: 255)]
    }
    let source = image
    let used = parsed.bands
    let isClasses = spec.classes != nil
    var known = [UInt8](repeating: 255, count: 256)
    for entry in spec.classes?.entries ?? [] where (0...254).contains(entry.code) {
      known[entry.code] = UInt8(entry.code)
    }
    let codes = known
    return Raster(
      spec,
      source: ComputedSource { window, bands, block in
        block.reshape(window: window, bandCount: bands.count, type: isClasses ? .uint8 : .float32)
        let read = try source.read(window, bands: used)
        var values = parsed.evaluate(count: window.pixelCount) { band in
          read.physical(band: used.firstIndex(of: band) ?? 0, as: source.spec.bands[band])
        }
        if isClasses {
          block.values = .uint8(
            values.map { value in
              // What lies outside, NaN too, has no class.
              value > -0.5 && value < 255.5 ? codes[min(255, Int(value.rounded()))] : 255
            })
          return
        }
        for i in values.indices where !values[i].isFinite { values[i] = .nan }
        block.values = .float32(values)
      })
  }

  private func table() throws -> ClassTable? {
    guard let classes else { return nil }
    let palette = ClassTable.clusters(255).entries
    let entries = try classes.entries.map { key, value -> ClassEntry in
      guard let code = Int(key), (0...254).contains(code) else {
        throw ParameterError("classes", "needs codes from 0 to 254, not '\(key)'")
      }
      if let known = ClassTable.seaIce.named(value), known.code == code { return known }
      return ClassEntry(code: code, name: value, label: value, color: palette[code].color)
    }
    guard Set(entries.map(\.code)).count == entries.count, !entries.isEmpty else {
      throw ParameterError("classes", "must give each code once, and one at least")
    }
    return ClassTable(entries)
  }
}
