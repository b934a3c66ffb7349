import FloeSDK

/// Band arithmetic.
struct ExpressionStep: ProcessingStep {
  static let name = "raster.expression"
  static let summary = "Computes one band from others by an expression such as (B02 - B04) / (B02 + B04)."
  static let discussion = """
    The output has one band of single-precision numbers (double precision where the bands are float64 or whole numbers
    of 32 bits, or a number is written that single precision does not hold, such as 1e39 or 16777217), NaN for no data,
    on the same grid. Bands enter in physical units (`stored * scale + offset`); a pixel of which a band that is used
    has no data, a division by zero, or a root or logarithm outside of its domain is no data. The expression knows
    `+ - * / ^`, comparisons and `and or not`, which bind as in Python (`not a == b` is `not (a == b)`, `a < b < c` is
    `a < b and b < c`) and give 1 or 0, of numbers too, `abs sqrt log log10 exp min max` and `where(condition, a, b)`,
    which looks at the one that it takes alone; band names with other characters than letters, digits and `_` are
    written in double quotes. It is computed tile by tile, pixel by pixel: there is no edge. With `classes` the output
    is a class raster of uint8: the rounded value is the code; codes without a name, like no data, become 255.
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
  @Output("The result; float32 or float64 with NaN, or with classes uint8 with 255, for no data") var result: Raster?

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
    let isWide = isWide || !parsed.isSingle
    spec.type = isWide ? .float64 : .float32
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
    let type = spec.type
    var known = [UInt8](repeating: 255, count: 256)
    for entry in spec.classes?.entries ?? [] where (0...254).contains(entry.code) {
      known[entry.code] = UInt8(entry.code)
    }
    let codes = known
    return Raster(
      spec,
      source: ComputedSource { window, bands, block in
        block.reshape(window: window, bandCount: bands.count, type: type)
        let read = try source.read(window, bands: used)
        if isWide {
          let values = parsed.evaluate(count: window.pixelCount) { band in
            read.physicalDoubles(band: used.firstIndex(of: band) ?? 0, as: source.spec.bands[band])
          }
          block.values = isClasses ? .uint8(Self.coded(values, codes)) : .float64(Self.finite(values))
        } else {
          let values = parsed.evaluate(count: window.pixelCount) { band in
            read.physical(band: used.firstIndex(of: band) ?? 0, as: source.spec.bands[band])
          }
          block.values = isClasses ? .uint8(Self.coded(values, codes)) : .float32(Self.finite(values))
        }
      })
  }

  /// Whether single precision does not hold the bands' numbers.
  private var isWide: Bool { [.int32, .uint32, .float64].contains(image.spec.type) }

  private static func coded<T: BinaryFloatingPoint>(_ values: [T], _ codes: [UInt8]) -> [UInt8] {
    // What lies outside, NaN too, has no class.
    values.map { $0 > -0.5 && $0 < 255.5 ? codes[min(255, Int($0.rounded()))] : 255 }
  }

  private static func finite<T: BinaryFloatingPoint>(_ values: [T]) -> [T] { values.map { $0.isFinite ? $0 : .nan } }

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
    if let nameless = entries.first(where: { $0.name.isEmpty }) {
      throw ParameterError("classes", "gives the code \(nameless.code) no name; a word is right")
    }
    // Steps that ask for a class by its name would take the first of its codes alone.
    var codes: [String: Int] = [:]
    for entry in entries {
      guard let other = codes.updateValue(entry.code, forKey: entry.name) else { continue }
      throw ParameterError(
        "classes", "gives the name '\(entry.name)' to the codes \(other) and \(entry.code); each has its own")
    }
    return ClassTable(entries)
  }
}
