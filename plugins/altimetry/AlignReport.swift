import FloeSDK

extension AlignStep {
  /// Records what alignment did, over the records that take part.
  func report(
    _ outcome: ShiftRule.Outcome, _ raw: [Double], _ members: [Bool], _ aligned: [Bool], _ before: [Found],
    _ moved: [Found], _ context: RunContext
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
    let whole = kept.filter { before[$0].isWhole }, own = whole.filter { aligned[$0] }
    context.record("peak bin std", [
      "before": spread(whole) { before[$0].peak }, "after": spread(whole) { moved[$0].peak },
      "before, aligned records": spread(own) { before[$0].peak }, "after, aligned records": spread(own) { moved[$0].peak },
    ])
    // The same records on both sides: those whose edge is found before and after.
    let both = kept.filter { aligned[$0] && before[$0].edge.isFinite && moved[$0].edge.isFinite }
    context.record("leading edge std", [
      "before": spread(both) { before[$0].edge }, "after": spread(both) { moved[$0].edge }, "records": .integer(both.count),
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
    context.dropped(kept.count { before[$0].peak.isNaN }, "records", because: "left unaligned: no echo")
    context.dropped(kept.count { !before[$0].peak.isNaN && !before[$0].isWhole }, "records", because: "left unaligned: samples of the echo are missing")
  }
}
