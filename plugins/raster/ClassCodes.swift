import FloeSDK

/// One band of codes held whole, with the mask of its valid pixels.
struct ClassCodes: Sendable {
  var codes: [UInt8]
  var valid: [UInt8]
  let band: Int

  /// Which band of a raster holds codes: the named one, else the one of classes, else the only one.
  static func band(of spec: RasterSpec, named name: String?) throws -> Int {
    let names = spec.bands.map(\.name)
    guard spec.type == .uint8 else {
      throw FloeError("the raster holds \(spec.type.rawValue); regions need codes as uint8, as clusterings make them")
    }
    if let name {
      if let found = spec.bandIndex(name) { return found }
      let near = Spelling.nearest(name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
      throw ParameterError(
        "band", "names '\(name)', which the raster has not\(near); it has \(names.joined(separator: ", "))")
    }
    if let classes = spec.bands.firstIndex(where: { $0.quantity == "class" || $0.quantity == "label" }) {
      return classes
    }
    if names.count == 1 { return 0 }
    throw ParameterError("band", "is needed: the raster has the bands \(names.joined(separator: ", "))")
  }

  init(_ raster: Raster, band: Int, in context: RunContext) async throws {
    let spec = raster.spec
    let blocks = spec.grid.rowBlocks()
    let noData = Set([spec.classes?.noData, spec.bands[band].noData.flatMap { Int(exactly: $0) }].compactMap { $0 })
    let parts = try await context.map(blocks.count, progress: "blocks") { i -> [UInt8] in
      guard case .uint8(let v) = try raster.read(blocks[i], bands: [band]).values else {
        throw FloeError("a raster's source gave another pixel type than it announced")
      }
      return v
    }
    codes = Array(parts.joined())
    let isValid = (0...255).map { noData.contains($0) ? UInt8(0) : 1 }
    valid = codes.map { isValid[Int($0)] }
    self.band = band
  }
}
