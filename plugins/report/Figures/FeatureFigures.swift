import FloeSDK

/// Scatter plots of features with classes and centres.
struct FeatureFigures {
  let material: ReportInputs
  /// The column with the classes; nil for the usual ones.
  let classes: String?
  /// Records that a scatter plot shows at most.
  let limit: Int

  /// The most features that are drawn: four make six pairs.
  private static let mostFeatures = 4

  func figure(_ item: ReportInputs.Item, _ table: Table) -> Figure? {
    let view = TrackView(table, classes: classes)
    let clustering = clustering(of: item, table)
    let known: [ColumnName] = [.backscatter, .peakiness, .stackDeviation, .leadingEdgeWidth]
    let usual = known.filter { table[$0]?.numbers != nil }.map(\.rawValue)
    let features = Array((clustering?.features ?? usual).prefix(Self.mostFeatures))
    let name = "scatter-\(ReportFormat.slug(item.stem))"
    guard let scatter = FeatureScatter(name, table, view, features: features, clustering: clustering, limit: limit)
    else { return nil }
    let title = item.titled("Features")
    let thinned = ReportFormat.thinned(scatter.step, "record")
    let panels = scatter.panels
    let isSingle = panels.count == 1
    let grid = Panels(
      title: item.titled("Features", note: thinned), columns: isSingle ? 1 : 2, plots: panels, key: scatter.key,
      panelHeight: isSingle ? 460 : 290)
    return Figure(
      name: name, title: title, caption: caption(scatter, view, thinned), alt: scatter.alt, size: grid.size,
      commands: grid.commands, data: scatter.data)
  }

  /// The clustering that the table's own classes rest on; nil where it has none, or lacks its features.
  private func clustering(of item: ReportInputs.Item, _ table: Table) -> Clustering? {
    let above = material.ancestry(of: item.step)
    let fitting = material.clusterings.filter { c in c.features.allSatisfy { table[$0]?.numbers != nil } }
    return fitting.last { above.contains($0.step) }
  }

  private func caption(_ scatter: FeatureScatter, _ view: TrackView, _ thinned: String) -> String {
    var caption = "Each pair of features of \(ReportFormat.counted(scatter.whole.count, "record"))"
    if let column = view.column { caption += " by \(ReportFormat.side("column \(column)"))" }
    if let own = scatter.clustering { caption += "; crosses are the centres of \(ReportFormat.words(own.step))" }
    caption += ".\(view.choiceNote)"
    if !thinned.isEmpty { caption += " To stay readable, \(thinned)." }
    let beyond = scatter.beyond
    if beyond > 0 {
      caption +=
        """
         The axes end at the 0.2nd and 99.8th percentile: up to \(ReportFormat.counted(beyond, "record")) \
        of a panel beyond.
        """
    }
    return caption
  }
}
