import FloeSDK

/// Turns a labelling into the outputs of a step: labels, classes and areas, for rasters and tables alike.
struct ClusterProducts {
  let samples: Samples
  let source: SampleSource
  let clusterCount: Int
  /// `codes[cluster]`; nil without names.
  let codes: [Int]?
  /// What divides clusters into parts of two classes.
  var division: ClusterDivision?
  /// The classes with their labels and colours.
  var classTable = ClassTable.seaIce
  let water: WaterRule
  let maxLeadWidth: Double
  /// What makes classes of a table's records from those of their clusters; nil for rasters and without names.
  var records: RecordClasses?
  /// Clusters and classes of a raster's samples where a class need not be that of its cluster.
  var classify: BlockClassifier?

  /// Labels and classes as they will be.
  func planned() -> (labels: Samples, classes: Samples?) {
    switch samples {
    case .raster(let r):
      let labels = Raster(planned: ClusterRasters.labelSpec(r.spec, clusters: clusterCount))
      return (
        .raster(labels),
        codes.map { _ in .raster(Raster(planned: ClusterRasters.classSpec(r.spec, classes: classTable))) }
      )
    case .table(let t):
      let none = [UInt8](repeating: 255, count: t.rowCount)
      let labels = ClusterTables.labelled(t, clusters: none, count: clusterCount)
      return (
        .table(labels),
        codes.map { _ in .table(ClusterTables.classified(labels, codes: none.map { _ in -1 }, classes: classTable)) }
      )
    }
  }

  /// Labels and classes from a labelling of blocks; class areas and counts go to the record.
  func make(_ clusters: @escaping @Sendable (SampleBlock) -> [UInt8], context: RunContext) async throws -> (
    labels: Samples, classes: Samples?
  ) {
    let label = parts(clusters)
    let all: LabelStore.Labels
    switch samples {
    case .raster where classify != nil:
      return try await make(try await labelled(clusters, context: context), counts: nil, context: context)
    case .raster(let r):
      // One byte a pixel is cheap to keep, and both outputs and the areas rest on it.
      all = .raster(
        try await context.materialize(
          ClusterRasters.labels(ClusterRasters.labelSpec(r.spec, clusters: clusterCount), from: source, label)))
    case .table: all = .rows(try await labelRows(label, context: context))
    }
    return try await make(Labelling(labels: all), counts: nil, context: context)
  }

  /// Cluster numbers, or those of parts, of all samples, and what else was found on the way.
  struct Labelling: Sendable {
    var labels: LabelStore.Labels
    /// Samples of each cluster or part; empty where they were not counted.
    var counts: [Int] = []
    /// The class codes, and the samples of each; nil where classes are those of clusters or parts.
    var classes: (codes: LabelStore.Labels, counts: [Int])?
  }

  /// A labelling that separates the parts of divided clusters.
  func parts(_ clusters: @escaping @Sendable (SampleBlock) -> [UInt8]) -> @Sendable (SampleBlock) -> [UInt8] {
    guard let division else { return clusters }
    let layout = source.layout
    let count = clusterCount
    return { block in
      var labels = clusters(block)
      division.divide(&labels, of: block, layout: layout, clusterCount: count)
      return labels
    }
  }

  /// The numbers of parts of all samples, or of clusters with their classes, and how many samples each has.
  func labelled(
    _ clusters: @escaping @Sendable (SampleBlock) -> [UInt8], context: RunContext
  ) async throws -> Labelling {
    let label = parts(clusters)
    let store = try LabelStore(samples, source: source, clusters: clusterCount, context: context)
    let classes: LabelStore? =
      if classify == nil { nil } else {
        try LabelStore(samples, source: source, clusters: clusterCount, context: context)
      }
    let source = source
    let classify = classify
    let found = try await context.map(source.blockCount, progress: "blocks") { b -> (labels: [Int], codes: [Int]) in
      let block = try source.read(block: b)
      guard let classify, let classes else {
        let labels = label(block)
        try store.keep(block: b, labels)
        return (Self.histogram(labels), [])
      }
      let (labels, codes) = classify(block)
      try store.keep(block: b, labels)
      try classes.keep(block: b, codes)
      return (Self.histogram(labels), Self.histogram(codes))
    }
    let nothing = [Int](repeating: 0, count: 256)
    let counts = found.reduce(nothing) { sum, part in zip(sum, part.labels).map { $0 + $1 } }
    var result = Labelling(
      labels: store.labels(), counts: Array(counts.prefix(clusterCount + (division?.clusters.count ?? 0))))
    if let classes {
      result.classes = (
        classes.labels(), found.reduce(nothing) { sum, part in zip(sum, part.codes).map { $0 + $1 } }
      )
    }
    return result
  }

  /// How often each byte occurs: `counts[value]`.
  private static func histogram(_ values: [UInt8]) -> [Int] {
    var counts = [Int](repeating: 0, count: 256)
    values.withUnsafeBufferPointer { p in for v in p { counts[Int(v)] += 1 } }
    return counts
  }

  /// Samples of a cluster, its dark part included.
  func count(of cluster: Int, in parts: [Int]) -> Int {
    let dark = (division?.clusters.firstIndex(of: cluster)).map { parts[clusterCount + $0] } ?? 0
    return parts[cluster] + dark
  }

  /// Labels and classes from the numbers of parts; class areas and counts go to the record.
  ///
  /// - Parameter counts: samples of each part where they are known already.
  func make(_ all: Labelling, counts: [Int]?, context: RunContext) async throws -> (
    labels: Samples, classes: Samples?
  ) {
    switch (samples, all.labels) {
    case (.raster(let r), .raster(let labels)):
      guard let codes = partCodes else { return (.raster(labels), nil) }
      var classes = ClusterRasters.classes(
        ClusterRasters.classSpec(r.spec, classes: classTable), from: labels, codes: codes)
      var known = counts.map { zip(codes, $0).reduce(into: [Int](repeating: 0, count: 256)) { $0[$1.0] += $1.1 } }
      if let made = all.classes, case .raster(let raster) = made.codes {
        classes = Raster(classes.spec, source: raster.source)
        known = made.counts
      }
      if water == .openOcean {
        classes = try await context.materialize(OpenWaterFilter.opened(classes, sides: sides(r.spec.grid)))
        known = nil
      }
      if known == nil { known = try await ClusterRasters.histogram(classes, context: context) }
      ClusterRasters.recordAreas(known ?? [], grid: r.spec.grid, classes: classTable, context: context)
      guard let division else { return (.raster(labels), .raster(classes)) }
      let whole = ClusterRasters.classes(labels.spec, from: labels, codes: division.clusterOfPart(clusterCount))
      return (.raster(whole), .raster(classes))
    case (.table(let t), .rows(let all)):
      let labels = ClusterTables.labelled(t, clusters: all, count: clusterCount)
      guard let codes else { return (.table(labels), nil) }
      let found = (records ?? RecordClasses(codes: codes)).make(all)
      var counts: [Int: Int] = [:]
      for code in found.codes where code >= 0 { counts[Int(code), default: 0] += 1 }
      context.record(
        .classCounts,
        .array(
          classTable.entries.compactMap { e in
            counts[e.code].map { n in
              JSONValue(keyed: [.code: .integer(e.code), .name: .string(e.name), .records: .integer(n)])
            }
          }))
      if !found.unclassified.isEmpty {
        let reasons = found.unclassified.sorted { $0.key < $1.key }
        context.record(
          "unclassified",
          .array(reasons.map { JSONValue(keyed: [.reason: .string($0.key), .count: .integer($0.value)]) }))
        context.log(
          .info, "unclassified records: \(reasons.map { "\($0.value) \($0.key)" }.joined(separator: ", "))")
      }
      return (.table(labels), .table(ClusterTables.classified(labels, codes: found.codes, classes: classTable)))
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

  /// The class code of each part; nil without names.
  private var partCodes: [Int]? { codes.map { division?.codeOfPart($0) ?? $0 } }

  private func sides(_ grid: Grid) -> (columns: Int, rows: Int) {
    let pixel = grid.pixelMetres ?? SIMD2(grid.pixelWidth, grid.pixelHeight)
    func side(_ pixel: Double) -> Int { Int(min(2000, (maxLeadWidth / pixel).rounded(.down))) + 1 }
    return (side(pixel.x), side(pixel.y))
  }

  /// Refuses a lead width that the grid cannot resolve.
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
    let pixel = r.spec.grid.pixelMetres?.x ?? r.spec.grid.pixelWidth
    if maxLeadWidth / pixel > 2000 {
      throw ParameterError("max_lead_width", "is \(maxLeadWidth) m, more than 2000 pixels of \(pixel) m")
    }
  }
}
