import FloeSDK

/// The few facts at the head of the page.
enum Headline {
  static func lead(_ material: ReportInputs) -> String {
    var products: [String] = []
    for acquisition in material.rasters.map(\.raster.spec.acquisition) + material.tables.map(\.table.acquisition) {
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
    var found: [(String, String)] = []
    // Steps that count the same classes differ in nothing but their name.
    for (step, facts) in material.facts {
      let source = ReportFormat.words(step)
      for a in facts[.classAreas]?.arrayValue ?? [] {
        let value = [
          a[.areaKm2]?.doubleValue.map { ReportFormat.number($0, 4) + " km²" },
          a[.share]?.doubleValue.map(ReportFormat.share),
        ].compactMap { $0 }
        found.append(("\(a[.label]?.stringValue ?? "") (\(source))", value.joined(separator: ", ")))
      }
      for c in facts[.classCounts]?.arrayValue ?? [] {
        guard let name = c[.name]?.stringValue, let n = c[.records]?.intValue else { continue }
        let label = ClassTable.seaIce.named(name)?.label ?? name
        found.append(("Records: \(label) (\(source))", ReportFormat.count(n)))
      }
    }
    for (step, facts) in material.facts {
      guard let score = facts[.score], let accuracy = score[.accuracy]?.doubleValue else { continue }
      let f1 =
        (score[.classes]?["lead"]).flatMap { ($0[.support]?.intValue ?? 0) > 0 ? $0[.f1]?.doubleValue : nil }
        .map { ", lead F1 \(ReportFormat.fixed($0, 3))" } ?? ""
      let n = score[.evaluated]?.intValue.map { " of \(ReportFormat.count($0))" } ?? ""
      found.append(("Agreement: \(ReportFormat.words(step))", "\(ReportFormat.share(accuracy))\(n)\(f1)"))
    }
    // A unit stays with its number.
    return found.map {
      (label: $0.0, value: $0.1.replacing(" %", with: "\u{a0}%").replacing(" km²", with: "\u{a0}km²"))
    }
  }
}
