import FloeSDK

/// Physical tests of one scene's clusters: what they need of the samples, made once a fit.
struct SceneEvidence {
  /// Tests by the word that rules call them with.
  let tests: [String: any ClusterEvidence]
  /// The brightness that shares of brightness refer to; nil for tables.
  let iceLevel: Double?

  /// No tests.
  static let none = SceneEvidence(tests: [:], iceLevel: nil)

  private init(tests: [String: any ClusterEvidence], iceLevel: Double?) {
    self.tests = tests
    self.iceLevel = iceLevel
  }

  /// The tests of an image.
  ///
  /// - Parameter label: clusters of a block's samples.
  init(
    _ sample: BalancedSample, source: SampleSource, clusters: Int, limits: OpticalEvidence.Limits,
    label: (SampleBlock) -> [UInt8]
  ) {
    let labels = label(sample.training)
    let ends = sample.darkEnds(labels: labels, clusters: clusters, layout: source.layout)
    tests = [
      "dark": OpticalEvidence(
        features: source.features.map(\.name), ice: sample.ice, ends: ends,
        scene: .init(
          end: sample.darkestSamples(layout: source.layout),
          lowest: sample.lowest(labels: labels, clusters: clusters, layout: source.layout)),
        clearBands: source.clearBands,
        infraredBands: source.infraredBands, order: source.bandOrder, limits: limits)
    ]
    iceLevel = sample.ice.reduce(0, +) / Double(max(1, sample.ice.count))
  }
}

extension BalancedSample {
  /// The sample of an image, in one pass over it.
  static func take(_ source: SampleSource, map: some BlockMap) async throws -> (BalancedSample, FeatureStatistics) {
    let picks = try await SamplingPass.take(source, wanted: 3_000_000, least: 200_000, exactly: false, map: map)
    return (BalancedSample(picks, layout: source.layout), picks.census)
  }
}

extension SampleSource {
  /// What the rule `dark` has little or nothing to go by in these bands, in sentences.
  func darkRemarks(_ rules: ClassRules?) -> [String] {
    guard rules?.needsIceLevel == true else { return [] }
    var remarks: [String] = []
    if bandOrder != nil, infraredBands.isEmpty {
      remarks.append("no band lies beyond 780 nm (B08, B8A): young ice is easily taken for a lead without one")
    }
    let air = features.indices.filter { bandOrder?.contains($0) == false }.map { features[$0].name }
    if !air.isEmpty {
      remarks.append(
        """
        \(air.joined(separator: ", ")) shows vapour and cloud and not the surface: it tells no lead and makes clusters \
        of noise; leave it out
        """)
    }
    if bandOrder == nil, clearBands.isEmpty {
      remarks.append(
        """
        the bands tell no wavelengths of reflectances, so that `dark` goes by the scene's own ice alone and young ice \
        is easily taken for a lead; the tags WAVELENGTH, WAVELENGTH_UNITS and QUANTITY of each band tell them
        """)
    }
    return remarks
  }
}

extension BalancedSample {
  /// Warns where the darkest samples are stored as 0 in all bands of an image that declares no value for no data.
  func warnOfMargin(_ samples: Samples, _ source: SampleSource, context: RunContext) {
    guard case .raster(let raster) = samples, let darkest = darkestSamples(layout: source.layout),
      !raster.spec.bands.contains(where: { $0.noData.map { !$0.isNaN } ?? false }),
      zip(darkest, source.features).allSatisfy({ abs($0 - $1.offset) <= 1e-6 * abs($1.scale) })
    else { return }
    context.warn(
      """
      the darkest pixels are 0 in all bands, and the image declares no value for no data: if 0 stands for none, as in \
      the margin of a scene, it is taken for water here; give `no_data: 0` where the image is read
      """)
  }
}

extension Training {
  /// Refuses what a way of training cannot do.
  func check(_ source: SampleSource) throws(ParameterError) {
    guard self == .balanced, !source.hasBrightness else { return }
    throw ParameterError(
      "training", "is balanced, which goes by brightness, and a table has none: use 'training: even'")
  }
}

extension NamingResult? {
  /// Refuses more parts than labels can tell apart.
  func checkParts(_ clusters: Int) throws(ParameterError) {
    guard let cut = self?.division, clusters + cut.clusters.count > 255 else { return }
    throw ParameterError(
      "clusters",
      "is \(clusters), and \(cut.clusters.count) of them are divided by brightness; together at most 255 are possible")
  }
}
