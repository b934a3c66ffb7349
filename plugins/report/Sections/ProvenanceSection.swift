import FloeSDK

/// Where everything comes from: pipeline, parameters, versions, inputs, seed, what was left out, times and memory.
struct ProvenanceSection {
  let material: ReportInputs
  private var record: JSONValue { material.record }

  func section() -> PageSection {
    var section = PageSection("provenance", "Provenance")
    func text(_ key: RecordKey) -> String { record[key]?.stringValue ?? "–" }
    section.blocks.append(
      .table(
        PageTable(
          "The run", ["Fact", "Value"],
          [
            ["Pipeline", file(text(.pipeline))], ["floe", text(.floe)], ["Seed", text(.seed)],
          ]
            + (record[.libraries]?.objectValue ?? [:]).sorted { $0.key < $1.key }.map {
              [$0.key, $0.value.stringValue ?? ""]
            })))
    let inputs = record[.fingerprints]?.arrayValue ?? []
    if !inputs.isEmpty {
      section.blocks.append(
        .table(
          PageTable(
            "Inputs", ["Name", "Fingerprint (SHA-256)"],
            inputs.map { [$0[.name]?.stringValue ?? "", String(($0[.fingerprint]?.stringValue ?? "").prefix(16))] })))
    }
    let left = record[.leftOut]?.arrayValue ?? []
    section.blocks.append(
      left.isEmpty
        ? .text("Nothing was left out.")
        : .table(Self.leftOut(left)))
    let said = material.facts.compactMap { step, facts in facts[.summary]?.stringValue.map { [step, $0] } }
    if !said.isEmpty {
      section.blocks.append(.table(PageTable("What the steps say of their work", ["Step", "Sentence"], said)))
    }
    let kept = counts
    if !kept.isEmpty { section.blocks.append(.table(PageTable("What took part", ["Step", "Count", "Of"], kept))) }
    section.blocks.append(
      .table(
        PageTable(
          "Steps with the effective parameters", ["Step", "Kind", "Inputs", "Parameters"],
          (record[.steps]?.arrayValue ?? []).map { s in
            [
              s[.id]?.stringValue ?? "", s[.use]?.stringValue ?? "", Self.members(s[.connections]),
              Self.parameters(of: s),
            ]
          })))
    // A page of the same run has the same bytes; what differs from call to call stands in the record alone.
    section.blocks.append(
      .text("When it ran, on how many workers, and the time and memory that each step took are told in run.json."))
    if let pipeline = record[.pipelineText]?.stringValue, !pipeline.isEmpty {
      section.blocks.append(.listing(summary: "The pipeline", text: pipeline))
    }
    return section
  }

  /// What was left out: a number with its reason stands once, with the step that counted it first and those that
  /// counted it again.
  private static func leftOut(_ items: [JSONValue]) -> PageTable {
    var rows: [(step: String, again: [String], cells: [String])] = []
    for item in items {
      let step = item[.step]?.stringValue ?? ""
      let cells = [
        ReportFormat.count(item[.count]?.intValue ?? 0), item[.unit]?.stringValue ?? "",
        item[.reason]?.stringValue ?? "",
      ]
      if let place = rows.firstIndex(where: { $0.cells == cells && $0.step != step }) {
        rows[place].again.append(step)
      } else {
        rows.append((step, [], cells))
      }
    }
    let isRepeated = rows.contains { !$0.again.isEmpty }
    return PageTable(
      "What was left out, as each step counted it",
      ["Step", "Count", "Of", "Reason"] + (isRepeated ? ["Counted again by"] : []),
      rows.map { row -> [String] in
        let again = isRepeated ? [row.again.joined(separator: ", ")] : []
        return [row.step] + row.cells + again
      })
  }

  /// Samples and records that took part, as steps recorded them.
  private var counts: [[String]] {
    let quantities: [(key: RecordKey, unit: String)] = [
      (.samples, "samples"), (.recordsKept, "records"), (.recordsOnScene, "records on the scene"),
      (.recordsAligned, "aligned records"),
    ]
    return material.facts.flatMap { step, facts in
      quantities.compactMap { key, unit in facts[key]?.intValue.map { [step, ReportFormat.count($0), unit] } }
    }
  }

  /// The run's warnings, and what the inputs make one think of, once each.
  func warnings() -> [String] {
    var found: [String] = []
    func add(_ text: String) { if !found.contains(text) { found.append(text) } }
    for w in record[.warnings]?.arrayValue ?? [] {
      let step = w[.step]?.stringValue ?? ""
      let pipeline = record[.pipeline]?.stringValue ?? ""
      var message = w[.message]?.stringValue ?? ""
      // Warnings of the plan begin with file and line.
      if !pipeline.isEmpty, message.hasPrefix(pipeline + ":"),
        let end = message.dropFirst(pipeline.count).firstRange(of: ": ")
      {
        message = String(message[end.upperBound...])
      }
      add(step.isEmpty ? message : "\(step): \(message)")
    }
    for (item, raster) in material.rasters {
      if let sun = raster.spec.acquisition?.sunZenith, sun >= 80 {
        add(
          """
          Low sun: the mean sun zenith angle of \(raster.spec.acquisition?.product ?? item.name) is \
          \(ReportFormat.fixed(sun, 1))°; reflectances above 80° are unreliable and shadows are long
          """
        )
      }
    }
    for (step, facts) in material.facts {
      if let warning = facts[.score]?[.warning]?.stringValue, !found.contains(where: { $0.contains(warning) }) {
        add("\(step): \(warning)")
      }
      if let range = facts[.timeDifference]?.arrayValue?.compactMap(\.doubleValue), let most = range.map(abs).max(),
        most > 1800
      {
        add(
          """
          \(step): records lie up to \(ReportFormat.fixed(most / 60, 0)) minutes away from the scene; ice may have \
          drifted
          """
        )
      }
      for line in facts[.naming]?.arrayValue ?? [] {
        if let text = line.stringValue, text.contains("no lead found"),
          !found.contains(where: { $0.contains("no lead found") })
        {
          add("\(step): \(text)")
        }
      }
    }
    return found
  }

  private func file(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The parameters of a step, those with names in them as a pipeline writes them.
  private static func parameters(of step: JSONValue) -> String {
    var all = step[.parameters]?.objectValue ?? [:]
    for (name, text) in step[.parameterTexts]?.objectValue ?? [:] { all[name] = text }
    return members(.object(all))
  }

  /// The members of an object by name.
  private static func members(_ v: JSONValue?) -> String {
    (v?.objectValue ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key): \(plain($0.value))" }.joined(separator: "; ")
  }

  /// A value as a text; a dash where it holds nothing.
  private static func plain(_ v: JSONValue) -> String {
    switch v {
    case .string(let s): s.isEmpty ? "–" : s
    case .array(let a): a.isEmpty ? "–" : a.map(plain).joined(separator: ", ")
    case .object(let o): o.sorted { $0.key < $1.key }.map { "\($0.key) = \(plain($0.value))" }.joined(separator: ", ")
    case .null: "–"
    case .bool(let b): b ? "true" : "false"
    case .integer(let i): String(i)
    case .number(let n): ReportFormat.number(n)
    }
  }
}
