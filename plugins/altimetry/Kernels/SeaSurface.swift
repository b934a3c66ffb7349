import FloeSDK

/// The sea surface along a track from the elevations of leads.
///
/// At each lead a straight line is fitted by least squares to the leads within half a window, and its value there is a
/// node; between nodes the surface runs straight. This is what ESA's Sentinel-3 chain gives (`int_sea_ice_ssha_20_ku`
/// of a real product to 0.1 mm), where pysiral averages twice (`SLASmoothedLinear`).
public struct SeaSurface: Sendable {
  /// Leads of this length of track make a node, in metres.
  public var window = 100_000.0
  /// The longest gap between two leads that the surface runs across, in metres; beyond it and at the track's ends it
  /// reaches half of this.
  public var maximumGap = 200_000.0
  /// A lead farther from the median of its window than this many times its spread is an outlier.
  public var outlierLimit = 3.0
  /// The least spread that is believed, in metres: few leads often agree by chance.
  public var leastSpread = 0.05
  /// How uncertain the surface is `reference` metres from the nearest lead for this distance alone, in metres.
  public var growth = 0.1
  /// Leads of this length of track show how far the lines miss the sea, in metres.
  public var uncertaintyWindow = 500_000.0
  /// The distance that `growth` belongs to.
  public static let reference = 100_000.0

  /// A surface with pysiral's window and reach.
  public init() {}

  /// The surface at one lead.
  public struct Node: Sendable, Equatable {
    /// Along the track in metres.
    public var position: Double
    /// The surface there in metres.
    public var height: Double
    /// One sigma in metres.
    public var uncertainty: Double
  }

  /// A lead beside those around it.
  public struct Standing: Sendable, Equatable {
    /// Metres above the median of the leads within half a window.
    public var distance: Double
    public var isOutlier: Bool
    /// A lead's standing.
    public init(distance: Double, isOutlier: Bool) {
      self.distance = distance
      self.isOutlier = isOutlier
    }
  }

  /// How leads lie to those around them. An outlier has |elevation - median| > limit * max(1.4826 * median deviation,
  /// least spread), both medians over the leads within half a window.
  ///
  /// - Parameter range: the leads to judge.
  public func standings(_ heights: [Double], at positions: [Double], range: Range<Int>) -> [Standing] {
    var low = range.lowerBound
    var high = range.lowerBound
    return range.map { i in
      while low < i, positions[i] - positions[low] > window / 2 { low += 1 }
      while low > 0, positions[i] - positions[low - 1] <= window / 2 { low -= 1 }
      high = max(high, i + 1)
      while high < positions.count, positions[high] - positions[i] <= window / 2 { high += 1 }
      let near = Array(heights[low..<high])
      let centre = median(of: near)
      let spread = 1.4826 * median(of: near.map { abs($0 - centre) })
      let distance = heights[i] - centre
      return Standing(distance: distance, isOutlier: abs(distance) > outlierLimit * max(spread, leastSpread))
    }
  }

  /// Which leads are outliers.
  public func outliers(_ heights: [Double], at positions: [Double], range: Range<Int>) -> [Bool] {
    standings(heights, at: positions, range: range).map(\.isOutlier)
  }

  /// How much lower leads may lie on average than the narrower half of them, in metres.
  static let tolerance = 0.005

  /// The deviation of the stack from which leads lie beside the track, told by their own heights; nil where they tell
  /// none.
  ///
  /// In the order of their deviation the narrower half of the leads, outliers apart, says where the sea is. As many of
  /// the others stay as leave the mean distance of all that stay at most `tolerance` below that of the half. The limit
  /// holds if five leads and more are beyond it, and lie lower than the half by more than two standard errors.
  ///
  /// - Parameter deviations: of each lead, in looks; those that are missing take no part.
  public func deviationLimit(_ deviations: [Double], _ standings: [Standing]) -> Double? {
    let order = deviations.indices.filter { deviations[$0].isFinite && !standings[$0].isOutlier }
      .sorted { (deviations[$0], $0) < (deviations[$1], $1) }
    guard order.count >= 20 else { return nil }
    let distances = order.map { standings[$0].distance }
    let narrow = RunningStatistics(distances[..<(order.count / 2)])
    var sum = 0.0
    var kept = 0
    for (i, distance) in distances.enumerated() {
      sum += distance
      // Leads of one deviation stay or go together.
      let isLast = i + 1 == order.count || deviations[order[i + 1]] > deviations[order[i]]
      if isLast, sum / Double(i + 1) >= narrow.mean - Self.tolerance { kept = i + 1 }
    }
    guard kept >= order.count / 2, order.count - kept >= 5 else { return nil }
    let wide = RunningStatistics(distances[kept...])
    let error =
      (narrow.sampleVariance / Double(narrow.count) + wide.sampleVariance / Double(wide.count)).squareRoot()
    return wide.mean < narrow.mean - 2 * error ? deviations[order[kept]] : nil
  }

  /// A line through the leads of one window, seen from its node.
  private struct Line {
    var height: Double
    var count: Int
    var meanOffset: Double
    /// Sum of squared distances from the mean position; 0 for a level line.
    var spread: Double
    var squares: Double
    var freedom: Int
    /// What the lead at the node weighs in the value there.
    var weight: Double { 1 / Double(count) + (spread > 0 ? meanOffset * meanOffset / spread : 0) }
  }

  /// Nodes at the leads, which are in order along the track and without outliers.
  ///
  /// One sigma is `sqrt(noise² h + shape²)`. `h = 1 / n + d² / sum (x - mean)²` is what the node's own lead weighs
  /// in its line: a least-squares value has the variance noise² h, whatever leads its neighbours share with it.
  /// `shape²` is the mean square by which lines miss the sea: a lead's distance r from its own line has the
  /// expectation r² = noise² (1 - h) + miss², so that it is the mean of r² - noise² (1 - h) over the leads within
  /// half of `uncertaintyWindow`, 0 at least. `noise` is `neighbourNoise`, else the leads' spread about all lines.
  public func nodes(_ heights: [Double], at positions: [Double]) -> [Node] {
    var lines: [Line] = []
    lines.reserveCapacity(positions.count)
    var low = 0
    var high = 0
    for (i, x) in positions.enumerated() {
      while x - positions[low] > window / 2 { low += 1 }
      high = max(high, i + 1)
      while high < positions.count, positions[high] - x <= window / 2 { high += 1 }
      lines.append(Self.line(heights, positions, low..<high, at: x))
    }
    let freedom = lines.reduce(0) { $0 + $1.freedom }
    let pooled = freedom > 0 ? lines.reduce(0) { $0 + $1.squares } / Double(freedom) : growth * growth
    let noise = neighbourNoise(heights, at: positions).map { $0 * $0 } ?? pooled
    let misses = zip(heights, lines).map { height, line in
      let r = height - line.height
      return r * r - noise * (1 - line.weight)
    }
    let shapes = means(misses, at: positions)
    return positions.indices.map { i in
      Node(
        position: positions[i], height: lines[i].height,
        uncertainty: (noise * lines[i].weight + max(0, shapes[i])).squareRoot())
    }
  }

  /// At each place the mean of the values within half of `uncertaintyWindow`.
  private func means(_ values: [Double], at positions: [Double]) -> [Double] {
    var sums = [0.0]
    for value in values { sums.append(sums[sums.count - 1] + value) }
    var low = 0
    var high = 0
    return positions.enumerated().map { i, x in
      while x - positions[low] > uncertaintyWindow / 2 { low += 1 }
      high = max(high, i + 1)
      while high < positions.count, positions[high] - x <= uncertaintyWindow / 2 { high += 1 }
      return (sums[high] - sums[low]) / Double(high - low)
    }
  }

  private static func line(_ heights: [Double], _ positions: [Double], _ part: Range<Int>, at x: Double) -> Line {
    let n = Double(part.count)
    let meanX = part.reduce(0) { $0 + (positions[$1] - x) } / n
    let meanY = part.reduce(0) { $0 + heights[$1] } / n
    var xx = 0.0
    var xy = 0.0
    for i in part {
      let u = positions[i] - x - meanX
      xx += u * u
      xy += u * (heights[i] - meanY)
    }
    let isLevel = part.count < 3 || xx <= 0
    let slope = isLevel ? 0 : xy / xx
    let squares = part.reduce(0) { sum, i in
      let r = heights[i] - meanY - slope * (positions[i] - x - meanX)
      return sum + r * r
    }
    return Line(
      height: meanY - slope * meanX, count: part.count, meanOffset: meanX, spread: isLevel ? 0 : xx,
      squares: squares, freedom: part.count - (isLevel ? 1 : 2))
  }

  /// The surface at a place and how far the nearest lead is.
  public struct Value: Sendable, Equatable {
    /// Metres; NaN without a lead within reach.
    public var height = Double.nan
    /// One sigma in metres; NaN as `height`.
    public var uncertainty = Double.nan
    /// Metres to the nearest lead; NaN without leads.
    public var distance = Double.nan
  }

  /// The surface at places along the track.
  ///
  /// Between two nodes not farther apart than `maximumGap` it is linear, one sigma too, and the sea's own changes add a
  /// variance of q a b / (a + b) at distances a and b from the nodes, with q = growth² / reference (a random walk held
  /// at both ends). Elsewhere the nearest node's value holds up to half of `maximumGap`, with q times the distance.
  public func values(at places: [Double], _ nodes: [Node]) -> [Value] {
    let q = growth * growth / Self.reference
    return places.map { x in
      guard x.isFinite, !nodes.isEmpty else { return Value() }
      let next = Self.firstNode(nodes, notBefore: x)
      let before = next > 0 ? nodes[next - 1] : nil
      let behind = next < nodes.count ? nodes[next] : nil
      if let a = before, let b = behind, b.position - a.position <= maximumGap {
        let from = x - a.position
        let to = b.position - x
        let length = from + to
        let w = length > 0 ? from / length : 0
        let sigma = (1 - w) * a.uncertainty + w * b.uncertainty
        let walk = length > 0 ? q * from * to / length : 0
        return Value(
          height: (1 - w) * a.height + w * b.height, uncertainty: (sigma * sigma + walk).squareRoot(),
          distance: min(from, to))
      }
      let candidates = [before, behind].compactMap { $0 }
      guard let node = candidates.min(by: { abs($0.position - x) < abs($1.position - x) }) else { return Value() }
      let distance = abs(node.position - x)
      guard distance <= maximumGap / 2 else { return Value(distance: distance) }
      return Value(
        height: node.height, uncertainty: (node.uncertainty * node.uncertainty + q * distance).squareRoot(),
        distance: distance)
    }
  }

  private static func firstNode(_ nodes: [Node], notBefore x: Double) -> Int {
    var low = 0
    var high = nodes.count
    while low < high {
      let middle = (low + high) / 2
      if nodes[middle].position < x { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
