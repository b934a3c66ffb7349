import FloeSDK

/// How far ice and leads lie apart before and after alignment.
struct SeparationStep: ProcessingStep {
  static let name = "altimetry.separation"
  static let summary = "Computes how far sea ice and leads lie apart in each feature, before and after alignment."
  static let discussion = """
    A table with one row a feature: `feature`, `before`, `after` (Jeffries-Matusita distance, dimensionless, 0 none to 2
    complete; both classes taken as Gaussians), `change` and `note`. Kept records with class 1 (sea ice) or 2 (lead) of
    `classes` take part. Features of the echo (peakiness, by each of its definitions, and leading-edge width) are
    computed of the raw and of the aligned echo. The stack standard deviation comes from the range-integrated power and
    the backscatter from the maximum power: aligning echoes in range cannot change them, so that a change of a
    classification by alignment comes from peakiness and leading edge alone.

    Missing values and edges: a feature that an echo does not give (no power, samples missing, peak too early, no
    leading edge) is left out of that feature alone. A distance is NaN (null in the report) where a class has fewer than
    two values or no spread. Classes other than 1 and 2 take no part. Where the class is ESA's flag, which itself comes
    from peakiness, the distance of peakiness is partly circular.
    """
  static let example = """
    separation: { use: altimetry.separation, in: { input: aligned.track }, with: { classes: esa_class } }
    """

  @Input("Track with features, raw and aligned echoes") var input: Table
  @Param("Column with the class codes; class_code, else esa_class by default") var classes: String?
  @Param("Column with the raw echoes") var raw = ColumnName.waveform.rawValue
  @Param("Column with the aligned echoes") var aligned = ColumnName.alignedWaveform.rawValue
  @Param("Columns that alignment cannot change") var unchanged = [
    ColumnName.stackDeviation.rawValue, ColumnName.backscatter.rawValue,
  ]
  @Output("Distances, one row a feature") var table: Table?
  @Output("The same as a report") var report: Document?

  mutating func plan(in context: PlanContext) throws {
    try input.check(numbers: SurfaceClasses.codes(in: input, column: classes), "classes")
    try input.check(echoes: raw, "raw")
    try input.check(echoes: aligned, "aligned")
    for name in unchanged where input[name] != nil { try input.check(numbers: name, "unchanged") }
    var result = Table(rowCount: 0)
    for name in ["feature", "note"] { result.set(Column(name, values: .text([]))) }
    for name in ["before", "after", "change"] { result.set(Column(name, values: .number([]))) }
    table = result
    report = Document(title: "Separation of sea ice and leads", body: [:])
  }

  mutating func run(in context: RunContext) async throws {
    let before = try EchoColumn(input, raw)
    let after = try EchoColumn(input, aligned)
    let classes = try SurfaceClasses.codes(in: input, column: self.classes)
    let codes = try input.numbers(classes)
    let ice = codes.indices.filter { codes[$0] == 1 && input.status.isKept($0) }
    let leads = codes.indices.filter { codes[$0] == 2 && input.status.isKept($0) }
    func distance(_ v: [Double]) -> Double { Separation.jeffriesMatusita(ice.map { v[$0] }, leads.map { v[$0] }) }
    var names: [String] = []
    var old: [Double] = []
    var new: [Double] = []
    var notes: [String?] = []
    for definition in PeakinessDefinition.allCases {
      let v = try await context.rows(codes.count) { rows in
        rows.map {
          SIMD2(
            Peakiness.value(before.row($0), definition, scale: before.scale(of: $0)),
            Peakiness.value(after.row($0), definition, scale: after.scale(of: $0)))
        }
      }
      names.append("peakiness (\(definition.rawValue))")
      old.append(distance(v.map(\.x)))
      new.append(distance(v.map(\.y)))
      notes.append(nil)
    }
    let widths = try await context.rows(codes.count) { rows in
      rows.map {
        SIMD2(Retracker().edge(before.row($0))?.width ?? .nan, Retracker().edge(after.row($0))?.width ?? .nan)
      }
    }
    names.append(ColumnName.leadingEdgeWidth.rawValue)
    old.append(distance(widths.map(\.x)))
    new.append(distance(widths.map(\.y)))
    notes.append(nil)
    for name in unchanged where input[name] != nil {
      let d = distance(try input.numbers(name))
      names.append(name)
      old.append(d)
      new.append(d)
      notes.append(
        name == ColumnName.stackDeviation.rawValue
          ? "from the range-integrated power: alignment cannot change it" : "does not come from the aligned echo")
    }
    let change = zip(old, new).map { $1 - $0 }
    var result = Table(rowCount: names.count)
    result.set(Column("feature", values: .text(names)))
    result.set(Column("before", summary: "Jeffries-Matusita distance, raw echoes", values: .number(old)))
    result.set(Column("after", summary: "Jeffries-Matusita distance, aligned echoes", values: .number(new)))
    result.set(Column("change", values: .number(change)))
    result.set(Column("note", values: .text(notes)))
    table = result
    let body = names.indices.map { i -> JSONValue in
      [
        "feature": .string(names[i]), "before": JSONValue(finite: old[i]), "after": JSONValue(finite: new[i]),
        "note": JSONValue(notes[i]),
      ]
    }
    context.record(.separation, .array(body))
    context.log(.info, "the stack standard deviation comes from the range-integrated power: alignment cannot change it")
    report = Document(
      title: "Separation of sea ice and leads",
      body: [
        "measure": "Jeffries-Matusita distance, 0 to 2", "classes": .string(classes), "sea_ice": .integer(ice.count),
        "lead": .integer(leads.count), "features": .array(body),
      ])
  }
}
