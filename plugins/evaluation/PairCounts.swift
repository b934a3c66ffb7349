import FloeSDK

/// How often each pair of class codes occurs, in exact integers, and what was left out with its reason.
public struct PairCounts: Sendable, Equatable {
  /// `counts[reference * 256 + predicted]`, codes 0...255.
  public private(set) var counts = [Int](repeating: 0, count: 256 * 256)
  /// Pixels or records without a pair, by reason.
  public private(set) var leftOut: [String: Int] = [:]

  /// Why pairs are left out whose code is too large or below 0, of the reference and of the prediction.
  static let beyondBytes = ["reference code outside 0...255", "predicted code outside 0...255"]

  /// No pair yet.
  public init() {}

  /// Counts a pair; codes outside 0...255 are left out and counted.
  public mutating func add(reference: Int, predicted: Int, times: Int = 1) {
    guard (0...255).contains(reference) else { return leaveOut(Self.beyondBytes[0], times) }
    guard (0...255).contains(predicted) else { return leaveOut(Self.beyondBytes[1], times) }
    counts[reference * 256 + predicted] += times
  }

  /// Counts pixels or records that have no pair.
  public mutating func leaveOut(_ reason: String, _ times: Int = 1) {
    if times > 0 { leftOut[reason, default: 0] += times }
  }

  /// Adds the counts of another part.
  public mutating func merge(_ other: PairCounts) {
    for i in counts.indices { counts[i] += other.counts[i] }
    leftOut.merge(other.leftOut, uniquingKeysWith: +)
  }

  /// The same pairs with codes of both sides taken for others.
  public func recoded(_ other: [Int: Int]) -> PairCounts {
    var result = PairCounts()
    result.leftOut = leftOut
    for r in referenceCodes {
      for p in predictedCodes where count(r, p) > 0 {
        result.add(reference: other[r] ?? r, predicted: other[p] ?? p, times: count(r, p))
      }
    }
    return result
  }

  /// The count of one pair.
  public func count(_ reference: Int, _ predicted: Int) -> Int { counts[reference * 256 + predicted] }
  /// All pairs.
  public var total: Int { counts.reduce(0, +) }
  /// The codes that the reference has, rising.
  public var referenceCodes: [Int] { (0...255).filter { r in (0...255).contains { count(r, $0) > 0 } } }
  /// The codes that the prediction has, rising.
  public var predictedCodes: [Int] { (0...255).filter { p in (0...255).contains { count($0, p) > 0 } } }

  /// Counts the pairs of one band each of two blocks over the same window.
  public mutating func add(
    _ reference: PixelBlock, noData referenceNoData: Set<Int>, _ predicted: PixelBlock, noData predictedNoData: Set<Int>
  ) {
    let a = Self.codes(reference, noData: referenceNoData)
    let b = Self.codes(predicted, noData: predictedNoData)
    // Local copies of the counters keep the loop free of dictionary work.
    var pairs = [Int](repeating: 0, count: 256 * 256)
    var missing = [0, 0, 0]
    var odd = 0
    for i in 0..<min(a.count, b.count) {
      let x = Int(a[i])
      let y = Int(b[i])
      if x >= 0 && y >= 0 {
        pairs[x * 256 + y] += 1
      } else if x == Self.odd || y == Self.odd {
        odd += 1
      } else {
        missing[x < 0 ? (y < 0 ? 2 : 0) : 1] += 1
      }
    }
    for i in counts.indices { counts[i] += pairs[i] }
    leaveOut("no data in the reference", missing[0])
    leaveOut("no data in the prediction", missing[1])
    leaveOut("no data on both sides", missing[2])
    leaveOut("value that is no code in 0...255", odd)
  }

  private static let odd = -2

  /// Codes 0...255, -1 for no data, -2 for a value that is no code.
  private static func codes(_ block: PixelBlock, noData: Set<Int>) -> [Int16] {
    if case .uint8(let bytes) = block.values {
      let table = (0...255).map { noData.contains($0) ? Int16(-1) : Int16($0) }
      return bytes.map { table[Int($0)] }
    }
    return block.values.withValues(CodeVisitor(noData: noData))
  }

  /// Values of other types than bytes as codes.
  private struct CodeVisitor: PixelVisitor {
    let noData: Set<Int>
    func visit<T: PixelValue>(_ values: [T]) -> [Int16] {
      values.map { value in
        let d = value.asDouble
        guard let whole = Int(exactly: d) else { return d.isNaN ? -1 : Int16(odd) }
        if noData.contains(whole) { return -1 }
        return (0...255).contains(whole) ? Int16(whole) : Int16(odd)
      }
    }
  }
}
