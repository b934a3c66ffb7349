/// A published set of limits between surfaces, with the definitions of the features and the sensor that it was made
/// for.
///
/// Numbers of one definition mean nothing for another: the peakiness of one and the same echo differs by factors
/// between them. So a set names its definitions, and `applied(to:preferring:)` refuses or converts columns of others.
public struct RadarLimits: Sendable, Hashable {
  /// The name that parameters write.
  public let name: String
  /// Paper or program that the numbers come from.
  public let source: String
  /// Start of the names of the platforms that it was published for.
  public let platforms: [String]
  /// The definition of peakiness that the limits belong to.
  public let peakiness: PeakinessKind
  /// What a record must meet to be of each class; all limits of a list hold together.
  public let lead, seaIce, openOcean: [FeatureLimit]

  /// The definition of a column of peakiness, as its attribute `definition` or its product's variable name says.
  public enum PeakinessKind: String, Sendable, Hashable, CaseIterable {
    /// max / mean of the samples above the noise floor in 128 bins around the peak (CPOM, the course).
    case course
    /// max / mean over all bins: `peakiness_1_20_ku`; max / sum times bins in pysiral.
    case maxMean = "max-mean"
    /// 31.5 max / sum (Peacock and Laxon 2004).
    case peacockLaxon = "peacock-laxon"
    /// `peakiness_2_20_ku` of Sentinel-3, which reaches 80 and so is not 31.5 max / sum, although the product cites it.
    case sentinel3 = "esa-peakiness-2"
    /// `peakiness_20_ku` of CryoSat-2's L2I in SAR mode: max / mean of the bins with power behind the leading edge.
    case cryosat2 = "esa-l2i"
    /// The same variable in SARIn and low-resolution mode, where bins without power count ("the traditional ENVISAT
    /// derivation").
    case cryosat2Traditional = "esa-l2i-traditional"
  }

  /// All named sets.
  public static let all: [RadarLimits] = [cpom, cpomSARIn, l2i, pysiral, pysiralSARIn]

  /// The set of a name, or the sentence that lists the names.
  public static func named(_ name: String) throws(FloeError) -> RadarLimits {
    if let set = all.first(where: { $0.name == name }) { return set }
    throw FloeError("names '\(name)', which is no set of limits; there are \(all.map(\.name).joined(separator: ", "))")
  }

  /// The same set with other concentrations for leads and for sea ice; nil keeps a set's own.
  public func with(leadConcentration: Double?, iceConcentration: Double?) -> RadarLimits {
    func replaced(_ limits: [FeatureLimit], _ value: Double?) -> [FeatureLimit] {
      limits.map { limit in
        limit.feature == .concentration ? FeatureLimit(limit.feature, limit.comparison, value ?? limit.value) : limit
      }
    }
    return RadarLimits(
      name: name, source: source, platforms: platforms, peakiness: peakiness, lead: replaced(lead, leadConcentration),
      seaIce: replaced(seaIce, iceConcentration), openOcean: openOcean)
  }

  private static let cpomSource =
    "Tilling, Ridout and Shepherd 2018 (doi 10.1016/j.asr.2017.10.051) and CPOM's sea-ice processor"
  private static let pysiralSource =
    "pysiral's settings for ESA CCI v4 and AWI v2.6, after Paul and others 2018 (doi 10.5194/tc-12-2437-2018)"

  /// CPOM, CryoSat-2 in SAR mode.
  public static let cpom = cpom("cpom-cryosat2", stack: 6.29)
  /// CPOM, CryoSat-2 in SARIn mode: another limit for the stack.
  public static let cpomSARIn = cpom("cpom-cryosat2-sarin", stack: 4.62)
  /// CPOM's limits on the peakiness of CryoSat-2's L2I in SAR mode.
  ///
  /// That peakiness is 1.72 times CPOM's at the median of the 1136 echoes of a real SAR product (5th to 95th percentile
  /// 1.32 to 2.46), so that 18 becomes 31 and 9 becomes 15.5. Of a real L2I pass ESA's own classes have no lead below
  /// 31.1 (957 records) and no sea ice above 15.94 (629), for which the second limit is 16.
  public static let l2i = RadarLimits(
    name: "cryosat2-l2i",
    source:
      "CPOM's limits (\(cpomSource)) times 1.72, the median ratio of L2I's peakiness to CPOM's over 1136 real SAR "
      + "echoes, as ESA's own classes of a real pass have them",
    platforms: ["CryoSat"], peakiness: .cryosat2, lead: cpomLead(peakiness: 31, stack: 6.29),
    seaIce: cpomDiffuse(peakiness: 16, stack: 6.29) + [FeatureLimit(.concentration, .greaterOrEqual, 75)],
    openOcean: cpomDiffuse(peakiness: 16, stack: 6.29) + [FeatureLimit(.concentration, .lessOrEqual, 0)])
  /// pysiral, SAR mode; the same numbers for CryoSat-2 and Sentinel-3.
  public static let pysiral = pysiral("pysiral-sar", peakiness: 66, backscatter: 23, edge: 0.75)
  /// pysiral, SARIn mode.
  public static let pysiralSARIn = pysiral("pysiral-sarin", peakiness: 260, backscatter: 24, edge: 1.05)

  private static func cpom(_ name: String, stack: Double) -> RadarLimits {
    let diffuse = cpomDiffuse(peakiness: 9, stack: stack)
    return RadarLimits(
      name: name, source: cpomSource, platforms: ["CryoSat"], peakiness: .course,
      lead: cpomLead(peakiness: 18, stack: stack),
      seaIce: diffuse + [FeatureLimit(.concentration, .greaterOrEqual, 75)],
      openOcean: diffuse + [FeatureLimit(.concentration, .lessOrEqual, 0)])
  }

  private static func cpomLead(peakiness: Double, stack: Double) -> [FeatureLimit] {
    [
      FeatureLimit(.peakiness, .greaterOrEqual, peakiness), FeatureLimit(.stackDeviation, .less, stack),
      FeatureLimit(.concentration, .greaterOrEqual, 15),
    ]
  }

  /// What sea ice and open ocean have in common.
  private static func cpomDiffuse(peakiness: Double, stack: Double) -> [FeatureLimit] {
    [FeatureLimit(.peakiness, .lessOrEqual, peakiness), FeatureLimit(.stackDeviation, .greater, stack)]
  }

  private static func pysiral(_ name: String, peakiness: Double, backscatter: Double, edge: Double) -> RadarLimits {
    let isIce = FeatureLimit(.concentration, .greaterOrEqual, 15)
    return RadarLimits(
      name: name, source: pysiralSource, platforms: ["CryoSat", "Sentinel-3"], peakiness: .maxMean,
      lead: [
        isIce, FeatureLimit(.peakiness, .greaterOrEqual, peakiness),
        FeatureLimit(.backscatter, .greaterOrEqual, backscatter),
        FeatureLimit(.leadingEdgeWidth, .lessOrEqual, edge),
      ],
      seaIce: [isIce, FeatureLimit(.leadingEdgeQuality, .lessOrEqual, 1.02)], openOcean: [])
  }
}
