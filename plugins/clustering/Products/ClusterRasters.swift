import FloeSDK

/// Descriptions and sources of the rasters that clustering makes.
enum ClusterRasters {
  /// Cluster numbers on the grid of the samples.
  static func labelSpec(_ samples: RasterSpec, clusters: Int) -> RasterSpec {
    RasterSpec(
      grid: samples.grid,
      bands: [
        BandSpec(name: "cluster", summary: "Cluster number, in rising brightness", quantity: "label", noData: 255)
      ],
      type: .uint8, tile: samples.tile, classes: .clusters(clusters), style: .labels, acquisition: samples.acquisition)
  }

  /// Class codes on the grid of the samples.
  static func classSpec(_ samples: RasterSpec, classes: ClassTable) -> RasterSpec {
    RasterSpec(
      grid: samples.grid, bands: [BandSpec(name: "class", summary: "Surface class", quantity: "class", noData: 255)],
      type: .uint8, tile: samples.tile, classes: classes, style: .classes, acquisition: samples.acquisition)
  }

  /// Probabilities in steps of 1/50000, one band a class or cluster, and the uncertainty.
  static func probabilitySpec(_ samples: RasterSpec, names: [String], uncertainty: Uncertainty) -> RasterSpec {
    var bands = names.map {
      BandSpec(
        name: "p_\($0)", summary: "Probability of \($0)", quantity: "probability", scale: probabilityStep, noData: 65535
      )
    }
    switch uncertainty {
    case .entropy:
      bands.append(
        BandSpec(
          name: "entropy", summary: "Entropy of the clusters' probabilities over its maximum: 0 certain, 1 undecided",
          quantity: "uncertainty", scale: probabilityStep, noData: 65535))
    case .top:
      bands.append(
        BandSpec(
          name: "top_probability", summary: "Probability of the most probable cluster", quantity: "probability",
          scale: probabilityStep, noData: 65535))
    case .none: break
    }
    let shown = names.contains("lead") ? "p_lead" : bands[0].name
    return RasterSpec(
      grid: samples.grid, bands: bands, type: .uint16, tile: samples.tile, style: .ramp(band: shown, low: 0, high: 1),
      acquisition: samples.acquisition)
  }

  /// One stored step of a probability.
  static let probabilityStep = 1.0 / 50_000

  /// The labels of a window computed from the samples.
  static func labels(
    _ spec: RasterSpec, from source: SampleSource, _ label: @escaping @Sendable (SampleBlock) -> [UInt8]
  ) -> Raster {
    Raster(
      spec,
      source: ComputedSource { window, _, block in
        block = PixelBlock(window: window, bandCount: 1, values: .uint8(label(try source.block(window: window))))
      })
  }

  /// Labels turned into class codes.
  static func classes(_ spec: RasterSpec, from labels: Raster, codes: [Int]) -> Raster {
    var table = [UInt8](repeating: 255, count: 256)
    for (cluster, code) in codes.enumerated() { table[cluster] = UInt8(code) }
    let lookup = table
    return Raster(
      spec,
      source: ComputedSource { window, bands, block in
        try labels.source.read(window, bands: bands, into: &block)
        guard case .uint8(var values) = block.values else { return }
        for i in values.indices { values[i] = lookup[Int(values[i])] }
        block = PixelBlock(window: window, bandCount: 1, values: .uint8(values))
      })
  }

  /// Pixels of each code, 255 included: `counts[code]`.
  static func histogram(_ raster: Raster, context: RunContext) async throws -> [Int] {
    let blocks = raster.spec.grid.rowBlocks()
    let parts = try await context.map(blocks.count, progress: "blocks") { i -> [Int] in
      guard case .uint8(let values) = try raster.read(blocks[i]).values else { return [] }
      var counts = [Int](repeating: 0, count: 256)
      values.withUnsafeBufferPointer { p in for v in p { counts[Int(v)] += 1 } }
      return counts
    }
    return parts.reduce([Int](repeating: 0, count: 256)) { sum, part in zip(sum, part).map { $0 + $1 } }
  }

  /// Tells areas and shares of classes, for summary, record and report.
  static func recordAreas(_ counts: [Int], grid: Grid, classes: ClassTable, context: RunContext) {
    let valid = counts.indices.filter { $0 != classes.noData }.reduce(0) { $0 + counts[$1] }
    let pixelArea = grid.crs == nil ? nil : grid.pixelSquareMetres
    if pixelArea != nil {
      if let remark = grid.measureRemark("areas of classes") { context.warn(remark) }
      if let remark = grid.areaRemark() { context.log(.notice, remark) }
    }
    context.record(
      .classAreas,
      .array(
        classes.entries.filter { counts[$0.code] > 0 }.map { entry in
          let n = counts[entry.code]
          return JSONValue(keyed: [
            .code: .integer(entry.code), .name: .string(entry.name), .label: .string(entry.label),
            .pixels: .integer(n),
            .areaKm2: pixelArea.map { .number(Double(n) * $0 / 1e6) } ?? .null,
            .share: .number(valid > 0 ? Double(n) / Double(valid) : 0),
          ])
        }))
  }
}
