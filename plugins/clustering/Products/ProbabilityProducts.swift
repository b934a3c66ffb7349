import FloeSDK

/// Probabilities of classes or clusters as a raster or as columns.
struct ProbabilityProducts {
  /// What each band or column is the probability of.
  let names: [String]
  /// `components[cluster]` is the code that a cluster counts for.
  let components: [Int]
  /// The code of each name.
  let codes: [Int]
  let uncertainty: Uncertainty
  /// What divides clusters into parts of two classes.
  var division: ClusterDivision?

  init(names: [String], components: [Int], codes: [Int], uncertainty: Uncertainty) {
    self.names = names
    self.components = components
    self.codes = codes
    self.uncertainty = uncertainty
  }

  /// One name a class that the rules name or a cluster got; without rules one a cluster.
  init(
    rules: [NameRule]?, codes named: [Int]?, clusters: Int, uncertainty: Uncertainty, division: ClusterDivision? = nil,
    classes: ClassTable = .seaIce
  ) {
    self.division = division
    self.uncertainty = uncertainty
    if let rules, let named {
      var known = rules.map(\.code)
      for code in named where !known.contains(code) { known.append(code) }
      codes = known
      names = known.map { classes[$0]?.name ?? "class_\($0)" }
      components = named
    } else {
      codes = Array(0..<clusters)
      names = codes.map { "cluster_\($0)" }
      components = codes
    }
  }

  func planned(_ samples: Samples) -> Samples {
    switch samples {
    case .raster(let r):
      .raster(Raster(planned: ClusterRasters.probabilitySpec(r.spec, names: names, uncertainty: uncertainty)))
    case .table(let t):
      .table(
        ClusterTables.withProbabilities(
          t, names: names, values: names.map { _ in [Float](repeating: .nan, count: t.rowCount) },
          uncertainty: uncertaintyName.map { ($0, [Float](repeating: .nan, count: t.rowCount)) }))
    }
  }

  private var uncertaintyName: String? {
    switch uncertainty {
    case .entropy: "entropy"
    case .top: "top_probability"
    case .none: nil
    }
  }

  func make(_ samples: Samples, source: SampleSource, kernel: GMMKernel, context: RunContext) async throws -> Samples {
    let wantsEntropy = uncertainty == .entropy
    switch samples {
    case .raster(let r):
      let spec = ClusterRasters.probabilitySpec(r.spec, names: names, uncertainty: uncertainty)
      let made = self
      return .raster(
        Raster(
          spec,
          source: ComputedSource { window, bands, block in
            // Tiles of a few thousand samples stay in the caches of one core.
            let samples = try source.block(window: window)
            let all = kernel.stored(
              samples, components: made.components, codes: made.codes,
              uncertainty: made.storedUncertainty,
              steps: Float((1 / ClusterRasters.probabilityStep).rounded()), left: 65535,
              division: made.division?.divided(samples, layout: source.layout))
            let n = window.pixelCount
            let values = bands == Array(spec.bands.indices) ? all : bands.flatMap { all[$0 * n..<($0 + 1) * n] }
            block = PixelBlock(window: window, bandCount: bands.count, values: .uint16(values))
          }))
    case .table(let t):
      let made = self
      let parts = try await context.map(source.blockCount, progress: "blocks") {
        made.columns(kernel.classify(try source.read(block: $0), entropy: wantsEntropy))
      }
      // A table without rows has no blocks, and the columns all the same.
      func column(_ place: Int) -> [Float] { parts.flatMap { $0[place] } }
      return .table(
        ClusterTables.withProbabilities(
          t, names: names, values: names.indices.map(column),
          uncertainty: uncertaintyName.map { ($0, column(names.count)) }))
    }
  }

  private var storedUncertainty: StoredUncertainty {
    switch uncertainty {
    case .entropy: .entropy
    case .top: .top
    case .none: .none
    }
  }

  /// One array a name, then the uncertainty if asked for.
  private func columns(_ output: GMMPosterior) -> [[Float]] {
    var all = output.probabilities(classOf: components, codes: codes)
    switch uncertainty {
    case .entropy where !GMMKernel.isOneEach(components, codes): all.append(GMMPosterior.entropy(ofClasses: all))
    case .entropy: all.append(output.entropy)
    case .top where !GMMKernel.isOneEach(components, codes):
      all.append(all[0].indices.map { i in all.reduce(-Float.infinity) { $1[i] > $0 || $1[i].isNaN ? $1[i] : $0 } })
    case .top: all.append(output.topProbability)
    case .none: break
    }
    return all
  }
}
