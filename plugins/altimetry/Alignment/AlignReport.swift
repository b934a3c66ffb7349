import FloeSDK

extension AlignStep {
  /// Records what alignment did, over the records that take part.
  func report(
    _ outcome: ShiftRule.Outcome, _ raw: [Double], _ members: [Bool], _ aligned: [Bool], _ before: [EchoFinding],
    _ moved: [EchoFinding], _ context: RunContext
  ) {
    let kept = members.indices.filter { members[$0] }
    func spread(_ rows: [Int], _ value: (Int) -> Double) -> JSONValue {
      let s = RunningStatistics(rows.lazy.map(value))
      return s.count > 0 ? JSONValue(finite: s.standardDeviation) : .null
    }
    let known = RunningStatistics(kept.lazy.map { raw[$0] }.filter(\.isFinite))
    if known.count > 0 {
      context.record(
        "raw_shift_m",
        [
          "mean": .number(known.mean), "std": .number(known.standardDeviation), "min": .number(known.minimum),
          "max": .number(known.maximum),
        ])
    }
    context.record("shift_std_after_m", spread(kept) { outcome.shifts[$0] })
    context.record(.recordsAligned, .integer(kept.count { aligned[$0] }))
    let whole = kept.filter { before[$0].isWhole }
    let own = whole.filter { aligned[$0] }
    context.record(
      "peak_bin_std",
      [
        "before": spread(whole) { before[$0].peak }, "after": spread(whole) { moved[$0].peak },
        "before_of_aligned": spread(own) { before[$0].peak },
        "after_of_aligned": spread(own) { moved[$0].peak },
      ])
    // The same records on both sides: those whose edge is found before and after.
    let both = kept.filter { aligned[$0] && before[$0].edge.isFinite && moved[$0].edge.isFinite }
    context.record(
      "leading_edge_std",
      [
        "before": spread(both) { before[$0].edge }, "after": spread(both) { moved[$0].edge },
        "records": .integer(both.count),
      ])
    if missingAsZero {
      let zeroed = outcome.outliers + outcome.missing
      context.record("records_set_to_zero_shift", .integer(zeroed))
      if zeroed > 0 {
        context.warn(
          """
          \(zeroed) of \(kept.count) records stay where they are, with the shift 0 m: \(outcome.outliers) outside the \
          percentiles, \(outcome.missing) without a shift
          """
        )
      }
    }
  }

  /// Counts the records that take part and stay unaligned, each under the first reason that applies.
  func countUnaligned(
    _ outcome: ShiftRule.Outcome, _ raw: [Double], _ members: [Bool], _ before: [EchoFinding], _ context: RunContext
  ) throws {
    let terms = method == .physical ? try shiftColumns.map { (name: $0, values: try input.numbers($0)) } : []
    var counts: [String: Int] = [:]
    for row in members.indices where members[row] {
      let reason: String?
      if before[row].peak.isNaN {
        reason = "left unaligned: no echo"
      } else if !before[row].isWhole && !missingAsZero {
        reason = "left unaligned: samples of the echo are missing"
      } else if !raw[row].isFinite {
        reason =
          terms.first { !$0.values[row].isFinite }.map { "left unaligned: \($0.name) missing" }
          ?? "left unaligned: no leading edge found"
      } else if outcome.aligned[row] {
        reason = nil
      } else {
        reason =
          outcome.isOutlier[row]
          ? "left unaligned: shift outside the percentiles" : "left unaligned: shift beyond max_shift"
      }
      if let reason { counts[reason, default: 0] += 1 }
    }
    for (reason, count) in counts.sorted(by: { $0.key < $1.key }) { context.dropped(count, "records", because: reason) }
  }
}
