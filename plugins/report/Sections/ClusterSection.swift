import FloeSDK

/// Class areas, per-cluster statistics, centres as spectra, histograms a band, scatter plots of clustered tables.
struct ClusterSection {
  let material: ReportInputs

  func section(_ context: RunContext) throws -> PageSection {
    var section = PageSection("classes", "Classes and clusters")
    for (step, facts) in material.facts {
      if let areas = facts[.classAreas]?.arrayValue, !areas.isEmpty {
        section.blocks.append(
          .table(
            PageTable(
              "Class areas: \(ReportFormat.words(step))", ["Class", "Pixels", "Area (km²)", "Share"],
              areas.map { a in
                [
                  a[.label]?.stringValue ?? "", ReportFormat.count(a[.pixels]?.intValue ?? 0),
                  ReportFormat.fixed(a[.areaKm2]?.doubleValue, 2),
                  ReportFormat.share(a[.share]?.doubleValue ?? 0),
                ]
              })))
      }
      if let naming = facts[.naming]?.arrayValue {
        for n in naming { if let text = n.stringValue { section.blocks.append(.note(text)) } }
      }
      EvidenceBlocks(step: step, facts: facts).add(to: &section)
      if let clustering = Clustering(step: step, facts: facts) {
        section.blocks.append(.table(Self.statistics(clustering, divided: Self.divided(facts))))
        if let figure = spectra(clustering) { section.add(figure) }
      }
    }
    for (item, raster) in pictures where isClassified(raster.spec) {
      try context.checkCancelled()
      if let figure = try histograms(item, raster) { section.add(figure) }
    }
    return section
  }

  /// Histograms of rasters that no class of the run rests on, such as a grid of freeboards.
  func values(_ context: RunContext) throws -> PageSection {
    var section = PageSection("values", "Values")
    for (item, raster) in pictures where !isClassified(raster.spec) {
      try context.checkCancelled()
      if let figure = try histograms(item, raster) { section.add(figure) }
    }
    return section
  }

  /// Rasters of measures.
  private var pictures: [(item: ReportInputs.Item, raster: Raster)] {
    material.rasters.filter { _, raster in
      raster.spec.classes == nil && !(raster.spec.bands.first.map(ReportInputs.isProbability) ?? false)
    }
  }

  /// Whether classes lie on the raster's grid, or a clustering of the run has its bands as features.
  private func isClassified(_ spec: RasterSpec) -> Bool {
    let names = Set(spec.bands.map(\.name))
    return material.rasters.contains { _, other in other.spec.classes != nil && other.spec.grid == spec.grid }
      || material.clusterings.contains { names.isSuperset(of: $0.features) }
  }

  /// Numbers of clusters that the limit of a class runs through.
  private static func divided(_ facts: [String: JSONValue]) -> Set<Int> {
    let tests = (facts["evidence"]?.objectValue ?? [:]).values.flatMap { $0["clusters"]?.arrayValue ?? [] }
    return Set(tests.filter { $0["standing"]?.stringValue == "divided" }.compactMap { $0["cluster"]?.intValue })
  }

  private static func statistics(_ clustering: Clustering, divided: Set<Int>) -> PageTable {
    let total = clustering.clusters.reduce(0) { $0 + $1.count }
    func standing(_ c: Clustering.Cluster) -> String {
      if divided.contains(c.number) { return c.className == nil ? "divided" : "divided: \(c.label) and darker" }
      return c.className == nil ? "–" : c.label
    }
    let parts = clustering.clusters.filter { divided.contains($0.number) }
    let share = total > 0 ? parts.reduce(0) { $0 + $1.count } / total : 0
    let note =
      parts.isEmpty
      ? ""
      : """
      . \(parts.count) of \(clustering.clusters.count) clusters (\(ReportFormat.share(share)) of the samples) are \
      divided: a limit runs through them, and their darker samples have the class that the sentence above tells
      """
    return PageTable(
      "Clusters of \(ReportFormat.words(clustering.step)): mean ± standard deviation of each feature\(note)",
      ["Cluster", "Class", "Samples", "Share"] + clustering.features.map(ReportFormat.feature),
      clustering.clusters.map { c in
        [
          "\(c.number)", standing(c), ReportFormat.count(c.count), ReportFormat.share(total > 0 ? c.count / total : 0),
        ] + clustering.features.map { ReportFormat.spread(c.centre[$0], c.deviation[$0]) }
      })
  }

  /// gnuplot's point types, filled ones first: clusters of one class share its colour and are told apart by these.
  private static let signs = [7, 9, 5, 13, 11, 15, 6, 8, 4, 12, 10, 14, 1, 2, 3]

  /// Centres over wavelength where at least two features are bands that have one.
  private func spectra(_ clustering: Clustering) -> Figure? {
    let specs = material.rasters.map(\.raster.spec)
    let bands = clustering.features.compactMap { name in
      specs.lazy.flatMap(\.bands).first { $0.name == name && $0.wavelength != nil }
    }
    .sorted { ($0.wavelength ?? 0) < ($1.wavelength ?? 0) }
    guard bands.count > 1, let first = bands.first else { return nil }
    let name = "spectra-\(ReportFormat.slug(clustering.step))"
    var plots: [String] = []
    var key: [String] = []
    var data: [String: [UInt8]] = [:]
    var altTexts: [String] = []
    for (i, c) in clustering.clusters.enumerated() {
      let file = "\(name).\(c.number).dat"
      let color = Colours.hex(Colours.line(clustering.color(c)))
      data[file] = Figure.rows(
        bands.map { [$0.wavelength ?? .nan, c.centre[$0.name] ?? .nan, c.deviation[$0.name] ?? .nan] })
      plots.append("'\(file)' using 1:2:3 with yerrorbars pt -1 lw 1.2 lc rgb '\(color)' notitle")
      plots.append(
        """
        '\(file)' using 1:2 with linespoints pt \(Self.signs[i % Self.signs.count]) ps 0.9 lw 2 \
        dt \(i % 5 + 1) lc rgb '\(color)' notitle
        """
      )
      key.append(
        """
        keyentry with linespoints pt \(Self.signs[i % Self.signs.count]) ps 0.9 lw 2 dt \(i % 5 + 1) \
        lc rgb '\(color)' title \(Figure.quoted(c.className == nil ? c.label : "\(c.label) (\(c.number))"))
        """
      )
      altTexts.append(
        "\(c.label) " + bands.map { "\($0.name) \(ReportFormat.number(c.centre[$0.name], 3))" }.joined(separator: ", "))
    }
    let low = bands.compactMap(\.wavelength).min() ?? 0
    let high = bands.compactMap(\.wavelength).max() ?? 1
    let pad = (high - low) * 0.08
    let ticks = bands.map { "\(Figure.quoted($0.name)) \(ReportFormat.data($0.wavelength ?? 0))" }
    let panels = Panels(
      title: "Centres over wavelength: \(ReportFormat.words(clustering.step))", columns: 1,
      plots: [
        """
        set xlabel 'Wavelength (nm)'; set ylabel \(Figure.quoted(ReportFormat.axis(first.quantity, first.unit))) \
        noenhanced
        set xrange [\(ReportFormat.data(low - pad)):\(ReportFormat.data(high + pad))]; set yrange [*:*]
        set x2tics (\(ticks.joined(separator: ", "))) scale 0 offset 0,-0.4
        plot \(plots.joined(separator: ", \\\n    "))
        unset x2tics
        """
      ], key: key, panelHeight: 370)
    return Figure(
      name: name, title: panels.title,
      caption: "Mean of each cluster in each band; bars are one standard deviation, in brackets the cluster's number.",
      alt: "Line chart of cluster centres. " + altTexts.joined(separator: "; ") + ".",
      size: panels.size, commands: panels.commands, data: data)
  }

  /// Values in `bins` equal steps from `low` to `high` and the statistics of all values, both by class of `groups`.
  ///
  /// - Parameter codes: the class code of each value; nil for one group of all.
  private static func histogram(
    _ values: [Float], _ codes: [Float]?, _ groups: [ClassEntry], from low: Double, to high: Double, bins: Int
  ) -> (counts: [[Double]], sums: [RunningStatistics]) {
    var counts = [[Double]](repeating: [Double](repeating: 0, count: bins), count: max(1, groups.count))
    var sums = counts.map { _ in RunningStatistics() }
    for (k, v) in values.enumerated() where v.isFinite {
      var g = 0
      if let codes {
        guard let code = Int(exactly: codes[k]), let at = groups.firstIndex(where: { $0.code == code }) else {
          continue
        }
        g = at
      }
      sums[g].add(Double(v))
      // An outlier may be too far out for a whole number.
      let place = (Double(v) - low) / (high - low) * Double(bins)
      if place >= 0, place < Double(bins) { counts[g][Int(place)] += 1 }
    }
    return (counts, sums)
  }

  /// Histograms of a raster's bands, by class where a class raster lies on the same grid.
  private func histograms(_ item: ReportInputs.Item, _ raster: Raster) throws -> Figure? {
    let spec = raster.spec
    // Of several statistics of one measure the styled one is worth a histogram.
    let isStyled = if case .ramp? = spec.style { !isClassified(spec) } else { false }
    let usual = spec.bands.indices.filter { spec.bands[$0].quantity != "uncertainty" }.prefix(6)
    let bands = isStyled ? [MapFigures.shownBand(spec)] : Array(usual)
    guard !bands.isEmpty else { return nil }
    let side = 600
    let small = try DecimatedRaster(item, raster, bands: bands, side: side)
    var codes: [Float]?
    var table: ClassTable?
    var source = ""
    for (other, classes) in material.rasters {
      guard let known = classes.spec.classes, classes.spec.grid == spec.grid else { continue }
      let d = try DecimatedRaster(other, classes, bands: [0], side: side)
      guard d.width == small.width, d.height == small.height else { continue }
      (codes, table, source) = (d.values[0], known, other.name)
      break
    }
    let present = Set((codes ?? []).lazy.compactMap { Int(exactly: $0) })
    let groups = table.map { $0.entries.filter { present.contains($0.code) } } ?? []
    let name = "histograms-\(ReportFormat.slug(item.stem))"
    let bins = 60
    let slugs = ReportFormat.slugs(bands.map { spec.bands[$0].name })
    var data: [String: [UInt8]] = [:]
    var panels: [String] = []
    var key: [String] = []
    var altTexts: [String] = []
    for (i, band) in bands.enumerated() {
      guard let (low, high) = small.limits(i, 0.5, 99.5) else { continue }
      let (counts, sums) = Self.histogram(small.values[i], codes, groups, from: low, to: high, bins: bins)
      let total = counts.flatMap { $0 }.reduce(0, +)
      let width = (high - low) / Double(bins)
      guard total > 0 else { continue }
      let file = "\(name).\(slugs[i]).dat"
      data[file] = Figure.rows(
        (0..<bins).map { b -> [Double] in
          let middle = low + (Double(b) + 0.5) * width
          return [middle] + counts.map { $0[b] / total * 100 }
        })
      let plots = counts.indices.map { g -> String in
        let color = groups.isEmpty ? RGB(0, 68, 136) : Colours.line(groups[g].color)
        let label = groups.isEmpty ? "All pixels" : groups[g].label
        if panels.isEmpty {
          key.append(
            "keyentry with lines lw 2 dt \(g % 5 + 1) lc rgb '\(Colours.hex(color))' title \(Figure.quoted(label))")
        }
        return
          """
          '\(file)' using 1:\(g + 2) with fillsteps fs transparent solid 0.35 noborder lc rgb \
          '\(Colours.hex(color))' notitle, 
          """
            + "'\(file)' using 1:\(g + 2) with steps lw 1.5 dt \(g % 5 + 1) lc rgb '\(Colours.hex(color))' notitle"
      }
      let quantity = ReportFormat.axis(spec.bands[band].quantity, spec.bands[band].unit)
      let axis = bands.count == 1 ? quantity : "\(spec.bands[band].name): \(quantity)"
      panels.append(
        """
        set xlabel \(Figure.quoted(axis)) noenhanced
        set ylabel \(Figure.quoted(i % 2 == 0 ? "Share of pixels (%)" : ""))
        set xrange [\(ReportFormat.data(low)):\(ReportFormat.data(high))]; set yrange [0:*]
        plot \(plots.joined(separator: ", \\\n    "))
        """)
      let means = sums.enumerated().map { g, s -> String in
        let label = groups.isEmpty ? "all pixels" : groups[g].label
        return
          """
          \(label) mean \(ReportFormat.number(s.mean, 3)), standard deviation \
          \(ReportFormat.number(s.standardDeviation, 3))
          """
      }
      altTexts.append("\(spec.bands[band].name): " + means.joined(separator: "; "))
    }
    guard !panels.isEmpty else { return nil }
    let drawn = Panels(title: item.titled("Histograms"), columns: panels.count == 1 ? 1 : 2, plots: panels, key: key)
    let note = small.note.isEmpty ? "" : " Counted \(small.note)."
    return Figure(
      name: name, title: item.titled("Histograms"),
      caption:
        """
        Share of the valid pixels in each of \(bins) steps from the 0.5th to the 99.5th percentile\
        \(source.isEmpty ? "" : ", by class of \(source)").\(note)
        """,
      alt: "Histograms of each band. " + altTexts.joined(separator: ". ") + ".", size: drawn.size,
      commands: drawn.commands, data: data)
  }
}
