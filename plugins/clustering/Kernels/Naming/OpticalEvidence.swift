import FloeCore

/// Which clusters of an image are open water: darkness against the scene's own ice, and colours that a mixture of
/// water and ice can have.
///
/// - The *ice level* of a band is its median over the samples that are at least half as bright as the 95th percentile
///   of brightness; brightness is the mean over the bands. The *dark end* is the mean of the darkest tenth of the
///   darkest cluster (of one that is darker in the shortest waves where there is one, for then the darkest is a shadow
///   on snow); where that is not dark enough, as where a lead of a few pixels has no cluster of its own, the mean of
///   the three darkest samples.
/// - There is water only if the dark end is at most `darkRatio` of the ice level (in infrared bands where there are
///   any, for haze brightens dark pixels in the blue; else in brightness) and, in the bands from 600 to 900 nm, where
///   haze is thin, at most `darkLimit`: open water reflects 0.07 and bare nilas 0.14, young grey ice 0.25
///   (Brandt et al. 2005, Journal of Climate 18, 3606), and the air over them adds some hundredths.
/// - The *dark level* stands for a pixel of nothing but water. It is the dark end, unless that is brighter than water
///   in every infrared band: then no pixel is filled, and the dark level lies as far beyond the dark end, on the
///   straight line of mixtures from the ice level, as takes the first infrared band to `InfraredBand.water`.
/// - The openness of a sample in a band is (ice level - value) / (ice level - dark level). A pixel that holds water
///   and ice by shares has the same openness in every band, whatever the haze. Two kinds of surface are dark and not
///   alike in all bands. Young ice absorbs more at longer waves than snow does (Brandt et al. 2005), and skylight fills
///   shadows on snow in the blue: openness rises with the wavelength, by at most `spread` of itself in a mixture, and
///   by up to twice that where the longest clear infrared band shows all but water, for there haze alone brightens the
///   blue (`ClusterDivision.Limit.widening`). Ice that is dimmed as a whole (grey ice, slopes away from the sun, a
///   cloud's shadow) keeps its colour, while water keeps the light of the air, so that its openness falls with the
///   wavelength; a sample is a mixture while it lies nearer to one than to such ice, that is, while openness falls by
///   at most half of what that of dimmed ice falls by, and in any case by `spread`. Noise may add 0.02 to both. Where
///   wavelengths are unknown, `spread` holds both ways.
/// - Bands that show the air and not the surface (`showsAir`) take part in brightness alone, and so do bands from
///   930 nm on in which ice is no brighter than water may be, as snow can be at 1600 and 2200 nm.
/// - A pixel is water from an openness of `waterShare` in brightness on. Clusters within three standard deviations of
///   that limit, and clusters that miss the limits of openness by up to as much again, are divided: each of their
///   samples is held to these limits, so that they and not the accident of a start say where water ends. Clusters that
///   miss them by more, and by more than three of their standard deviations, are refused. How probable it is that such
///   a sample is water follows from normal errors: of brightness by as much as the ice of a cluster varies, in the
///   share of the pixel that is ice at the limit, and of openness by the noise of two bands.
public struct OpticalEvidence: ClusterEvidence {
  /// Names of the features in their order.
  public var features: [String]
  /// `ice[feature]`, in physical units.
  public var ice: [Double]
  /// `ends[cluster][feature]`: the mean of the darkest tenth of its samples; nil where there are fewer than 10.
  public var ends: [[Double]?]
  /// The darkest samples, whatever their clusters.
  public var scene: DarkestSamples
  /// Places of the bands in which the absolute limit holds; empty where the numbers are no reflectances.
  public var clearBands: [Int]
  /// Reflectance bands from 780 nm; empty where the numbers are no reflectances.
  public var infraredBands: [InfraredBand]
  /// Places of the bands that show the surface by rising wavelength; nil where that is unknown.
  public var order: [Int]?
  public var limits: Limits

  /// A band in which water is all but black.
  public struct InfraredBand: Sendable, Hashable {
    /// The feature's place.
    public var place: Int
    /// The most that open water reflects at the top of the atmosphere under a low sun: 0.06 up to 930 nm (water itself
    /// 0.02 to 0.03, and the air's path), 0.02 beyond, where vapour or liquid water absorb (0.018 in B09 on S2A tile
    /// 01WCU, 2019-03-01, sun zenith 78°).
    public var water: Double
    /// Whether vapour or the ice itself absorbs, so that ice may be as dark as water.
    var isAbsorbed: Bool

    /// The band at a wavelength in nanometres; nil below 780, and where it shows the air alone.
    public init?(place: Int, wavelength: Double) {
      guard wavelength >= 780, !OpticalEvidence.showsAir(wavelength) else { return nil }
      self.place = place
      isAbsorbed = wavelength >= 930
      water = isAbsorbed ? 0.02 : 0.06
    }
  }

  /// Whether vapour takes all light between surface and sensor at a wavelength in nanometres, as in bands for cirrus
  /// (B10 of Sentinel-2 at 1375 nm): what is seen there is high cloud, haze and noise.
  public static func showsAir(_ wavelength: Double) -> Bool {
    (1340...1450).contains(wavelength) || (1800...1950).contains(wavelength)
  }

  /// The darkest samples of a scene, whatever their clusters.
  public struct DarkestSamples: Sendable, Hashable {
    /// Their mean, in physical units; nil where it is not known.
    public var end: [Double]?
    /// `lowest[cluster]`: the brightness of each cluster's darkest sample; empty where it is not known.
    public var lowest: [Double]
    /// What is known of them; nothing by default.
    public init(end: [Double]? = nil, lowest: [Double] = []) {
      self.end = end
      self.lowest = lowest
    }
  }

  /// The numbers that may be changed, all dimensionless.
  public struct Limits: Sendable, Hashable {
    /// The largest dark level as a share of the ice level.
    public var darkRatio = 0.5
    /// The largest reflectance of the dark level in the clear bands.
    public var darkLimit = 0.18
    /// The least share of open water in a pixel that is called water.
    public var waterShare = 0.45
    /// The largest difference of openness between bands, as a part of the openness; see the type.
    public var spread = 0.1
    /// The defaults.
    public init() {}
  }

  /// Evidence from the levels of a scene.
  public init(
    features: [String], ice: [Double], ends: [[Double]?], scene: DarkestSamples = DarkestSamples(), clearBands: [Int],
    infraredBands: [InfraredBand] = [],
    order: [Int]? = nil, limits: Limits = Limits()
  ) {
    self.features = features
    self.ice = ice
    self.ends = ends
    self.scene = scene
    self.clearBands = clearBands
    self.infraredBands = infraredBands
    self.order = order
    self.limits = limits
  }

  public func judge(_ clusters: [ClusterSummary]) -> EvidenceVerdict {
    let iceBrightness = mean(ice)
    func nothing(_ sentence: String, end: [Double]? = nil) -> EvidenceVerdict {
      let outside = clusters.map { _ in EvidenceVerdict.Standing.outside }
      return EvidenceVerdict(
        isFound: false, sentence: sentence, standings: outside, limit: nil,
        facts: facts(end: end, dark: nil, limit: nil, rows: rows(clusters, dark: nil, standings: outside)))
    }
    guard order?.isEmpty != true else {
      return nothing("\(features.joined(separator: ", ")) shows vapour and cloud and not the surface")
    }
    guard iceBrightness > 0 else { return nothing("the ice level \(short(iceBrightness)) is not above zero") }
    let first = reference(clusters)
    let ofCluster = first.flatMap { ends[$0] }
    guard ofCluster != nil || scene.end != nil else {
      return nothing("no cluster has the 10 samples that a dark level is taken from")
    }
    let refusals = [ofCluster, scene.end].map { end in end.flatMap { brightness(of: $0) } }
    let darkest: Int?
    let end: [Double]
    if let ofCluster, refusals[0] == nil {
      (darkest, end) = (first, ofCluster)
    } else if let own = scene.end, refusals[1] == nil {
      (darkest, end) = (nil, own)
    } else {
      return nothing(refusals.compactMap { $0 }.first ?? "nothing is dark", end: ofCluster ?? scene.end)
    }
    let dark = darkLevel(beyond: end)
    let darkBrightness = mean(dark)
    let limit = iceBrightness - limits.waterShare * (iceBrightness - darkBrightness)
    let bounds = ClusterDivision.Limit(
      brightness: limit, ice: ice, dark: dark, spread: limits.spread, dimming: dimming(dark),
      order: (order ?? Array(ice.indices)).filter(tellsIce), infrared: clearest,
      deviation: (1 - limits.waterShare) * deviation(of: clusters.filter { $0.brightness > limit }))
    let standings = clusters.indices.map { j -> EvidenceVerdict.Standing in
      let c = clusters[j]
      let reach = 3 * max(0, c.brightnessVariance).squareRoot()
      // Dark samples without a cluster of their own lie in one that is bright as a whole.
      let lowest = darkest == nil && j < scene.lowest.count ? scene.lowest[j] : .infinity
      if min(c.brightness - reach, lowest) > limit { return .outside }
      let openness = (iceBrightness - c.brightness) / (iceBrightness - darkBrightness)
      // The darkest cluster is what the dark level was taken from.
      let excess = j == darkest ? 0 : excess(c, bounds, openness: openness)
      if c.brightness <= limit, excess > 2, !reaches(c, bounds, openness: openness) { return .refused }
      return c.brightness + reach <= limit && excess <= 1 ? .whole : .divided
    }
    return EvidenceVerdict(
      isFound: true,
      sentence: """
        brightness at most \(short(limit)), \(short(limit / iceBrightness)) of the ice level \(short(iceBrightness)), \
        which is a mixture of \(short(limits.waterShare * 100)) % dark surface of brightness \
        \(short(darkBrightness))\(dark == end ? "" : ", which fills no pixel,") with ice
        """,
      standings: standings,
      limit: standings.contains(.divided) ? bounds : nil,
      facts: facts(
        end: end, dark: dark, limit: limit, dimming: bounds.dimming,
        rows: rows(clusters, dark: dark, standings: standings)))
  }

  /// The infrared bands in which ice is brighter than water may be.
  private var infrared: [InfraredBand] { infraredBands.filter { !$0.isAbsorbed || ice[$0.place] > $0.water } }
  /// The longest band in which neither vapour nor the ice itself absorbs.
  private var clearest: Int? {
    let clear = Set(infraredBands.filter { !$0.isAbsorbed }.map(\.place))
    return order?.last { clear.contains($0) }
  }
  /// Whether a band separates ice from water.
  private func tellsIce(_ place: Int) -> Bool {
    infrared.contains { $0.place == place } || !infraredBands.contains { $0.place == place }
  }

  /// The cluster that the dark end is taken from; nil where none has one.
  ///
  /// Nothing is darker than open water in any band, while skylight fills shadows on snow in the shortest waves. So
  /// where another cluster that may be water is darker there, by a tenth of its contrast, the darkest one is a shadow.
  private func reference(_ clusters: [ClusterSummary]) -> Int? {
    let rising = clusters.orderByBrightness.filter { $0 < ends.count && ends[$0] != nil }
    guard let darkest = rising.first, let end = ends[darkest], let order, order.count > 1, let blue = order.first else {
      return rising.first
    }
    var found = (cluster: darkest, value: end[blue])
    for j in rising.dropFirst() {
      guard let own = ends[j], own[blue] < found.value, end[blue] - own[blue] > 0.1 * (ice[blue] - own[blue]),
        brightness(of: own) == nil
      else { continue }
      found = (j, own[blue])
    }
    return found.cluster
  }

  /// Noise and an offset of -0.1 reach down to it.
  private static let leastReflectance = -0.15

  /// Why a dark end is too bright for water, or nothing that can be; nil where it may be water.
  private func brightness(of end: [Double]) -> String? {
    if let place = (clearBands + infraredBands.map(\.place)).first(where: { end[$0] < Self.leastReflectance }) {
      return """
        the darkest cluster goes down to \(short(end[place])) in \(features[place]), which is no reflectance: declare \
        what stands for no data
        """
    }
    let places = infrared.isEmpty ? Array(ice.indices) : infrared.map(\.place)
    let endInThem = mean(places.map { end[$0] })
    let iceInThem = mean(places.map { ice[$0] })
    guard endInThem <= limits.darkRatio * iceInThem else {
      let inBands = infrared.isEmpty ? "" : " in " + places.map { features[$0] }.joined(separator: ", ")
      return """
        the darkest cluster goes down to \(short(endInThem))\(inBands), \(short(endInThem / iceInThem)) of the ice \
        level \(short(iceInThem)); at most \(short(limits.darkRatio)) is asked
        """
    }
    guard !clearBands.isEmpty else { return nil }
    let clear = mean(clearBands.map { end[$0] })
    guard clear > limits.darkLimit else { return nil }
    let names = clearBands.map { features[$0] }.joined(separator: ", ")
    return "the darkest cluster goes down to \(short(clear)) in \(names); at most \(short(limits.darkLimit)) is asked"
  }

  /// The level of a pixel full of water; see the type.
  private func darkLevel(beyond end: [Double]) -> [Double] {
    // How far to go from the ice level, in steps from there to the dark end, until a band reaches water.
    let ways = infrared.map { band -> Double in
      let (ice, end) = (ice[band.place], end[band.place])
      return end > band.water && ice > end ? (ice - band.water) / (ice - end) : 1
    }
    guard let way = ways.min(), way > 1 else { return end }
    // No band falls below zero.
    let most = ice.indices.map { ice[$0] > end[$0] ? ice[$0] / (ice[$0] - end[$0]) : .infinity }.min() ?? 1
    return ice.indices.map { ice[$0] - max(1, min(way, most)) * (ice[$0] - end[$0]) }
  }

  /// The standard deviation of brightness within clusters, over all samples of some.
  private func deviation(of clusters: [ClusterSummary]) -> Double {
    let count = clusters.reduce(0) { $0 + $1.count }
    guard count > 0 else { return 0 }
    return (clusters.reduce(0) { $0 + $1.count * max(0, $1.brightnessVariance) } / count).squareRoot()
  }

  /// Openness in each band; nil where ice and water hardly differ.
  private func openness(of values: [Double], _ dark: [Double]) -> [Double?] {
    ice.indices.map { f in
      guard tellsIce(f), order?.contains(f) != false else { return nil }
      let contrast = ice[f] - dark[f]
      return contrast > 0.1 * abs(ice[f]) ? (ice[f] - values[f]) / contrast : nil
    }
  }

  /// How far openness may fall with the wavelength, as a part of itself: half of the fall of ice that is dimmed alike
  /// in all bands, at least `spread`.
  private func dimming(_ dark: [Double]) -> Double {
    guard let order = order?.filter(tellsIce) else { return limits.spread }
    // The openness of ice that has lost a share x of its light is x * ice / (ice - dark).
    let all = openness(of: [Double](repeating: 0, count: ice.count), dark)
    let whole = mean(ice) / (mean(ice) - mean(dark))
    return max(limits.spread, fall(order.compactMap { all[$0] }) / whole / 2)
  }

  /// By how much a cluster's openness differs between bands, in parts of what is allowed; the larger of both ways.
  private func excess(_ c: ClusterSummary, _ bounds: ClusterDivision.Limit, openness share: Double) -> Double {
    let all = openness(of: c.mean, bounds.dark)
    let known = bounds.order.compactMap { all[$0] }
    let noise = ClusterDivision.Limit.noise
    let spread = bounds.spread * widening(all, bounds)
    return max(fall(known.map { -$0 }) / (spread * share + noise), fall(known) / (bounds.dimming * share + noise))
  }

  /// See `ClusterDivision.Limit.widening`.
  private func widening(_ openness: [Double?], _ bounds: ClusterDivision.Limit) -> Double {
    bounds.infrared.flatMap { openness[$0] }.map(ClusterDivision.Limit.widening) ?? 1
  }

  /// Whether samples within three standard deviations of a cluster's mean keep the limits of openness: a wide cluster
  /// may hold shadows and leads together.
  private func reaches(_ c: ClusterSummary, _ bounds: ClusterDivision.Limit, openness share: Double) -> Bool {
    let all = openness(of: c.mean, bounds.dark)
    let bands = bounds.order.filter { all[$0] != nil }
    let known = bands.compactMap { all[$0] }
    let noise = ClusterDivision.Limit.noise
    let spread = bounds.spread * widening(all, bounds)
    let over = max(fall(known.map { -$0 }) - spread * share - noise, fall(known) - bounds.dimming * share - noise)
    let variances = bands.map { band -> Double in
      let contrast = ice[band] - bounds.dark[band]
      return max(0, c.variance[band]) / (contrast * contrast)
    }
    // The difference of two bands varies as both do.
    return over <= 3 * variances.sorted().suffix(2).reduce(0, +).squareRoot()
  }

  /// The largest fall from a number to one after it.
  private func fall(_ values: [Double]) -> Double {
    var high = -Double.infinity
    return values.reduce(0) { most, value in
      high = max(high, value)
      return max(most, high - value)
    }
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
              uniqueKeysWithValues: zip(features, openness(of: clusters[j].mean, dark)).compactMap { name, value in
                value.map { (name, JSONValue(finite: $0)) }
              }))
        }
        return .object(row)
      })
  }

  private func facts(
    end: [Double]?, dark: [Double]?, limit: Double?, dimming: Double? = nil, rows: JSONValue
  ) -> JSONValue {
    func levels(_ values: [Double]) -> JSONValue {
      .object(Dictionary(uniqueKeysWithValues: zip(features, values).map { ($0, JSONValue(finite: $1)) }))
    }
    return .object([
      "kind": "optical", "ice_level": levels(ice), "ice_brightness": JSONValue(finite: mean(ice)),
      "dark_end": end.map(levels) ?? .null, "dark_level": dark.map(levels) ?? .null,
      "dark_brightness": dark.map { JSONValue(finite: mean($0)) } ?? .null,
      "limit": limit.map { JSONValue(finite: $0) } ?? .null, "bands": .array(features.map(JSONValue.string)),
      "clear_bands": .array(clearBands.map { .string(features[$0]) }),
      "infrared_bands": .array(infrared.map { .string(features[$0.place]) }),
      "dark_ratio": .number(limits.darkRatio),
      "dark_limit": .number(limits.darkLimit), "water_share": .number(limits.waterShare),
      "spread": .number(limits.spread), "dimming": dimming.map { JSONValue(finite: $0) } ?? .null,
      "clusters": rows,
    ])
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
}
