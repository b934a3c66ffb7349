/// The space in which distances are measured: `(physical - mean) / spread` when standardised, else physical units.
public struct FeatureSpace: Sendable, Hashable, Codable {
  /// Whether features were standardised.
  public var isStandardised: Bool
  /// The mean of each feature over the valid samples, in physical units.
  public var mean: [Double]
  /// The population's standard deviation of each feature, 1 where it is zero; ones when not standardised.
  public var spread: [Double]

  /// A space from its figures.
  public init(isStandardised: Bool, mean: [Double], spread: [Double]) {
    self.isStandardised = isStandardised
    self.mean = mean
    self.spread = spread
  }

  /// A reference in stored units near the mean; whole for whole numbers, so that differences from it are exact.
  func storedReference(_ layout: [FeatureLayout], whole: Bool) -> [Double] {
    layout.indices.map { f in
      let r = (mean[f] - layout[f].offset) / layout[f].scale
      let held = whole ? min(max(r.rounded(), 0), 65535) : Double(Float(r))
      return held.isFinite ? held : 0
    }
  }

  /// Physical values in this space.
  public func working(_ physical: [Double]) -> [Double] {
    isStandardised ? physical.indices.map { (physical[$0] - mean[$0]) / spread[$0] } : physical
  }
}

extension Array where Element == FeatureLayout {
  /// No-data values as stored, NaN for none.
  var noDataFloats: [Float] { map { $0.noData.map { Float($0) } ?? .nan } }
}

extension SampleBlock {
  /// Whether the numbers are whole.
  var isWhole: Bool {
    if case .uint16 = values { true } else { false }
  }
}
