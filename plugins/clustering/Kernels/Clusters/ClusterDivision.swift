import FloeCore
import Glibc

/// Clusters through which a limit of brightness runs: samples within it that are mixtures of ice and water have a
/// code of their own.
///
/// Parts are numbered after the clusters: part `clusterCount + i` is the dark part of `clusters[i]`.
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
    /// The longest band from 780 to 930 nm, in which water is all but black and haze thin; nil where there is none.
    public var infrared: Int?
    /// The standard deviation of a sample's brightness at the limit, of which probabilities come; 0 makes them 0 or 1.
    public var deviation: Double
    /// What noise may add to that difference: a share of 0.02 is 0.015 in reflectance, three times the noise of two
    /// bands.
    public static let noise = 0.02
    /// How much larger the share may be in a sample that is all but water in the infrared band: `spread` as it is up
    /// to an openness of 0.75 there, growing to twice that at 0.85.
    ///
    /// Young ice of such a darkness is nilas, so that haze or a shadow on snow is what makes shares rise. Haze adds up
    /// to 0.15 to the difference between B02 and B08, skylight in a shadow 0.3 and more.
    @inline(__always)
    public static func widening(openness: Double) -> Double { 1 + min(1, max(0, (openness - 0.75) / 0.1)) }

    /// A limit; both levels have one number a feature. Without `dimming` and `order`, differences count alike in both
    /// directions; without `deviation` a sample is on one side for certain.
    public init(
      brightness: Double, ice: [Double], dark: [Double], spread: Double, dimming: Double? = nil, order: [Int]? = nil,
      infrared: Int? = nil, deviation: Double = 0
    ) {
      self.brightness = brightness
      self.ice = ice
      self.dark = dark
      self.spread = spread
      self.dimming = dimming ?? spread
      self.order = order ?? Array(ice.indices)
      self.infrared = infrared
      self.deviation = deviation
    }

    /// Whether a band separates ice from the dark surface.
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

  /// How probable it is that each sample of a block is of the dark part.
  public func divided(_ block: SampleBlock, layout: [FeatureLayout]) -> DividedBlock {
    let test = SampleTest(limit, layout)
    let n = block.count
    var darkness = [Float](repeating: 0, count: n + 8)
    func run<T: PixelNumber>(_ values: [T]) {
      values.withUnsafeBufferPointer { v in for i in 0..<n { darkness[i] = test.probability(v, i, n) } }
    }
    switch block.values {
    case .uint16(let values): run(values)
    case .float(let values): run(values)
    }
    return DividedBlock(division: self, darkness: darkness)
  }
}

/// A block's samples on either side of a division.
public struct DividedBlock: Sendable {
  public let division: ClusterDivision
  /// The probability that each sample is of the dark part, 0 to 1, at least 0.5 for those that are; eight more, so that
  /// vectors may reach beyond the end.
  public let darkness: [Float]
}

/// The limit of a division on stored numbers.
private struct SampleTest {
  private let brightness, spread, dimming, deviation: Double
  /// The brightness of ice, and its distance from that of the darkest surface.
  private let iceBrightness, contrast: Double
  /// Stored numbers to their part in the mean, and to the share of the dark surface.
  private let scales, gains, shifts: [Double]
  private let offset: Double
  private let telling: [Int]
  /// The infrared band, where it separates ice from the dark surface.
  private let infrared: Int?

  init(_ limit: ClusterDivision.Limit, _ layout: [FeatureLayout]) {
    let d = Double(layout.count)
    brightness = limit.brightness
    spread = limit.spread
    dimming = limit.dimming
    deviation = limit.deviation
    iceBrightness = limit.ice.reduce(0, +) / d
    contrast = iceBrightness - limit.dark.reduce(0, +) / d
    scales = layout.map { $0.scale / d }
    offset = layout.reduce(0) { $0 + $1.offset } / d
    telling = limit.order.filter(limit.tells)
    infrared = limit.infrared.flatMap { limit.tells($0) ? $0 : nil }
    gains = layout.indices.map { limit.tells($0) ? -layout[$0].scale / (limit.ice[$0] - limit.dark[$0]) : 0 }
    shifts = layout.indices.map {
      limit.tells($0) ? (limit.ice[$0] - layout[$0].offset) / (limit.ice[$0] - limit.dark[$0]) : 0
    }
  }

  /// Whether sample `i` of `values[feature * count + sample]` is of the dark part.
  @inline(__always)
  func holds<T: PixelNumber>(_ values: UnsafeBufferPointer<T>, _ i: Int, _ count: Int) -> Bool {
    let sum = brightness(values, i, count)
    return sum <= brightness && likeness(values, i, count, brightness: sum) >= 0
  }

  /// How probable it is that a sample is of the dark part: the smaller one of the probabilities that its true
  /// brightness keeps the limit and that its true shares keep those of a mixture, both with normal errors.
  @inline(__always)
  func probability<T: PixelNumber>(_ values: UnsafeBufferPointer<T>, _ i: Int, _ count: Int) -> Float {
    guard deviation > 0 else { return holds(values, i, count) ? 1 : 0 }
    let sum = brightness(values, i, count)
    let depth = (brightness - sum) / deviation
    // Most samples of a scene are ice.
    guard depth > -Self.certain else { return 0 }
    let least = min(depth, likeness(values, i, count, brightness: sum) / Self.shareDeviation)
    guard least <= Self.certain else { return 1 }
    // Whole hundredths, away from one half: finer ones would be noise, of which a raster of mostly ice would be full.
    let hundredths = 50 * erfc(-least / 2.0.squareRoot())
    return Float(hundredths.rounded(least < 0 ? .down : .up) / 100)
  }

  /// Standard deviations beyond which a probability is 0 or 1.
  private static let certain = 2.3
  /// The standard deviation of a difference of shares by the noise of two bands; what is allowed for it is three times
  /// as much.
  private static let shareDeviation = ClusterDivision.Limit.noise / 3

  @inline(__always)
  private func brightness<T: PixelNumber>(_ values: UnsafeBufferPointer<T>, _ i: Int, _ count: Int) -> Double {
    var sum = offset
    for f in scales.indices { sum += values[f * count + i].double * scales[f] }
    return sum
  }

  /// By how much the differences of a sample's shares between bands stay below what a mixture may have; negative where
  /// they do not.
  @inline(__always)
  private func likeness<T: PixelNumber>(
    _ values: UnsafeBufferPointer<T>, _ i: Int, _ count: Int, brightness sum: Double
  ) -> Double {
    var low = Double.infinity
    var high = -Double.infinity
    var rise = 0.0
    var fall = 0.0
    var spread = spread
    if let infrared {
      spread *= ClusterDivision.Limit.widening(
        openness: values[infrared * count + i].double * gains[infrared] + shifts[infrared])
    }
    for f in telling {
      let share = values[f * count + i].double * gains[f] + shifts[f]
      low = min(low, share)
      high = max(high, share)
      rise = max(rise, share - low)
      fall = max(fall, high - share)
    }
    let share = (iceBrightness - sum) / contrast
    return ClusterDivision.Limit.noise + min(spread * share - rise, dimming * share - fall)
  }
}
