import CAllocations
import Clustering
import FloeNumerics
import Foundation

// Time and allocations of the kernels beside a plain loop over the same numbers in the same run. Seconds differ from
// machine to machine; ratios hardly do. Ends with status 1 when a ratio is above its limit.

let pixels = 1 << 20
let bands = 3
var generator = SeededGenerator(seed: 1)
let values = (0..<bands * pixels).map { i -> UInt16 in
  let isLead = (i % pixels) % 10 == 3
  return UInt16((isLead ? 2000 : 8000) + 300 * generator.gaussian())
}
let block = SampleBlock(featureCount: bands, values: .uint16(values))
let layout = (0..<bands).map { FeatureLayout("B\($0)", scale: 1e-4, offset: -0.1, noData: 0) }
let reader = MemoryReader(layout: layout, blocks: [block])

/// The least seconds of some runs, and the allocations of one.
func measure(_ work: () -> Void) -> (seconds: Double, allocations: Int) {
  work()
  var best = Double.infinity
  var allocations = Int.max
  for _ in 0..<7 {
    let before = floe_allocations()
    let clock = ContinuousClock.now
    work()
    let elapsed = ContinuousClock.now - clock
    allocations = min(allocations, Int(floe_allocations() - before))
    best = min(best, Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
  }
  return (best, allocations)
}

nonisolated(unsafe) var sink = 0.0

/// The reference: sums and sums of squares of all bands, one pixel after the other.
func reference() {
  values.withUnsafeBufferPointer { p in
    var sum = 0.0
    for i in 0..<pixels {
      for f in 0..<bands {
        let x = Double(p[f * pixels + i])
        sum += x * x - x
      }
    }
    sink += sum
  }
}

let census = try await FeatureStatistics.take(reader, map: SerialMap())
let space = census.space(standardise: false)
func centres(_ k: Int) -> [[Double]] {
  (0..<k).map { j in (0..<bands).map { _ in 0.05 + 0.8 * Double(j) / Double(max(1, k - 1)) } }
}
func kernel(_ k: Int) -> KMeansKernel { KMeansKernel(centres: centres(k), space: space, layout: layout, whole: true) }
let two = kernel(2)
let many = kernel(25)
let mixture = GMMParameters(
  type: .full, weights: [0.1, 0.9], means: [[0.1, 0.1, 0.1], [0.7, 0.7, 0.7]],
  covariances: [[[1e-3, 0, 0], [0, 1e-3, 0], [0, 0, 1e-3]], [[1e-3, 0, 0], [0, 1e-3, 0], [0, 0, 1e-3]]])
let gaussian = try GMMKernel(mixture, space: space, layout: layout, whole: true)

/// Limits are about twice what was measured: ratio to the reference, and allocations a block.
let kernels: [(name: String, limit: Double, allocations: Int, work: () -> Void)] = [
  ("K-Means pass, k = 2", 2.6, 20, { sink += two.pass(block).inertia }),
  ("K-Means labels, k = 2", 1.4, 10, { sink += Double(two.labels(block)[0]) }),
  ("K-Means pass, k = 25", 14, 20, { sink += many.pass(block).inertia }),
  ("GMM pass, k = 2, full", 9.5, 20, { sink += gaussian.pass(block).logLikelihood }),
]

let plain = measure(reference)
print("| kernel | ns a pixel | to the reference | limit | allocations | limit |\n|---|---|---|---|---|---|")
func row(_ name: String, _ m: (seconds: Double, allocations: Int), _ limit: String, _ most: String) {
  let ns = String(format: "%.2f", m.seconds / Double(pixels) * 1e9)
  let ratio = String(format: "%.2f", m.seconds / plain.seconds)
  print("| \(name) | \(ns) | \(ratio) | \(limit) | \(m.allocations) | \(most) |")
}
row("reference: sums of squares", plain, "", "")
var isGood = true
for k in kernels {
  let m = measure(k.work)
  row(k.name, m, "\(k.limit)", "\(k.allocations)")
  isGood = isGood && m.seconds <= k.limit * plain.seconds && m.allocations <= k.allocations
}
if !isGood {
  print("a kernel is above its limit")
  exit(1)
}
