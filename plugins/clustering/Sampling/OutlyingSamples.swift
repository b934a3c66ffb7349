import FloeSDK

/// Samples that lie far outside of all that a model was fitted on: numbers of another unit or scale, as a rule.
enum OutlyingSamples {
  /// Standard deviations from the nearest cluster beyond which a value is far outside.
  private static let reach = 10.0
  /// Samples of a block that are looked at.
  private static let samples = 4000

  /// What to say where most of the samples do, by some of them from five places; nil otherwise.
  static func sentence(_ model: FittedModel, _ source: SampleSource) throws -> String? {
    let layout = source.layout
    let missing = layout.noDataFloats
    let ranges = layout.indices.map { f -> ClosedRange<Double> in
      let ends = model.clusters.map { c -> (Double, Double) in
        let far = reach * max(0, c.variance[f]).squareRoot()
        return (c.mean[f] - far, c.mean[f] + far)
      }
      let low = ends.map(\.0).min() ?? -.infinity
      return low...max(low, ends.map(\.1).max() ?? .infinity)
    }
    var total = 0
    var outside = 0
    var first: (feature: Int, value: Double)?
    let n = source.blockCount
    guard n > 0 else { return nil }
    for b in Set([0, n / 4, n / 2, n * 3 / 4, n - 1]).sorted() {
      let block = try source.read(block: b)
      for i in stride(from: 0, to: block.count, by: max(1, block.count / samples)) {
        let stored = layout.indices.map { block.value($0, i) }
        guard zip(stored, missing).allSatisfy({ $0.isFinite && Float($0) != $1 }) else { continue }
        total += 1
        let values = layout.indices.map { stored[$0] * layout[$0].scale + layout[$0].offset }
        guard let f = values.indices.first(where: { !ranges[$0].contains(values[$0]) }) else { continue }
        outside += 1
        first = first ?? (f, values[f])
      }
    }
    guard total > 0, outside * 2 > total, let first else { return nil }
    let range = ranges[first.feature]
    return """
      \(outside * 100 / total) % of the samples lie far outside of all that the model was fitted on ('\
      \(layout[first.feature].name)' is \(short(first.value)), the model's clusters reach from \
      \(short(range.lowerBound)) to \(short(range.upperBound))): are they in the model's unit and scale?
      """
  }
}
