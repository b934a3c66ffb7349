import FloeIO
import FloeSDK

/// Makes a page with figures and tables of everything that a run made.
public struct ReportStep: FinishingStep {
  public static let name = "report.html"
  public static let summary = "Makes one self-contained page with figures and tables of everything that a run made."
  public static let discussion = """
    The output is a document for an output that ends in `.html`; `.json` lists the figures. The page needs no network:
    its figures are inside. Beside it, in `folder`, lies every figure as SVG and PNG with the gnuplot script and the
    data that it was drawn from: change the script and run `gnuplot NAME.gp` there. Two reports in one folder need two
    names for `folder`.

    Shown is what the run wrote and what is connected to `more`, each where it is there:

    - **An interactive map**, one for each reference system of rasters: images, classes, probabilities, tracks,
      footprints and other polygons as layers, with the values under the pointer. Only what has no data is hatched. It
      is drawn by Leaflet (BSD-2-Clause), which is set into the page; floe's packages bring it, others have it installed
      (`libjs-leaflet`); without it the still maps remain and a warning says so.
      Class codes are exact, other values are kept in 65 534 steps of their range, those of images in 254. Large rasters
      are shown by an overview; where that loses thin leads, a layer of its own shows every drawn pixel that holds any.
    - **Maps** of rasters: true and false colour (each band between its 2nd and 98th percentile), classes,
      probabilities, with graticule, scale bar, north arrow, legend and the tracks on top. Pixels come from the
      overviews of the written file, so a large raster costs little. No data is hatched. A track that no raster lies
      under has a polar map of its own.
    - **Values** of rasters that are no classes: histograms of their bands.
    - **Classes and clusters**: areas, statistics of each cluster, centres over wavelength, histograms of bands by
      class.
    - **Leads** of `vector.leads`: the distribution of their widths by length.
    - **Tables of points or records**: scatter plots of each pair of features with classes and centres.
    - **Echoes**: mean and standard deviation by class, echograms, positions of the peaks, all echoes overlaid, raw and
      aligned; the echoes with the largest shifts; chosen echoes with peakiness, maximum, total and noise bins; their
      range-integrated power with its Gaussian.
    - **Freeboard**: elevations by class along the track with the sea surface and its band, the freeboard below; its
      histogram and map.
    - **Comparisons**: confusion matrix, classification report with Wilson's 95 % intervals, agreement against purity
      and time difference with numbers and intervals,
      separation, the surface of `colocate.drift`.
    - **Printed figures**: the table of `altimetry.course_figures`; with `notebook` the figures of the course notebook:
      mean and spread of the raw counts of each class, all echoes in counts, features in standard deviations of all
      records, the three echoes of each class that moved farthest, a linear echogram of the first 1000 records, peaks
      before and after in one panel, mean normalised echoes of each class.
    - **Provenance**: pipeline, parameters, versions, inputs, seed, what was left out and why, warnings, times and
      memory.

    Maps and histograms of bands are made of an overview or of every nth pixel. Means, histograms and overlays of
    records take all of them; scatter plots, echograms and tracks on maps take every nth where there are many, and say
    so. Colours are those of the class tables, darkened for lines where they would not stand out from white.

    The files of the figures are the same for the same input (and the same gnuplot and fonts); the page itself also
    tells times and memory. Without gnuplot the page has tables alone and a warning says how to install it. A figure
    that gnuplot cannot draw is a warning, and the page says in its place why it is missing.
    """
  public static let example = """
    report: { use: report.html, in: { more: [groups.model, shift.report] } }
    """
  public static let programs = [Gnuplot.need]

  @Input("Further values to show, beside those that are written") var more: [PortData]?
  @Param("Title of the page; the pipeline's by default") var title: String?
  @Param("Folder for the figures' files, beside the page") var folder = "figures"
  @Param("Column with the raw echoes") var waveform = ColumnName.waveform.rawValue
  @Param("Column with the aligned echoes") var aligned = ColumnName.alignedWaveform.rawValue
  @Param("Column with the range-integrated power") var power = ColumnName.stackPower.rawValue
  @Param("Column with the classes; by default class_code, rule_code, cluster or esa_class, whichever is there first")
  var classes: String?
  @Param("Numbers of the records to show singly (column record, else the row); by default typical ones of each class")
  var records: [Int] = []
  @Param("Records that a scatter plot shows at most", in: 10...1_000_000) var points = 2000
  @Param("Also the course notebook's figures of tracks: raw counts, z-scores, linear echogram, peaks in one panel")
  var notebook = false
  @Output("The page; write it as .html") var page: Document?

  /// A step with its defaults.
  public init() {}

  public func validate() throws {
    let parts = folder.split(separator: "/", omittingEmptySubsequences: false)
    if folder.isEmpty || parts.contains("") || parts.contains("..")
      || folder.contains(where: { "\"<>&\\".contains($0) })
    {
      throw ParameterError("folder", "must be a folder beside the page, such as figures, not '\(folder)'")
    }
  }

  public mutating func plan(in context: PlanContext) throws {
    if Gnuplot.find() == nil { context.warn(Gnuplot.absent) }
    page = Document(title: "Report", body: .null, renderings: ["html": ""])
  }

  public mutating func run(in context: RunContext) async throws {
    let material = ReportInputs(context, more: more ?? [])
    let provenance = ProvenanceSection(material: material)
    var maps = PageSection("maps", "Maps")
    let library = try movable(material, context)
    if library != nil {
      for map in try await MovingMaps(material: material, classes: classes).maps(context) {
        maps.blocks.append(.moving(map))
      }
    }
    let hasMovingMaps = !maps.blocks.isEmpty
    for figure in try await MapFigures(material: material, classes: classes).figures(context) { maps.add(figure) }
    for figure in try TrackMap(material: material, classes: classes).figures(context) { maps.add(figure) }
    let clusters = ClusterSection(material: material)
    var sections = [
      maps, try clusters.values(context), try clusters.section(context), LeadSection(material: material).section(),
    ]
    sections += try trackSections(material, context)
    sections.append(try notebookSection(material, context))
    sections += [ScoreSection(material: material).section(), provenance.section()]
    var used: Set<String> = []
    for i in sections.indices { sections[i].partNames(from: &used) }
    let figures = sections.flatMap(\.figures)
    let (drawn, missing) = try await draw(figures, context)
    var warnings = provenance.warnings() + figures.compactMap { missing[$0.name] }
    if drawn == nil { warnings.append(Gnuplot.absent) }
    if library == nil, !material.rasters.isEmpty { warnings.append(MapLibrary.absent) }
    let heading = RemotePath.redacted(title ?? context.record[.title]?.stringValue ?? "floe")
    let page = Page(
      title: heading.isEmpty ? "floe" : heading, lead: Headline.lead(material), facts: Headline.facts(material),
      warnings: warnings,
      sections: sections, drawn: drawn ?? [:], missing: missing, folder: folder,
      version: context.record[.floe]?.stringValue ?? "", library: hasMovingMaps ? library : nil)
    var attachments: [String: [UInt8]] = [:]
    for figure in (drawn ?? [:]).values {
      for (name, bytes) in figure.files { attachments["\(folder)/\(name)"] = bytes }
    }
    let shown = figures.filter { drawn?[$0.name] != nil }
    context.record("figures", .array(shown.map { .string($0.name) }))
    self.page = Document(
      title: heading,
      body: [
        "figures": .array(
          shown.map {
            [
              "name": .string($0.name), "title": .string($0.title), "caption": .string($0.caption),
              "alt": .string($0.alt),
            ]
          }), "warnings": .array(warnings.map { .string($0) }),
      ],
      renderings: ["html": try page.html()], attachments: attachments)
  }

  /// The library of the interactive map; nil where there is nothing to show, or none is installed, which is reported.
  private func movable(_ material: ReportInputs, _ context: RunContext) throws -> MapLibrary? {
    guard !material.rasters.isEmpty else { return nil }
    let library = try MapLibrary.find()
    if library == nil { context.warn(MapLibrary.absent) }
    return library
  }

  private func trackSections(_ material: ReportInputs, _ context: RunContext) throws -> [PageSection] {
    var features = PageSection("features", "Features")
    var freeboard = PageSection("freeboard", "Freeboard")
    var echoes = PageSection("echoes", "Echoes")
    let definition = material.facts.lazy.compactMap { $0.facts[.peakiness]?.stringValue }.first
    for (item, table) in material.tables {
      try context.checkCancelled()
      if let figure = FeatureFigures(material: material, classes: classes, limit: points).figure(item, table) {
        features.add(figure)
      }
      let view = TrackView(table, classes: classes)
      if let figures = FreeboardFigures(item: item, view: view) {
        for figure in [figures.alongTrack(), figures.distribution()] { if let figure { freeboard.add(figure) } }
      }
      guard let raw = ArrayColumn(table, waveform) else { continue }
      let moved = ArrayColumn(table, aligned).flatMap { $0.width == raw.width ? $0 : nil }
      let figures = EchoFigures(item: item, view: view, raw: raw, aligned: moved)
      let single = EchoExamples(
        item: item, view: view, raw: raw, aligned: moved, power: ArrayColumn(table, power), records: records,
        definition: definition)
      let all = [
        figures.means(), try figures.echograms(), figures.peaks(), try figures.overlays(), single.largestShifts(),
        single.annotated(), single.stackPower(),
      ]
      for figure in all { if let figure { echoes.add(figure) } }
    }
    return [features, freeboard, echoes]
  }

  /// The numbers that a notebook prints, and its figures where they are asked for.
  private func notebookSection(_ material: ReportInputs, _ context: RunContext) throws -> PageSection {
    var section = PageSection("notebook", notebook ? "The notebook's figures" : "Printed figures")
    for (_, document) in material.documents {
      guard let rows = document.body["printed_figures"]?.arrayValue, !rows.isEmpty else { continue }
      section.blocks.append(
        .table(
          PageTable(
            document.title, ["Figure", "Value", "Unit", "Meaning"],
            rows.map { row in
              let unit = row["unit"]?.stringValue ?? ""
              return [
                row["figure"]?.stringValue ?? "", ReportFormat.number(row["value"]?.doubleValue, 6),
                unit == "1" ? "" : unit, row["meaning"]?.stringValue ?? "",
              ]
            })))
    }
    guard notebook else { return section }
    for (item, table) in material.tables {
      try context.checkCancelled()
      guard let raw = ArrayColumn(table, waveform) else { continue }
      let moved = ArrayColumn(table, aligned).flatMap { $0.width == raw.width ? $0 : nil }
      let figures = NotebookFigures(
        item: item, view: TrackView(table, classes: classes), raw: raw, aligned: moved, limit: points)
      for figure in try figures.all() { section.add(figure) }
    }
    return section
  }

  /// All figures by name, nil without gnuplot, and why some could not be drawn, by their name.
  private func draw(_ figures: [Figure], _ context: RunContext) async throws -> (
    drawn: [String: DrawnFigure]?, missing: [String: String]
  ) {
    guard let gnuplot = Gnuplot.find() else {
      context.warn(Gnuplot.absent)
      return (nil, [:])
    }
    let scratch = context.scratch.directory
    let cancellation = context.cancellation
    let results = try await context.map(figures.count, progress: "figures") { i -> Result<DrawnFigure, FloeError> in
      try cancellation.check()
      do { return .success(try gnuplot.draw(figures[i], in: scratch, cancellation: cancellation)) } catch let error
        where !(error is Cancelled)
      {
        return .failure(
          FloeError("the figure '\(figures[i].name)' is missing: \((error as? FloeError)?.message ?? "\(error)")"))
      }
    }
    // Ctrl-C reaches gnuplot first: what it could not draw then is no fault of the figure.
    try context.checkCancelled()
    var drawn: [String: DrawnFigure] = [:]
    var missing: [String: String] = [:]
    for (figure, result) in zip(figures, results) {
      switch result {
      case .success(let whole): drawn[figure.name] = whole
      case .failure(let error):
        missing[figure.name] = error.message
        context.warn(error.message)
      }
    }
    return (drawn, missing)
  }
}
