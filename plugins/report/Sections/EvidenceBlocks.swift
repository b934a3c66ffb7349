import FloeSDK

/// The evidence for the names of clusters: numbers of clusters that were tried, the ice level and the limits,
/// cluster by cluster.
struct EvidenceBlocks {
  let step: String
  let facts: [String: JSONValue]

  /// Tables and figures, none where the step recorded no evidence.
  func add(to section: inout PageSection) {
    choice(&section)
    for (word, test) in (facts[.evidence]?.objectValue ?? [:]).sorted(by: { $0.key < $1.key })
    where test["kind"]?.stringValue == "optical" {
      optical(word, test, &section)
    }
  }

  private func choice(_ section: inout PageSection) {
    guard let trials = facts[.clusterChoice]?.arrayValue, trials.count > 1 else { return }
    section.blocks.append(
      .table(
        PageTable(
          "Numbers of clusters that \(ReportFormat.words(step)) tried: the smallest Bayesian criterion (BIC) is taken",
          ["Clusters", "BIC", "Mean log-likelihood", "Taken"],
          trials.map { t in
            [
              ReportFormat.count(t["clusters"]?.intValue ?? 0),
              t["bic"]?.doubleValue.map { ReportFormat.count($0) } ?? "–",
              ReportFormat.fixed(t["mean_log_likelihood"]?.doubleValue, 3),
              t["chosen"]?.boolValue == true ? "yes" : "",
            ]
          })))
    let points = trials.map { [Double($0["clusters"]?.intValue ?? 0), $0["bic"]?.doubleValue ?? .nan] }
    let taken = trials.first { $0["chosen"]?.boolValue == true }
    let name = "clusters-\(ReportFormat.slug(step))"
    var plots = ["'\(name).dat' using 1:2 with linespoints pt 7 ps 0.9 lw 2 lc rgb '#004488' notitle"]
    var data = ["\(name).dat": Figure.rows(points)]
    if let taken {
      data["\(name).taken.dat"] = Figure.rows([
        [Double(taken["clusters"]?.intValue ?? 0), taken["bic"]?.doubleValue ?? .nan]
      ])
      plots.append("'\(name).taken.dat' using 1:2 with points pt 6 ps 2.4 lw 2 lc rgb '#e66101' notitle")
    }
    let panels = Panels(
      title: "Bayesian criterion over the number of clusters: \(ReportFormat.words(step))", columns: 1,
      plots: [
        """
        set xlabel 'Clusters'; set ylabel 'BIC'
        set xrange [*:*]; set yrange [*:*]
        plot \(plots.joined(separator: ", \\\n    "))
        """
      ], key: [], panelHeight: 300)
    section.add(
      Figure(
        name: name, title: panels.title,
        caption:
          """
          The Bayesian criterion of each number of clusters on the samples they were fitted on; the ring is the one \
          taken.
          """,
        alt: "Line chart of the criterion. "
          + points.map { "\(Int($0[0])) clusters \(ReportFormat.number($0[1], 6))" }.joined(separator: "; ") + ".",
        size: panels.size, commands: panels.commands, data: data))
  }

  private func optical(_ word: String, _ test: JSONValue, _ section: inout PageSection) {
    func number(_ key: String) -> String { test[key]?.doubleValue.map { ReportFormat.number($0, 3) } ?? "–" }
    let bands = (test["bands"]?.arrayValue ?? []).compactMap(\.stringValue)
    let clear = (test["clear_bands"]?.arrayValue ?? []).compactMap(\.stringValue)
    let ends = bands.compactMap { test["dark_end"]?[$0]?.doubleValue }
    let end = ends.reduce(0, +) / Double(max(1, ends.count))
    let infrared = (test["infrared_bands"]?.arrayValue ?? []).compactMap(\.stringValue)
    let inThem = infrared.isEmpty ? "" : " in \(infrared.joined(separator: ", "))"
    func levels(_ key: String) -> [String] {
      bands.map { test[key]?[$0]?.doubleValue.map { ReportFormat.number($0, 3) } ?? "–" }
    }
    section.blocks.append(
      .table(
        PageTable(
          "What \(ReportFormat.words(step)) calls \(word): levels of the scene", ["Level", "Brightness"] + bands,
          [
            ["Ice: median of the brighter part", number("ice_brightness")] + levels("ice_level"),
            ["Dark end: the darkest pixels", ends.isEmpty ? "–" : ReportFormat.number(end, 3)] + levels("dark_end"),
            ["Dark level: a pixel full of water", number("dark_brightness")] + levels("dark_level"),
            ["Limit", number("limit")] + bands.map { _ in "" },
          ])))
    let clearLimit =
      clear.isEmpty ? "" : " and reflect at most \(number("dark_limit")) in \(clear.joined(separator: ", "))"
    section.blocks.append(
      .note(
        """
        Brightness is the mean of \(bands.joined(separator: ", ")). The dark end must be at most \
        \(number("dark_ratio")) of the ice level\(inThem)\(clearLimit); a pixel is \
        \(word) when it holds at least \(number("water_share")) of the dark surface; clusters whose share differs \
        between bands by more than \
        \(number("spread")) of itself are no mixture of water and ice and are left out.
        """))
    let rows = test["clusters"]?.arrayValue ?? []
    section.blocks.append(
      .table(
        PageTable(
          "Clusters of \(ReportFormat.words(step)) against the ice level",
          ["Cluster", "Brightness", "Share of the ice level"] + bands.map { "Dark share in \($0)" } + ["Standing"],
          rows.map { row in
            [
              "\(row["cluster"]?.intValue ?? 0)", ReportFormat.number(row["brightness"]?.doubleValue ?? .nan, 3),
              ReportFormat.number(row["share_of_ice"]?.doubleValue ?? .nan, 3),
            ] + bands.map { row["openness"]?[$0]?.doubleValue.map { ReportFormat.number($0, 2) } ?? "–" }
              + [Self.words[row["standing"]?.stringValue ?? ""] ?? ""]
          })))
  }

  private static let words = [
    "whole": "dark", "divided": "divided by the limit", "refused": "dark, but no mixture of water and ice",
    "outside": "bright",
  ]
}
