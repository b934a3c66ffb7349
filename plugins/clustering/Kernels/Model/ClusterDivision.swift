import FloeCore

/// Clusters through which a limit of brightness runs: samples within it that are mixtures of ice and water have a
/// code of their own.
///
/// Parts are numbered behind the clusters: part `clusterCount + i` is the dark part of `clusters[i]`.
public struct ClusterDivision: Sendable, Hashable {
  /// What a sample of the dark part fulfils.
  public struct Limit: Sendable, Hashable {
    /// The largest brightness, the mean over all features in physical units.
    public var brightness: Double
    /// Levels of ice and of the darkest surface: `ice[feature]`, in physical units.
    public var ice, dark: [Double]
    /// How much larger the share of the dark surface may be in a band than in one before it in `order`, as a part of
    /// that share.
    public var spread: Double
    /// How much smaller it may be, likewise.
    public var dimming: Double
    /// Places of the features by rising wavelength; as they come where that is unknown.
    public var order: [Int]
    /// What noise may add to that difference: a share of 0.02 is 0.015 in reflectance, three times the noise of two
    /// bands.
    public static let noise = 0.02

    /// A limit; both levels have one number a feature. Without `dimming` and `order`, differences count alike in both
    /// directions.
    public init(
      brightness: Double, ice: [Double], dark: [Double], spread: Double, dimming: Double? = nil, order: [Int]? = nil
    ) {
      self.brightness = brightness
      self.ice = ice
      self.dark = dark
      self.spread = spread
      self.dimming = dimming ?? spread
      self.order = order ?? Array(ice.indices)
    }

    /// Whether a band tells ice from the dark surface.
    func tells(_ feature: Int) -> Bool { ice[feature] - dark[feature] > 0.1 * abs(ice[feature]) }
  }
  public var limit: Limit
  /// The divided clusters, rising.
  public var clusters: [Int]
  /// The class code of each dark part.
  public var codes: [Int]

  /// A division; the clusters must be rising and have a code each.
  public init(limit: Limit, clusters: [Int], codes: [Int]) {
    precondition(clusters.count == codes.count, "a divided cluster without a code")
    self.limit = limit
    self.clusters = clusters
    self.codes = codes
  }

  /// The cluster of each part: clusters first, then dark parts.
  func clusterOfPart(_ clusterCount: Int) -> [Int] { Array(0..<clusterCount) + clusters }
  /// The class code of each part.
  func codeOfPart(_ clusterCodes: [Int]) -> [Int] { clusterCodes + codes }

  /// Gives the dark samples of divided clusters the numbers of their parts.
  ///
  /// - Parameters:
  ///   - labels: cluster numbers in the order of the block's samples, 255 for what is left out.
  ///   - clusterCount: number of clusters; with the parts at most 255.
  func divide(_ labels: inout [UInt8], of block: SampleBlock, layout: [FeatureLayout], clusterCount: Int) {
    var part = [UInt8](repeating: 255, count: 256)
    for (i, cluster) in clusters.enumerated() { part[cluster] = UInt8(truncatingIfNeeded: clusterCount + i) }
    let test = SampleTest(limit, layout)
    func run<T: PixelNumber>(_ values: [T]) {
      let n = block.count
      values.withUnsafeBufferPointer { v in
        labels.withUnsafeMutableBufferPointer { out in
          part.withUnsafeBufferPointer { part in
            for i in 0..<n {
              let to = part[Int(out[i])]
              if to != 255, test.holds(v, i, n) { out[i] = to }
            }
          }
        }
      }
    }
    switch block.values {
    case .uint16(let values): run(values)
    case .float(let values): run(values)
    }
  }

  /// What the division says of each sample of a block.
  public func divided(_ block: SampleBlock, layout: [FeatureLayout]) -> DividedBlock {
    let test = SampleTest(limit, layout)
    let n = block.count
    var isDark = [Float](repeating: 0, count: n + 8)
    func run<T: PixelNumber>(_ values: [T]) {
      values.withUnsafeBufferPointer { v in for i in 0..<n where test.holds(v, i, n) { isDark[i] = 1 } }
    }
    switch block.values {
    case .uint16(let values): run(values)
    case .float(let values): run(values)
    }
    return DividedBlock(division: self, isDark: isDark)
  }
}

/// A block's samples on either side of a division.
public struct DividedBlock: Sendable {
  public let division: ClusterDivision
  /// 1 for samples of the dark part, else 0; eight more, so that vectors may reach beyond the end.
  public let isDark: [Float]
}

/// The limit of a division on stored numbers.
private struct SampleTest {
  private let brightness, spread, dimming: Double
  /// The brightness of ice, and its distance from that of the darkest surface.
  private let iceBrightness, contrast: Double
  /// Stored numbers to their part in the mean, and to the share of the dark surface.
  private let scales, gains, shifts: [Double]
  private let offset: Double
  private let telling: [Int]

  init(_ limit: ClusterDivision.Limit, _ layout: [FeatureLayout]) {
    let d = Double(layout.count)
    brightness = limit.brightness
    spread = limit.spread
    dimming = limit.dimming
    iceBrightness = limit.ice.reduce(0, +) / d
    contrast = iceBrightness - limit.dark.reduce(0, +) / d
    scales = layout.map { $0.scale / d }
    offset = layout.reduce(0) { $0 + $1.offset } / d
    telling = limit.order.filter(limit.tells)
    gains = layout.indices.map { limit.tells($0) ? -layout[$0].scale / (limit.ice[$0] - limit.dark[$0]) : 0 }
    shifts = layout.indices.map {
      limit.tells($0) ? (limit.ice[$0] - layout[$0].offset) / (limit.ice[$0] - limit.dark[$0]) : 0
    }
  }

  /// Whether sample `i` of `values[feature * count + sample]` is of the dark part.
  @inline(__always)
  func holds<T: PixelNumber>(_ values: UnsafeBufferPointer<T>, _ i: Int, _ count: Int) -> Bool {
    var sum = offset
    for f in scales.indices { sum += values[f * count + i].double * scales[f] }
    guard sum <= brightness else { return false }
    var low = Double.infinity
    var high = -Double.infinity
    var rise = 0.0
    var fall = 0.0
    for f in telling {
      let share = values[f * count + i].double * gains[f] + shifts[f]
      low = min(low, share)
      high = max(high, share)
      rise = max(rise, share - low)
      fall = max(fall, high - share)
    }
    let share = (iceBrightness - sum) / contrast
    return rise <= spread * share + ClusterDivision.Limit.noise && fall <= dimming * share + ClusterDivision.Limit.noise
  }
}
