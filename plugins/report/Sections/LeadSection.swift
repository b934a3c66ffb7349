import FloeSDK

/// The distribution of widths that a step recorded of leads (`width_distribution`), as a figure and a table.
struct LeadSection {
  let material: ReportInputs

  func section() -> PageSection {
    var section = PageSection("leads", "Leads")
    for (step, facts) in material.facts {
      guard let classes = facts[.widthDistribution]?.arrayValue, !classes.isEmpty else { continue }
      let word = ReportFormat.words(step)
      let count = facts[.leads]?.intValue ?? 0
      let length = facts[.lengthKm]?.doubleValue
      section.blocks.append(
        .text(
          """
          \(word): \(ReportFormat.counted(count, "lead")) in \
          \(ReportFormat.counted(facts[.groups]?.intValue ?? 0, "group")), \(ReportFormat.number(length)) km long \
          together.
          """))
      section.add(figure(step, classes, count))
      section.blocks.append(
        .table(
          PageTable(
            "Widths of leads: \(word)", ["Mean width (m)", "Leads", "Length (km)", "Share of length", "Area (km²)"],
            classes.map { c in
              [
                Self.range(c), ReportFormat.count(c["leads"]?.intValue ?? 0),
                ReportFormat.fixed(c["length_km"]?.doubleValue, 2),
                ReportFormat.share(c["share_of_length"]?.doubleValue ?? 0),
                ReportFormat.fixed(c["area_km2"]?.doubleValue, 3),
              ]
            })))
    }
    return section
  }

  private static func range(_ c: JSONValue) -> String {
    "\(ReportFormat.number(c["from_m"]?.doubleValue)) to \(ReportFormat.number(c["to_m"]?.doubleValue))"
  }

  private func figure(_ step: String, _ classes: [JSONValue], _ count: Int) -> Figure {
    let name = "lead-widths-\(ReportFormat.slug(step))"
    let shares = classes.map { ($0["share_of_length"]?.doubleValue ?? 0) * 100 }
    // Classes meet at their edges: one number a tick, where two would touch their neighbours.
    let lower = classes.compactMap { $0["from_m"]?.doubleValue }
    let edges = lower + [classes.last?["to_m"]?.doubleValue].compactMap { $0 }
    let ticks = edges.enumerated().map {
      "\(Figure.quoted(ReportFormat.number($1))) \(ReportFormat.data(Double($0) - 0.5))"
    }
    let panels = Panels(
      title: "Widths of leads: \(ReportFormat.words(step))", columns: 1,
      plots: [
        """
        set xlabel 'Mean width (m)'; set ylabel 'Share of the length (%)'; set yrange [0:*]
        set xrange [-0.6:\(ReportFormat.data(Double(classes.count) - 0.4))]; \
        set xtics (\(ticks.joined(separator: ", ")))
        plot '\(name).dat' using 1:2:(0.96) with boxes fs solid 0.6 lc rgb '#004488' notitle
        """
      ], panelHeight: 330)
    return Figure(
      name: name, title: "Widths of leads: \(ReportFormat.words(step))",
      caption:
        """
        Share of the length of all \(ReportFormat.count(count)) leads by their mean width (area by length), each class \
        twice as wide as the one before.
        """,
      alt: "Bar chart of widths by length: "
        + classes.indices.map { "\(Self.range(classes[$0])) m \(ReportFormat.fixed(shares[$0], 1)) %" }
        .joined(separator: ", ") + ".",
      size: panels.size, commands: panels.commands,
      data: ["\(name).dat": Figure.rows(shares.enumerated().map { [Double($0), $1] })])
  }
}
