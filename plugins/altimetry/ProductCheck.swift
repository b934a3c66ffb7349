import FloeSDK

/// Holds what is computed from echoes against what the product itself holds, to find a scale or a bin that is not what
/// it is taken for.
enum ProductCheck {
  /// Differences of more than this at the median are reported, in decibels.
  static let backscatterLimit = 5.0
  /// Differences of more than this at the median are reported, in bins.
  static let binLimit = 0.5
  /// Medians over fewer records say nothing.
  static let leastRecords = 20

  /// What a comparison found: the median difference, over how many records, and a warning where it is too large.
  struct Finding {
    let median: Double
    let records: Int
    let warning: String?
  }

  /// Backscatter from the maximum power against the ocean retracker's; nil where there is nothing to compare.
  static func backscatter(_ own: [Double], _ table: Table) -> Finding? {
    guard let theirs = table["sig0_water_20_ku"]?.numbers else { return nil }
    let differences = own.indices.filter { table.status.isKept($0) }.map { own[$0] - theirs[$0] }.filter(
      \.isFinite)
    guard let median = median(differences) else { return nil }
    let warning =
      abs(median) <= backscatterLimit
      ? nil
      : """
      sigma0_db lies \(short(abs(median))) dB \(median > 0 ? "above" : "below") sig0_water_20_ku at the median of \
      \(differences.count) records, more than 
      """
        + """
        \(short(backscatterLimit)): the scale of the echoes or of scale_factor_20_ku is not what it is taken for; \
        limits in decibels do not hold
        """
    return Finding(median: median, records: differences.count, warning: warning)
  }

  /// The bin of the tracker range that follows from `range_ocog_20_ku`, less the one that the track is tagged with.
  ///
  /// The product's OCOG range lies (bin - nominal) gates behind the tracker range, where `bin` is a threshold of the
  /// OCOG amplitude on the leading edge (Bamber 1994: 25 %; the product does not state its own). Thresholds of 25 % to
  /// 50 % give an interval, and a difference counts from its nearer end.
  static func nominalBin(_ echoes: EchoColumn, _ table: Table) -> Finding? {
    func fact(_ name: String) -> Double? {
      (table[echoes.name]?.attributes[name] ?? table.tags[name]).flatMap(Double.init)
    }
    guard let nominal = fact("nominal_bin"), let gate = fact("range_gate_m"), gate > 0,
      let tracker = table.lengths(ColumnName.trackerRange.rawValue), let ocog = table.lengths("range_ocog_20_ku")
    else { return nil }
    var early: [Double] = []
    var late: [Double] = []
    for row in 0..<table.rowCount where table.status.isKept(row) {
      let offset = (ocog[row] - tracker[row]) / gate
      guard offset.isFinite, let low = OffsetCentre.edge(echoes.row(row), share: 0.25),
        let high = OffsetCentre.edge(echoes.row(row), share: 0.5)
      else { continue }
      early.append(low - offset)
      late.append(high - offset)
    }
    guard let first = median(early), let last = median(late) else { return nil }
    let difference = first > nominal ? first - nominal : last < nominal ? last - nominal : 0
    let warning =
      abs(difference) <= binLimit
      ? nil
      : """
      range_ocog_20_ku puts the tracker range at bin \(short(difference > 0 ? first : last)) at the median of \
      \(early.count) records, 
      """
        + """
        the track is tagged with nominal bin \(short(nominal)): ranges and alignment may be off by \
        \(short(abs(difference) * gate)) m
        """
    return Finding(median: difference, records: early.count, warning: warning)
  }

  /// The median; nil for fewer records than make one.
  private static func median(_ values: [Double]) -> Double? {
    values.count < leastRecords ? nil : FloeSDK.median(of: values)
  }

  private static func short(_ x: Double) -> String {
    let rounded = (x * 100).rounded() / 100
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
  }
}

/// The offset centre of gravity of an echo (OCOG, "ICE-1"; Bamber 1994).
enum OffsetCentre {
  /// Where the leading edge crosses a share of the amplitude sqrt(sum p⁴ / sum p²), in bins, between samples; nil
  /// without power.
  static func edge(_ echo: ArraySlice<Float>, share: Double) -> Double? {
    var squares = 0.0
    var fourths = 0.0
    for p in echo {
      guard p.isFinite else { return nil }
      let square = Double(p) * Double(p)
      squares += square
      fourths += square * square
    }
    guard squares > 0 else { return nil }
    let level = share * (fourths / squares).squareRoot()
    var before = 0.0
    for (bin, p) in echo.enumerated() {
      let power = Double(p)
      if power > level { return bin == 0 ? 0 : Double(bin - 1) + (level - before) / (power - before) }
      before = power
    }
    return nil
  }
}
