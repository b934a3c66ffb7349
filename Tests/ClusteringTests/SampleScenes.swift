import Clustering
import FloeCore
import FloeNumerics

/// Calculated samples with known truth.
enum SampleScenes {
  static let layout = ["B02", "B03", "B04"].map { FeatureLayout($0, scale: 1e-4, offset: -0.1, noData: 0) }

  /// Every tenth sample a lead near reflectance 0.1, the others ice near 0.7, every 50th no data: three bands of DN.
  static func iceAndLeads(_ count: Int, seed: UInt64 = 1) -> (values: [UInt16], truth: [UInt8]) {
    var g = SeededGenerator(seed: seed)
    var truth = [UInt8](repeating: 1, count: count)
    var values = [UInt16](repeating: 0, count: 3 * count)
    for i in 0..<count {
      let isLead = i % 10 == 3
      let common = g.gaussian()
      truth[i] = i % 50 == 0 ? 255 : isLead ? 0 : 1
      for f in 0..<3 where i % 50 != 0 {
        let dn = (isLead ? 2000.0 : 8000) - 200 * Double(f) + 300 * common + 100 * g.gaussian()
        values[f * count + i] = UInt16(dn.rounded())
      }
    }
    return (values, truth)
  }

  /// A reader that cuts the samples into blocks.
  static func reader(_ values: [UInt16], features: Int = 3, block: Int) -> MemoryReader {
    let n = values.count / features
    return MemoryReader(
      layout: Array(layout[..<features]),
      blocks: stride(from: 0, to: n, by: block).map { start in
        let end = min(n, start + block)
        return SampleBlock(
          featureCount: features, values: .uint16((0..<features).flatMap { values[$0 * n + start..<$0 * n + end] }))
      })
  }
}

/// Runs the calls in several tasks, in any order, as a host with workers would.
struct TaskMap: BlockMap {
  func map<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> T) async throws -> [T] {
    try await withThrowingTaskGroup(of: (Int, T).self) { group in
      for i in 0..<count { group.addTask { (i, try body(i)) } }
      var found: [(Int, T)] = []
      for try await result in group { found.append(result) }
      return found.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}
