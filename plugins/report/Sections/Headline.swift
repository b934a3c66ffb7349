import FloeSDK

/// The few facts at the head of the page.
enum Headline {
  static func lead(_ material: ReportInputs) -> String {
    var products: [String] = []
    var acquisitions: [Acquisition?] = material.rasters.map(\.raster.spec.acquisition)
    acquisitions += material.tables.map(\.table.acquisition)
    // Polygons are shown by no figure of their own, and say what they were made of nevertheless.
    for item in material.items {
      if case .table(let table) = item.data { acquisitions.append(table.acquisition) }
    }
    for acquisition in acquisitions {
      guard let a = acquisition, let product = a.product else { continue }
      let text = [product, a.time.map { "of \($0.iso8601)" }, a.platform].compactMap { $0 }.joined(separator: ", ")
      if !products.contains(where: { $0.hasPrefix(product) }) { products.append(text) }
    }
    if products.isEmpty { return "A run of floe: what it made, from what, and what was left out." }
    // Made products say so in the name of their platform.
    let isSynthetic = products.contains { $0.contains("synthetic") }
    return (isSynthetic ? "Synthetic data, no measurement. " : "") + "From " + ReportFormat.list(products) + "."
  }

  static func facts(_ material: ReportInputs) -> [(label: String, value: String)] {
    // What a tile shows, the step it comes from, and its value.
    var found: [(what: String, step: String, value: String)] = []
    for (step, facts) in material.facts {
      for a in facts[.classAreas]?.arrayValue ?? [] {
        let value = [
          a[.areaKm2]?.doubleValue.map { ReportFormat.number($0, 4) + " km²" },
          a[.share]?.doubleValue.map(ReportFormat.share),
        ].compactMap { $0 }
        found.append((a[.label]?.stringValue ?? "", step, value.joined(separator: ", ")))
      }
      let counts = ClassCount.list(facts[.classCounts])
      let total = counts.reduce(0) { $0 + $1.records }
      for c in counts {
        let share = total > 0 ? Double(c.records) / Double(total) : 0
        let value = "\(ReportFormat.count(c.records)) of \(ReportFormat.count(total)), \(ReportFormat.share(share))"
        found.append(("\(c.label), records", step, value))
      }
    }
    for (item, table) in material.tables {
      guard let figures = FreeboardFigures(item: item, view: TrackView(table, classes: nil)) else { continue }
      for fact in figures.facts { found.append((fact.label, item.stem, fact.value)) }
    }
    for (step, facts) in material.facts {
      guard let score = facts[.score], let accuracy = score[.accuracy]?.doubleValue else { continue }
      let f1 =
        (score[.classes]?["lead"]).flatMap { ($0[.support]?.intValue ?? 0) > 0 ? $0[.f1]?.doubleValue : nil }
        .map { "; lead F1 \(ReportFormat.fixed($0, 3))" } ?? ""
      let n = score[.evaluated]?.intValue.map { " of \(ReportFormat.count($0))" } ?? ""
      let sides = ["predicted", "reference"].compactMap { score[$0]?.stringValue.map(ReportFormat.side) }
      let what = sides.isEmpty ? ReportFormat.words(step) : ReportFormat.list(sides)
      found.append(("Agreement: \(what)", step, "\(ReportFormat.share(accuracy))\(n)\(f1)"))
    }
    // A step's name parts tiles that say the same; else it says nothing to a reader.
    let times = Dictionary(grouping: found, by: { $0.what }).mapValues { $0.count }
    // A unit stays with its number.
    return found.map { fact in
      let source = (times[fact.what] ?? 0) > 1 ? " (\(ReportFormat.words(fact.step)))" : ""
      var value = fact.value
      for unit in ["%", "km²", "m,", "m ("] { value = value.replacing(" \(unit)", with: "\u{a0}\(unit)") }
      return (label: fact.what + source, value: value)
    }
  }
}

/// How many records have a class, as a step recorded it.
struct ClassCount {
  let label: String
  let records: Int

  /// Counts from a list of names with records, or from an object of names; what is no surface class is left out.
  static func list(_ value: JSONValue?) -> [ClassCount] {
    if let list = value?.arrayValue {
      return list.compactMap { entry in
        guard let name = entry[.name]?.stringValue, let n = entry[.records]?.intValue else { return nil }
        return ClassCount(label: ClassTable.seaIce.named(name)?.label ?? ReportFormat.words(name), records: n)
      }
    }
    return ClassTable.seaIce.entries.compactMap { entry in
      value?[entry.name]?.intValue.map { ClassCount(label: entry.label, records: $0) }
    }
  }
}
