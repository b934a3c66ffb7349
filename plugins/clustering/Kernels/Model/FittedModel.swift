import FloeCore

/// A feature that a model was fitted on.
public struct ModelFeature: Sendable, Hashable {
  public var name: String
  public var unit: PhysicalUnit
  /// What is measured, for example `reflectance` or `DN`.
  public var quantity: String
  /// How the numbers it was fitted on were stored.
  public var scale, offset: Double

  /// A feature.
  public init(name: String, unit: PhysicalUnit, quantity: String, scale: Double = 1, offset: Double = 0) {
    self.name = name
    self.unit = unit
    self.quantity = quantity
    self.scale = scale
    self.offset = offset
  }
  /// A raster's band.
  public init(_ band: BandSpec) {
    self.init(name: band.name, unit: band.unit, quantity: band.quantity, scale: band.scale, offset: band.offset)
  }
}

/// A fitted clustering with all that is needed to apply it to another scene, as a plain value and as JSON.
public struct FittedModel: Sendable, Hashable {
  /// What fitted the model; algorithms bring kinds of their own.
  public struct Kind: RawRepresentable, Sendable, Hashable {
    /// The name as models write it.
    public let rawValue: String
    /// A kind by its name.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// K-means.
    public static let kmeans = Kind(rawValue: "kmeans")
    /// A Gaussian mixture.
    public static let gmm = Kind(rawValue: "gmm")
  }

  public var kind: Kind
  public var features: [ModelFeature]
  public var space: FeatureSpace
  /// Clusters in their order, in physical units.
  public var clusters: [ClusterSummary]
  /// The mixture in the feature space; nil for models of centres alone.
  public var mixture: GMMParameters?
  /// `classCodes[cluster]`; nil when the clusters were not named.
  public var classCodes: [Int]?
  /// Names of the codes that occur.
  public var classNames: [Int: String]
  /// Clusters that a limit of brightness divides; nil when none is.
  public var division: ClusterDivision?
  /// The figures of the physical tests behind the names, by word.
  public var tests: [String: JSONValue]
  /// The classes' labels and colours; the four of the altimeter's flag by default.
  public var classTable: ClassTable
  /// Why clusters got their names, or did not.
  public var evidence: [String]
  /// What the clusters are ordered by: `brightness` or a feature's name.
  public var order: String
  /// The scene that the model was fitted on.
  public var source: Acquisition?
  /// Figures of the fit, such as inertia and iterations, for people.
  public var figures: [String: JSONValue]

  /// A model without names.
  public init(
    kind: Kind, features: [ModelFeature], space: FeatureSpace, clusters: [ClusterSummary],
    mixture: GMMParameters? = nil, order: String = "brightness", source: Acquisition? = nil,
    figures: [String: JSONValue] = [:]
  ) {
    self.kind = kind
    self.features = features
    self.space = space
    self.clusters = clusters
    self.mixture = mixture
    classCodes = nil
    classNames = [:]
    division = nil
    tests = [:]
    classTable = .seaIce
    evidence = []
    self.order = order
    self.source = source
    self.figures = figures
  }

  /// A k-means model, its clusters in the order of the result.
  public init(_ result: KMeansResult, features: [ModelFeature], order: String = "brightness", source: Acquisition?) {
    self.init(
      kind: .kmeans, features: features, space: result.space, clusters: result.clusters, order: order, source: source,
      figures: [
        "inertia": JSONValue(finite: result.inertia), "sample_iterations": .integer(result.sampleIterations),
        "full_iterations": .integer(result.fullIterations), "converged": .bool(result.isConverged),
        "valid": .integer(result.validCount), "skipped": .integer(result.skipped),
        "trained_on": .integer(result.trainingCount),
      ])
  }

  /// A mixture model, its components in the order of the result.
  public init(_ result: GMMResult, features: [ModelFeature], order: String = "brightness", source: Acquisition?) {
    self.init(
      kind: .gmm, features: features, space: result.space, clusters: result.clusters, mixture: result.mixture,
      order: order, source: source,
      figures: [
        "mean_log_likelihood": JSONValue(finite: result.meanLogLikelihood), "aic": JSONValue(finite: result.aic),
        "bic": JSONValue(finite: result.bic), "sample_iterations": .integer(result.sampleIterations),
        "full_iterations": .integer(result.fullIterations), "converged": .bool(result.isConverged),
        "valid": .integer(result.validCount), "skipped": .integer(result.skipped),
      ])
  }

  /// The search for the nearest centre, of models whose clusters are that, on numbers stored as `layout` says.
  public func nearestCentre(layout: [FeatureLayout], whole: Bool) -> KMeansKernel {
    KMeansKernel(centres: clusters.map(\.mean), space: space, layout: layout, whole: whole)
  }

  /// The mixture's kernel on numbers stored as `layout` says; nil for k-means.
  public func gmmKernel(layout: [FeatureLayout], whole: Bool) throws -> GMMKernel? {
    guard let mixture else { return nil }
    return try GMMKernel(mixture, space: space, layout: layout, whole: whole)
  }
}
