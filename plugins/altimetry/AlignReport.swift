import FloeSDK

extension AlignStep {
  /// Records what alignment did, over the records that take part.
  func report(
    _ outcome: ShiftRule.Outcome, _ raw: [Double], _ members: [Bool], _ aligned: [Bool], _ peaks: [Double], _ edges: [Double],
    _ moved: [Moved], _ context: RunContext
  ) {
    let kept = members.indices.filter { members[$0] }
    func spread(_ rows: [Int], _ value: (Int) -> Double) -> JSONValue {
      let s = RunningStatistics(rows.lazy.map(value))
      return s.count > 0 ? JSONValue(finite: s.standardDeviation) : .null
    }
    let known = RunningStatistics(kept.lazy.map { raw[$0] }.filter(\.isFinite))
    if known.count > 0 {
      context.record("raw shift (m)", [
        "mean": .number(known.mean), "std": .number(known.standardDeviation), "min": .number(known.minimum), "max": .number(known.maximum),
      ])
    }
    context.record("shift std after (m)", spread(kept) { outcome.shifts[$0] })
    context.record("records aligned", .integer(kept.count { aligned[$0] }))
    let whole = kept.filter { !peaks[$0].isNaN }, own = whole.filter { aligned[$0] }
    context.record("peak bin std", [
      "before": spread(whole) { peaks[$0] }, "after": spread(whole) { moved[$0].peak },
      "before, aligned records": spread(own) { peaks[$0] }, "after, aligned records": spread(own) { moved[$0].peak },
    ])
    // The same records on both sides: those whose edge is found before and after.
    let both = kept.filter { aligned[$0] && edges[$0].isFinite && moved[$0].edge.isFinite }
    context.record("leading edge std", [
      "before": spread(both) { edges[$0] }, "after": spread(both) { moved[$0].edge }, "records": .integer(both.count),
    ])
    if missingAsZero {
      let zeroed = outcome.outliers + outcome.missing
      context.record("records set to zero shift", .integer(zeroed))
      if zeroed > 0 {
        context.warn("\(zeroed) of \(kept.count) records got the shift 0 m before the mean was removed: \(outcome.outliers) outside the percentiles, \(outcome.missing) missing")
      }
    } else {
      context.dropped(outcome.outliers, "records", because: "left unaligned: shift outside the percentiles")
      context.dropped(outcome.tooLarge, "records", because: "left unaligned: shift beyond max_shift")
    }
    let empty = kept.count { peaks[$0].isNaN }
    context.dropped(empty, "records", because: "left unaligned: no echo")
  }
}
