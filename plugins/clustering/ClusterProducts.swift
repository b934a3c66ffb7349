import FloeSDK

/// Turns a labelling into the outputs of a step: labels, classes and areas, for rasters and tables alike.
struct ClusterProducts {
  let samples: Samples
  let source: SampleSource
  let clusterCount: Int
  /// `codes[cluster]`; nil without names.
  let codes: [Int]?
  let water: WaterRule
  let maxLeadWidth: Double

  /// Labels and classes as they will be.
  func planned() -> (labels: Samples, classes: Samples?) {
    switch samples {
    case .raster(let r):
      let labels = Raster(planned: ClusterRasters.labelSpec(r.spec, clusters: clusterCount))
      return (.raster(labels), codes.map { _ in .raster(Raster(planned: ClusterRasters.classSpec(r.spec))) })
    case .table(let t):
      let none = [UInt8](repeating: 255, count: t.rowCount)
      let labels = ClusterTables.labelled(t, clusters: none, count: clusterCount)
      return (.table(labels), codes.map { _ in .table(ClusterTables.classified(labels, clusters: none, codes: [0])) })
    }
  }

  /// Labels and classes from a labelling of blocks; class areas and counts go to the record.
  func make(_ label: @escaping @Sendable (SampleBlock) -> [UInt8], context: RunContext) async throws -> (
    labels: Samples, classes: Samples?
  ) {
    let all: LabelStore.Labels
    switch samples {
    case .raster(let r):
      // One byte a pixel is cheap to keep, and both outputs and the areas rest on it.
      all = .raster(
        try await context.materialize(
          ClusterRasters.labels(ClusterRasters.labelSpec(r.spec, clusters: clusterCount), from: source, label)))
    case .table: all = .rows(try await labelRows(label, context: context))
    }
    return try await make(all, counts: nil, context: context)
  }

  /// Labels and classes from cluster numbers; class areas and counts go to the record.
  ///
  /// - Parameter counts: samples of each cluster where they are known already.
  func make(_ all: LabelStore.Labels, counts: [Int]?, context: RunContext) async throws -> (
    labels: Samples, classes: Samples?
  ) {
    switch (samples, all) {
    case (.raster(let r), .raster(let labels)):
      guard let codes else { return (.raster(labels), nil) }
      var classes = ClusterRasters.classes(ClusterRasters.classSpec(r.spec), from: labels, codes: codes)
      var known = counts.map { zip(codes, $0).reduce(into: [Int](repeating: 0, count: 256)) { $0[$1.0] += $1.1 } }
      if water == .openOcean {
        classes = try await context.materialize(OpenWaterFilter.opened(classes, side: side(r.spec.grid)))
        known = nil
      }
      if known == nil { known = try await ClusterRasters.histogram(classes, context: context) }
      ClusterRasters.recordAreas(known ?? [], grid: r.spec.grid, classes: .seaIce, context: context)
      return (.raster(labels), .raster(classes))
    case (.table(let t), .rows(let all)):
      let labels = ClusterTables.labelled(t, clusters: all, count: clusterCount)
      guard let codes else { return (.table(labels), nil) }
      var counts: [Int: Int] = [:]
      for c in all where c != 255 { counts[codes[Int(c)], default: 0] += 1 }
      context.record(
        "class_counts",
        .array(
          ClassTable.seaIce.entries.compactMap { e in
            counts[e.code].map { ["code": .integer(e.code), "name": .string(e.name), "records": .integer($0)] }
          }))
      return (.table(labels), .table(ClusterTables.classified(labels, clusters: all, codes: codes)))
    default: throw FloeError("labels of another kind than the samples")
    }
  }

  /// Labels of all rows of a table, in order.
  func labelRows(_ label: @escaping @Sendable (SampleBlock) -> [UInt8], context: RunContext) async throws -> [UInt8] {
    let source = source
    return try await context.map(source.blockCount, progress: "blocks") { label(try source.read(block: $0)) }.flatMap {
      $0
    }
  }

  private func side(_ grid: Grid) -> Int { Int((maxLeadWidth / grid.pixelWidth).rounded(.down)) + 1 }

  /// Refuses a lead width that the grid cannot tell.
  func checkWater() throws {
    guard water == .openOcean, case .raster(let r) = samples else { return }
    guard codes != nil else { throw ParameterError("water", "is about named classes: give 'names' too") }
    if let crs = r.spec.grid.crs, crs.isGeographic {
      throw ParameterError(
        "water",
        """
        is open_ocean, which rests on widths in metres, but the raster is in degrees (\(crs.label)); bring it to a \
        projected system first, for example with raster.warp
        """
      )
    }
    if maxLeadWidth / r.spec.grid.pixelWidth > 2000 {
      throw ParameterError(
        "max_lead_width", "is \(maxLeadWidth) m, more than 2000 pixels of \(r.spec.grid.pixelWidth) m")
    }
  }
}
