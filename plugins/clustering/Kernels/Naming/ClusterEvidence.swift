import FloeCore

/// What a physical test of clusters found.
public struct EvidenceVerdict: Sendable, Hashable {
  /// How a cluster relates to the class that is tested for.
  public enum Standing: String, Sendable, Hashable {
    /// All of it is of the class.
    case whole
    /// The class's limit runs through it: its samples are named one by one.
    case divided
    /// Within the limit, but unlike the class in another way.
    case refused
    /// Beyond the limit.
    case outside
  }
  /// Whether there is evidence for the class at all.
  public var isFound: Bool
  /// Why, with the figures, as the second half of `no lead found: ...` or `lead: clusters 0, 1, ...`.
  public var sentence: String
  /// `standings[cluster]`; all `outside` when nothing was found.
  public var standings: [Standing]
  /// The limit between the parts of a divided cluster; nil when none is divided.
  public var limit: ClusterDivision.Limit?
  /// The figures behind it, for the record, the report and the model.
  public var facts: JSONValue
}

/// A test in physical units that gives a name to every cluster that passes it: brightness for images, the shape of
/// echoes for radar.
///
/// A rule calls it by its word (`lead: dark`). Nothing that passes is a result too: the sentence says what was missing.
public protocol ClusterEvidence: Sendable {
  /// Judges fitted clusters, whose means and variances are in physical units.
  func judge(_ clusters: [ClusterSummary]) -> EvidenceVerdict
}
