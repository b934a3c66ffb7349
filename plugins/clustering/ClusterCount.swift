import FloeSDK

/// A number of clusters, or `auto`: the one with the best Bayesian criterion within a range.
enum ClusterCount: ParameterValue, Hashable {
  case fixed(Int)
  case auto

  static var typeName: String { "integer or auto" }
  init(literal: ParameterLiteral) throws(FloeError) {
    if literal.text == "auto" {
      self = .auto
    } else {
      do { self = .fixed(try Int(literal: literal)) } catch {
        throw FloeError("must be a whole number or auto, not '\(literal.description)'")
      }
    }
  }
  var literal: ParameterLiteral {
    switch self {
    case .fixed(let count): .text(String(count))
    case .auto: .text("auto")
    }
  }
  var rangedNumbers: [Double] { if case .fixed(let count) = self { [Double(count)] } else { [] } }

  /// The numbers to try: one, or the range's.
  func candidates(_ range: [Int], least: Int) throws(ParameterError) -> [Int] {
    switch self {
    case .fixed(let count): return [count]
    case .auto:
      guard range.count == 2, range[0] >= least, range[0] <= range[1], range[1] <= 64 else {
        throw ParameterError(
          "cluster_range",
          """
          must be the fewest and the most clusters, \(least) to 64, not '\
          \(range.map(String.init).joined(separator: ","))'
          """
        )
      }
      return Array(range[0]...range[1])
    }
  }
}

extension ClusterCount {
  /// The numbers of `auto` that samples of so many distinct values can have: none above it, and it alone where all are.
  ///
  /// - Parameter distinct: distinct values, counted up to the last of the candidates.
  static func possible(_ candidates: [Int], distinct: Int, samples: Int, context: RunContext) -> [Int] {
    guard let most = candidates.last, distinct < most else { return candidates }
    func counted(_ n: Int, _ what: String) -> String { "\(n) \(what)\(n == 1 ? "" : "s")" }
    let values = "only \(counted(distinct, "distinct value")) among \(counted(samples, "valid sample"))"
    let left = candidates.filter { $0 <= distinct }
    if let first = left.first, let last = left.last {
      context.warn(
        """
        \(values): 'clusters: auto' takes \(first == last ? "\(last)" : "\(first) to \(last)") for 'cluster_range' \
        \(candidates[0]) to \(most)
        """)
      return left
    }
    context.warn(
      """
      \(values): 'clusters: auto' makes \(counted(distinct, "cluster")), and 'cluster_range' begins \
      at \(candidates[0])
      """)
    return [distinct]
  }
}

extension ClusterTrial {
  /// Tells what was tried and chosen, for record and report.
  static func record(_ trials: [ClusterTrial], samples: Int, context: RunContext) {
    guard trials.count > 1 else { return }
    let best = best(trials)
    context.record(
      .clusterChoice,
      .array(
        trials.enumerated().map { i, trial in
          [
            "clusters": .integer(trial.clusters), "bic": JSONValue(finite: trial.bic),
            "mean_log_likelihood": JSONValue(finite: trial.meanLogLikelihood), "chosen": .bool(i == best),
          ]
        }))
    context.log(.info, "\(trials[best].clusters) clusters have the best Bayesian criterion on \(samples) samples")
    if best == trials.count - 1 {
      context.log(
        .info, "the Bayesian criterion still falls at \(trials[best].clusters) clusters, where 'cluster_range' ends")
    }
  }
}
