import FloeSDK

/// Mean echoes of the classes.
struct EchoesStep: ProcessingStep {
  static let name = "altimetry.echoes"
  static let summary = "Computes mean and standard deviation of the normalised echoes of each class, raw and aligned."
  static let discussion = """
    A table with one row a bin: `bin`, and for each class `<class>_raw_mean`, `<class>_raw_std`, `<class>_aligned_mean`,
    `<class>_aligned_std` (dimensionless; each echo divided once, by the maximum
    that the raw echo has: aligned peaks stay below 1; population standard deviation) and
    `<class>_count`, the number of records. Kept records with both echoes take part; with `only_aligned` those with
    `aligned` 1. The document holds the same with the peak of each mean echo.

    Missing values and edges: a record without an echo, or whose samples are partly missing and which therefore has no
    aligned echo, takes no part and is in no `<class>_count`; nor is one without a class. A class without such records
    gets no columns. Aligned echoes hold their end samples beyond the window, so that the outermost bins of the aligned
    mean are less sure the farther echoes were shifted.
    """
  static let example = """
    echoes: { use: altimetry.echoes, in: { input: aligned.track }, with: { classes: esa_class } }
    """

  @Input("Track with raw and aligned echoes") var input: Table
  @Param("Column with the class codes; class_code, else esa_class by default") var classes: String?
  @Param("Column with the raw echoes") var raw = ColumnName.waveform.rawValue
  @Param("Column with the aligned echoes") var aligned = ColumnName.alignedWaveform.rawValue
  @Param("Only records with aligned 1") var onlyAligned = false
  @Output("Mean echoes, one row a bin") var table: Table?
  @Output("The same as a report") var report: Document?

  mutating func plan(in context: PlanContext) throws {
    try input.check(numbers: SurfaceClasses.codes(in: input, column: classes), "classes")
    try input.check(echoes: raw, "raw")
    try input.check(echoes: aligned, "aligned")
    if onlyAligned, input["aligned"]?.numbers == nil {
      throw ParameterError("only_aligned", "needs the column 'aligned', which altimetry.align adds to the track")
    }
    var result = Table(rowCount: 0)
    result.set(Column("bin", values: .integer([])))
    table = result
    report = Document(title: "Mean echoes", body: [:])
  }

  mutating func run(in context: RunContext) async throws {
    let before = try EchoColumn(input, raw)
    let after = try EchoColumn(input, aligned)
    guard before.width == after.width else {
      throw FloeError("'\(raw)' has \(before.width) bins and '\(aligned)' \(after.width)")
    }
    let classes = try SurfaceClasses.codes(in: input, column: self.classes)
    let codes = try input.numbers(classes)
    let flag = onlyAligned ? try input.numbers("aligned") : nil
    let names = input[classes]?.classes ?? .seaIce
    let isDivided = input.tags["normalised:\(aligned)"] != nil
    var result = Table(rowCount: before.width)
    var body: [String: JSONValue] = [:]
    var peaks: [String: JSONValue] = [:]
    result.set(Column("bin", summary: "Echo sample", values: .integer((0..<before.width).map { $0 })))
    for code in Set(codes.compactMap { Int(exactly: $0) }).sorted() {
      try context.checkCancelled()
      let rows = codes.indices.filter {
        codes[$0] == Double(code) && input.status.isKept($0) && (flag == nil || flag?[$0] == 1)
          && Peakiness.peak(before.row($0)) != nil && Peakiness.peak(after.row($0)) != nil
      }
      guard !rows.isEmpty else { continue }
      let name = names[code]?.name ?? "class_\(code)"
      var entry: [String: JSONValue] = ["count": .integer(rows.count)]
      for (label, column) in [("raw", before), ("aligned", after)] {
        // Aligned echoes that were divided before the shift are not divided again.
        let isDone = label == "aligned" && isDivided
        let (mean, std) = Self.statistics(column, rows) { isDone ? 1 : Self.top(before.row($0)) }
        result.set(Column("\(name)_\(label)_mean", values: .number(mean)))
        result.set(Column("\(name)_\(label)_std", values: .number(std)))
        entry["\(label)_peak"] = JSONValue(mean.max())
        entry["\(label)_mean"] = .array(mean.map { JSONValue(finite: $0) })
        entry["\(label)_std"] = .array(std.map { JSONValue(finite: $0) })
      }
      result.set(Column("\(name)_count", values: .integer([Int?](repeating: rows.count, count: before.width))))
      body[name] = .object(entry)
      peaks[name] = ["before": entry["raw_peak"] ?? .null, "after": entry["aligned_peak"] ?? .null]
    }
    if !peaks.isEmpty { context.record("mean_echo_peak", .object(peaks)) }
    table = result
    report = Document(title: "Mean echoes", body: .object(body))
  }

  /// Mean and standard deviation of each bin over rows, each echo divided by what `divisor` says of its row.
  static func statistics(_ column: EchoColumn, _ rows: [Int], over divisor: (Int) -> Double) -> (
    mean: [Double], std: [Double]
  ) {
    var bins = [RunningStatistics](repeating: RunningStatistics(), count: column.width)
    for row in rows {
      let top = divisor(row)
      for (i, v) in column.row(row).enumerated() where v.isFinite { bins[i].add(Double(v) / top) }
    }
    return (bins.map(\.mean), bins.map(\.standardDeviation))
  }

  /// The largest number of an echo; 1 where it has no power.
  static func top(_ echo: ArraySlice<Float>) -> Double {
    let peak = echo.withUnsafeBufferPointer { EchoScan($0) }
    return peak.peak < 0 ? 1 : Double(peak.top)
  }
}
