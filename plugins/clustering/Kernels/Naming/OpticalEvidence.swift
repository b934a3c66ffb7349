import FloeCore

/// Which clusters of an image are open water: darkness against the scene's own ice, and colours that a mixture of
/// water and ice can have.
///
/// - The *ice level* of a band is its median over the samples that are at least half as bright as the 95th percentile
///   of brightness; brightness is the mean over the bands. The *dark level* is the mean of the darkest tenth of the
///   darkest cluster.
/// - There is water only if the dark level is at most `darkRatio` of the ice level and, in the bands from 600 to 900
///   nm, where haze is thin, at most `darkLimit`: open water reflects 0.07 and bare nilas 0.14, young grey ice 0.25
///   (Brandt et al. 2005, Journal of Climate 18, 3606), and the air over them adds some hundredths.
/// - The openness of a cluster in a band is (ice level - mean) / (ice level - dark level). A pixel that holds water
///   and ice by shares has the same openness in every band, whatever the haze. Young ice, shadows on snow and land
///   are dark too, but not alike in all bands: a cluster whose openness differs between bands by more than `spread`
///   of itself, and 0.02 for noise, is refused.
/// - A pixel is water from an openness of `waterShare` in brightness on. A cluster within three standard deviations
///   of that limit is divided there, and each of its samples is held to `spread` too, so that the limits and not the
///   accident of a start say where water ends.
public struct OpticalEvidence: ClusterEvidence {
  /// Names of the features in their order.
  public var features: [String]
  /// `ice[feature]`, in physical units.
  public var ice: [Double]
  /// `ends[cluster][feature]`: the mean of the darkest tenth of its samples; nil where there are fewer than 10.
  public var ends: [[Double]?]
  /// Places of the bands in which the absolute limit holds; empty where the numbers are no reflectances.
  public var clearBands: [Int]
  public var limits: Limits

  /// The numbers that may be changed, all dimensionless.
  public struct Limits: Sendable, Hashable {
    /// The largest dark level as a share of the ice level.
    public var darkRatio = 0.5
    /// The largest reflectance of the dark level in the clear bands.
    public var darkLimit = 0.18
    /// The least share of open water in a pixel that is called water.
    public var waterShare = 0.45
    /// The largest difference of openness between bands, as a part of the openness.
    public var spread = 0.1
    /// The defaults.
    public init() {}
  }

  /// Evidence from the levels of a scene.
  public init(features: [String], ice: [Double], ends: [[Double]?], clearBands: [Int], limits: Limits = Limits()) {
    self.features = features
    self.ice = ice
    self.ends = ends
    self.clearBands = clearBands
    self.limits = limits
  }

  public func judge(_ clusters: [ClusterSummary]) -> EvidenceVerdict {
    let iceBrightness = mean(ice)
    func nothing(_ sentence: String, dark: [Double]? = nil) -> EvidenceVerdict {
      EvidenceVerdict(
        isFound: false, sentence: sentence, standings: clusters.map { _ in .outside }, limit: nil,
        facts: facts(dark: dark, limit: nil, rows: rows(clusters, dark: nil, standings: clusters.map { _ in .outside }))
      )
    }
    guard let darkest = clusters.orderByBrightness.first(where: { $0 < ends.count && ends[$0] != nil }),
      let dark = ends[darkest]
    else { return nothing("no cluster has the 10 samples that a dark level is taken from") }
    guard iceBrightness > 0 else { return nothing("the ice level \(short(iceBrightness)) is not above zero") }
    let darkBrightness = mean(dark)
    let share = darkBrightness / iceBrightness
    let told =
      """
      the darkest cluster goes down to \(short(darkBrightness)), \(short(share)) of the ice level \
      \(short(iceBrightness))
      """
    guard share <= limits.darkRatio else {
      return nothing("\(told); at most \(short(limits.darkRatio)) is asked", dark: dark)
    }
    if !clearBands.isEmpty {
      let clear = clearBands.reduce(0) { $0 + dark[$1] } / Double(clearBands.count)
      guard clear <= limits.darkLimit else {
        let names = clearBands.map { features[$0] }.joined(separator: ", ")
        return nothing(
          "the darkest cluster goes down to \(short(clear)) in \(names); at most \(short(limits.darkLimit)) is asked",
          dark: dark)
      }
    }
    let limit = iceBrightness - limits.waterShare * (iceBrightness - darkBrightness)
    let standings = clusters.indices.map { j -> EvidenceVerdict.Standing in
      let c = clusters[j]
      let reach = 3 * max(0, c.brightnessVariance).squareRoot()
      if c.brightness - reach > limit { return .outside }
      let openness = (iceBrightness - c.brightness) / (iceBrightness - darkBrightness)
      if j != darkest, c.brightness <= limit,
        difference(c, dark) > limits.spread * openness + ClusterDivision.Limit.noise
      {
        return .refused
      }
      return c.brightness + reach <= limit ? .whole : .divided
    }
    return EvidenceVerdict(
      isFound: true,
      sentence: """
        brightness at most \(short(limit)), \(short(limit / iceBrightness)) of the ice level \(short(iceBrightness)), \
        where \
        \(short(limits.waterShare)) of a pixel is as dark as the darkest, \(short(darkBrightness))
        """,
      standings: standings,
      limit: standings.contains(.divided)
        ? ClusterDivision.Limit(brightness: limit, ice: ice, dark: dark, spread: limits.spread) : nil,
      facts: facts(dark: dark, limit: limit, rows: rows(clusters, dark: dark, standings: standings)))
  }

  /// Openness in each band; nil where ice and water hardly differ.
  private func openness(_ c: ClusterSummary, _ dark: [Double]) -> [Double?] {
    ice.indices.map { f in
      let contrast = ice[f] - dark[f]
      return contrast > 0.1 * abs(ice[f]) ? (ice[f] - c.mean[f]) / contrast : nil
    }
  }

  private func difference(_ c: ClusterSummary, _ dark: [Double]) -> Double {
    let known = openness(c, dark).compactMap { $0 }
    guard let low = known.min(), let high = known.max() else { return 0 }
    return high - low
  }

  private func rows(_ clusters: [ClusterSummary], dark: [Double]?, standings: [EvidenceVerdict.Standing]) -> JSONValue {
    let level = mean(ice)
    return .array(
      clusters.indices.map { j in
        var row: [String: JSONValue] = [
          "cluster": .integer(j), "brightness": JSONValue(finite: clusters[j].brightness),
          "share_of_ice": JSONValue(finite: level != 0 ? clusters[j].brightness / level : .nan),
          "standing": .string(standings[j].rawValue),
        ]
        if let dark {
          row["openness"] = .object(
            Dictionary(
              uniqueKeysWithValues: zip(features, openness(clusters[j], dark)).compactMap { name, value in
                value.map { (name, JSONValue(finite: $0)) }
              }))
        }
        return .object(row)
      })
  }

  private func facts(dark: [Double]?, limit: Double?, rows: JSONValue) -> JSONValue {
    func levels(_ values: [Double]) -> JSONValue {
      .object(Dictionary(uniqueKeysWithValues: zip(features, values).map { ($0, JSONValue(finite: $1)) }))
    }
    return .object([
      "kind": "optical", "ice_level": levels(ice), "ice_brightness": JSONValue(finite: mean(ice)),
      "dark_level": dark.map(levels) ?? .null, "dark_brightness": dark.map { JSONValue(finite: mean($0)) } ?? .null,
      "limit": limit.map { JSONValue(finite: $0) } ?? .null, "bands": .array(features.map(JSONValue.string)),
      "clear_bands": .array(clearBands.map { .string(features[$0]) }), "dark_ratio": .number(limits.darkRatio),
      "dark_limit": .number(limits.darkLimit), "water_share": .number(limits.waterShare),
      "spread": .number(limits.spread),
      "clusters": rows,
    ])
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
}
