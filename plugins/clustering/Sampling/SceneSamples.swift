import FloeIO
import FloeSDK

/// The samples of several images as those of one: their bands must be the same in name, unit and quantity.
///
/// Scenes come in the order of their pixels' digests, so that a fit does not depend on the order in which they were
/// named. Numbers that are stored alike in all scenes stay as they are stored, and sums of whole numbers exact; others
/// are brought to physical units in single precision.
enum SceneSamples {
  /// The scenes, checked, without reading a pixel; in the order in which they were named.
  ///
  /// - Throws: a `ParameterError` that names the scene and the band that does not fit.
  static func sources(_ samples: [Samples], features: [String]?) throws -> [SampleSource] {
    var sources: [SampleSource] = []
    for (i, one) in samples.enumerated() {
      guard case .raster = one else {
        throw ParameterError("samples", "must be rasters: number \(i + 1) is a table; join tables into one first")
      }
      let wanted = sources.first.map { $0.features.map(\.name) }
      if features == nil, let wanted {
        // In either order: bands that one scene has and another lacks are no choice of the first.
        let own = try SampleSource(one, features: nil).features.map(\.name)
        if Set(own) != Set(wanted) {
          throw ParameterError(
            "samples",
            """
            number \(i + 1) does not fit number 1: it has the bands \(own.joined(separator: ", ")), not \
            \(wanted.joined(separator: ", ")); name those that all have with 'features'
            """)
        }
      }
      let source = try SampleSource(one, features: features ?? wanted)
      if let first = sources.first, let reason = difference(first, source) {
        throw ParameterError("samples", "number \(i + 1) does not fit number 1: \(reason)")
      }
      sources.append(source)
    }
    return sources
  }

  private static func difference(_ a: SampleSource, _ b: SampleSource) -> String? {
    for (x, y) in zip(a.features, b.features) {
      if x.quantity != y.quantity { return "band '\(y.name)' holds \(y.quantity), not \(x.quantity)" }
      if x.unit != y.unit { return "band '\(y.name)' is in '\(y.unit.rawValue)', not '\(x.unit.rawValue)'" }
    }
    if let x = a.acquisition?.level, let y = b.acquisition?.level, x != y { return "it is of level \(y), not \(x)" }
    return nil
  }

  /// All scenes as one source, in the order of their content.
  static func joined(_ sources: [SampleSource], context: RunContext) async throws -> SampleSource {
    var keyed: [(key: String, source: SampleSource)] = []
    for source in sources {
      let parts = try await context.map(source.blockCount, progress: "blocks looked over") { b in
        try source.digest(block: b)
      }
      let layout = source.layout.map { "\($0.name) \($0.scale) \($0.offset) \($0.noData.map { "\($0)" } ?? "-")" }
      keyed.append((try SHA256.hexadecimal(of: Array((layout + parts).joined(separator: "\n").utf8)), source))
    }
    return try SampleSource(scenes: keyed.sorted { $0.key < $1.key }.map(\.source))
  }
}

extension SampleSource {
  /// SHA-256 of a block's stored numbers.
  fileprivate func digest(block: Int) throws -> String {
    let hash = try SHA256()
    switch try read(block: block).values {
    case .uint16(let v): v.withUnsafeBytes(hash.update)
    case .float(let v): v.withUnsafeBytes(hash.update)
    }
    return hash.finalize()
  }
}
