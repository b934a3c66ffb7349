import FloeSDK

/// The numbers that the course notebook prints.
struct CourseFiguresStep: ProcessingStep {
  static let name = "altimetry.course_figures"
  static let summary =
    "Computes the numbers that the course notebook prints: selection, groups, shifts, peaks, mean echoes."
  static let discussion = """
    A table with one row a figure: `figure` (a name that does not change), `value`, `unit` and `meaning`; the document
    holds the same. The figures are defined as the course notebook defines them, so that a run of
    `altimetry-course.yaml` on its product (S3A_SR_2_LAN_SI_20190307T005808) gives the published numbers:

    - `nan_cells`: missing values in the three columns `features`, over all records and not only the kept ones.
    - `records_kept`, and how many of them the reference calls ice and lead; sizes of the groups and confusion
      (`mixture_ice_as_lead`: ice by the reference, lead by the mixture); the same of a second clustering on `other`.
    - means of the features over the mixture's classes, in physical units.
    - `shift_raw_...` (m) over the kept records with a shift: mean, standard deviation, least and greatest;
      `shift_zeroed`: kept records whose shift was set to 0; `shift_std` (m): over all kept records, the zeros included.
    - `peak_std_before`, `peak_std_after` (bins): spread of the place of the first largest sample. A missing sample
      before alignment counts as the largest, as in numpy.
    - `..._echo_peak_before`, `..._echo_peak_after`: greatest value of the mean echo of the mixture's class, each echo
      divided once, by the maximum that it had before alignment.

    Standard deviations are those of the population. A figure that the records do not give (no such class, no shift) is
    NaN, null in the document. Kept records with class 1 (sea ice) or 2 (lead) take part; other classes are in no size
    and no confusion. Neither missing records nor the ends of the track are treated apart.
    """
  static let example = """
    printed: { use: altimetry.course_figures, in: { input: groups.classes, other: kmeans.classes } }
    """

  @Input("Track with features, shifts, echoes and the mixture's classes") var input: Table
  @Input("The same records with the classes of another clustering") var other: Table?
  @Param("Column with the class codes") var classes = ColumnName.classCode.rawValue
  @Param("Column with the reference's class codes") var reference = ColumnName.esaClass.rawValue
  @Param("Columns of the features: backscatter, peakiness, stack standard deviation") var features = [
    ColumnName.backscatter.rawValue, ColumnName.peakiness.rawValue, ColumnName.stackDeviation.rawValue,
  ]
  @Param("Column with the raw echoes") var raw = ColumnName.waveform.rawValue
  @Param("Column with the aligned echoes") var aligned = ColumnName.alignedWaveform.rawValue
  @Output("One row a figure") var table: Table?
  @Output("The same as a report") var report: Document?

  mutating func plan(in context: PlanContext) throws {
    for (name, parameter) in [
      (classes, "classes"), (reference, "reference"), ("shift_raw_m", "input"), (ColumnName.shift.rawValue, "input"),
    ] {
      try input.check(numbers: name, parameter)
    }
    for name in features { try input.check(numbers: name, "features") }
    try other?.check(numbers: classes, "classes")
    try input.check(echoes: raw, "raw")
    try input.check(echoes: aligned, "aligned")
    table = Self.table([])
    report = Document(title: "Printed figures", body: [:])
  }

  /// One figure.
  struct Figure: Sendable {
    let name: String
    let value: Double
    var unit: PhysicalUnit = .dimensionless
    let meaning: String
  }

  mutating func run(in context: RunContext) async throws {
    let kept = (0..<input.rowCount).filter(input.status.isKept)
    let truth = try input.numbers(reference)
    let found = try input.numbers(classes)
    let names = [1: "ice", 2: "lead"]
    var all: [Figure] = []
    let cells = try features.map { try input.numbers($0).count(where: \.isNaN) }.reduce(0, +)
    all.append(Figure(name: "nan_cells", value: Double(cells), meaning: "missing values of the features, all records"))
    all.append(Figure(name: "records_kept", value: Double(kept.count), meaning: "records that take part"))
    for code in [1, 2] {
      all.append(
        Figure(
          name: "reference_\(names[code] ?? "")", value: Double(kept.count { truth[$0] == Double(code) }),
          meaning: "kept records that \(reference) calls \(names[code] ?? "")"))
    }
    all += Self.groups("mixture", found, truth, kept)
    if let other {
      guard other.rowCount == input.rowCount else {
        throw FloeError(
          "'other' has \(other.rowCount) records and 'input' \(input.rowCount): both must hold the same ones")
      }
      all += Self.groups("other", try other.numbers(classes), truth, kept)
    }
    for code in [1, 2] {
      let rows = kept.filter { found[$0] == Double(code) }
      for feature in features {
        let values = try input.numbers(feature)
        all.append(
          Figure(
            name: "mixture_\(names[code] ?? "")_mean_\(feature)", value: Self.mean(rows.map { values[$0] }),
            unit: input[feature]?.unit ?? .dimensionless, meaning: "mean over the mixture's \(names[code] ?? "")"))
      }
    }
    all += try shifts(kept)
    all += try await echoes(kept, found, context)
    table = Self.table(all)
    report = Document(
      title: "Printed figures",
      body: [
        "printed_figures": .array(
          all.map {
            [
              "figure": .string($0.name), "value": JSONValue(finite: $0.value), "unit": .string($0.unit.rawValue),
              "meaning": .string($0.meaning),
            ]
          })
      ])
  }

  private static func groups(_ title: String, _ found: [Double], _ truth: [Double], _ kept: [Int]) -> [Figure] {
    let names = [(1.0, "ice"), (2.0, "lead")]
    var result = names.map { code, name in
      Figure(
        name: "\(title)_\(name)", value: Double(kept.count { found[$0] == code }),
        meaning: "kept records in the group called \(name)")
    }
    for (code, name) in names {
      for (other, as_) in names {
        result.append(
          Figure(
            name: "\(title)_\(name)_as_\(as_)", value: Double(kept.count { truth[$0] == code && found[$0] == other }),
            meaning: "\(name) by the reference, \(as_) by the \(title == "other" ? "other clustering" : title)"))
      }
    }
    return result
  }

  private func shifts(_ kept: [Int]) throws -> [Figure] {
    let raw = try input.numbers("shift_raw_m")
    let used = try input.numbers(.shift)
    let known = RunningStatistics(kept.lazy.map { raw[$0] }.filter(\.isFinite))
    let moved = RunningStatistics(kept.lazy.map { used[$0] })
    let is_ = known.count > 0
    return [
      Figure(name: "shift_raw_mean", value: is_ ? known.mean : .nan, unit: .metre, meaning: "mean of the raw shifts"),
      Figure(
        name: "shift_raw_std", value: is_ ? known.standardDeviation : .nan, unit: .metre,
        meaning: "standard deviation of the raw shifts"),
      Figure(name: "shift_raw_min", value: is_ ? known.minimum : .nan, unit: .metre, meaning: "least raw shift"),
      Figure(name: "shift_raw_max", value: is_ ? known.maximum : .nan, unit: .metre, meaning: "greatest raw shift"),
      Figure(
        name: "shift_zeroed", value: Double(kept.count { used[$0] == 0 }),
        meaning: "kept records whose shift was set to 0: outside of the percentiles, or missing"),
      Figure(
        name: "shift_std", value: moved.count > 0 ? moved.standardDeviation : .nan, unit: .metre,
        meaning: "standard deviation of the shifts used, zeros included"),
    ]
  }

  private func echoes(_ kept: [Int], _ found: [Double], _ context: RunContext) async throws -> [Figure] {
    let before = try EchoColumn(input, raw)
    let after = try EchoColumn(input, aligned)
    let isDivided = input.tags["normalised:\(aligned)"] != nil
    let peaks = RunningStatistics(kept.lazy.map { Double(Self.numpyPeak(before.row($0))) })
    let moved = RunningStatistics(kept.lazy.map { Double(Self.numpyPeak(after.row($0))) })
    var result = [
      Figure(
        name: "peak_std_before", value: peaks.count > 0 ? peaks.standardDeviation : .nan,
        meaning: "spread of the peak's bin, raw"),
      Figure(
        name: "peak_std_after", value: moved.count > 0 ? moved.standardDeviation : .nan,
        meaning: "spread of the peak's bin, aligned"),
    ]
    for (code, name) in [(1.0, "ice"), (2.0, "lead")] {
      let rows = kept.filter { found[$0] == code }
      let old = EchoesStep.statistics(before, rows) { row in EchoesStep.top(before.row(row)) }
      let new = EchoesStep.statistics(after, rows) { row in isDivided ? 1 : EchoesStep.top(before.row(row)) }
      result.append(
        Figure(
          name: "\(name)_echo_peak_before", value: rows.isEmpty ? .nan : old.mean.max() ?? .nan,
          meaning: "greatest value of the mean normalised echo of \(name), raw"))
      result.append(
        Figure(
          name: "\(name)_echo_peak_after", value: rows.isEmpty ? .nan : new.mean.max() ?? .nan,
          meaning: "greatest value of the mean normalised echo of \(name), aligned"))
      try context.checkCancelled()
    }
    return result
  }

  /// The place of the first largest sample as `numpy.argmax` finds it: a missing one counts as the largest.
  static func numpyPeak(_ echo: ArraySlice<Float>) -> Int {
    var best = echo.startIndex
    for i in echo.indices {
      if echo[i].isNaN { return i - echo.startIndex }
      if echo[i] > echo[best] { best = i }
    }
    return best - echo.startIndex
  }

  private static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
  }

  private static func table(_ all: [Figure]) -> Table {
    var table = Table(rowCount: all.count)
    table.set(Column("figure", summary: "Name of the figure", values: .text(all.map(\.name))))
    table.set(Column("value", summary: "Its value in its unit", values: .number(all.map(\.value))))
    table.set(Column("unit", summary: "Unit; 1 is dimensionless", values: .text(all.map(\.unit.rawValue))))
    table.set(Column("meaning", summary: "What it is", values: .text(all.map(\.meaning))))
    return table
  }
}
