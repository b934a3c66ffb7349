import FloeSDK

/// Tells which openings of a winter scene a class raster found, by their width and stage.
struct ScoreLeadsStep: ProcessingStep {
  static let name = "synthetic.score_leads"
  static let summary = "Tells what share of the leads of a synthetic scene a class raster found, by width and by stage."
  static let discussion = """
    `details` is the output of `synthetic.sentinel2` with `world: winter`, `predicted` a class raster on the same grid.
    A lead is an opening with water or ice thinner than `lead_thickness`; it is found when at least `found_from` of the
    pixels that it covers by half and more have one of the codes in `leads`. Openings so narrow that they cover no pixel
    by half are counted by the one pixel that they cover most of. Shares come with Wilson's 95 % interval. The width of
    an opening is its widest place.

    The output is a document: tables by width (leads found), by stage (pixels called lead, of openings from open water
    to grey-white ice), and the pixels of other ice that were called lead. No data on either side is left out and
    counted.
    """
  static let example = """
    found: { use: synthetic.score_leads, in: { details: scene.details, predicted: groups.classes } }
    """

  @Input("Details of the truth: number, width, thickness and share of the opening in each pixel") var details: Raster
  @Input("Class raster on the same grid") var predicted: Raster
  @Param("Codes of the prediction that mean lead", in: 0...254) var leads = [2]
  @Param("Thickest ice of an opening that is a lead, in centimetres", in: 0...30) var leadThickness = 10.0
  @Param("Share of a lead's pixels from which it is found", in: 0.01...1) var foundFrom = 0.5
  @Output("Shares with intervals") var score: Document?

  mutating func plan(in context: PlanContext) throws {
    guard details.spec.bands.map(\.name) == SceneDetails.bands.map(\.name) else {
      let names = details.spec.bands.map(\.name).joined(separator: ", ")
      throw FloeError(
        """
        the details have the bands \(names); those of synthetic.sentinel2 are \
        \(SceneDetails.bands.map(\.name).joined(separator: ", "))
        """
      )
    }
    guard details.spec.grid == predicted.spec.grid else {
      throw FloeError("the details and the prediction are not on the same grid; bring one onto the other's grid first")
    }
    context.isBarrier()
    score = Document(title: "Leads found", body: .null)
  }

  /// What is known of one opening.
  private struct Opening {
    var width = 0.0, thickness = 0.0
    var pixels = 0, hits = 0
    /// The most that it covers of a pixel, and whether that pixel was called lead.
    var most = 0.0, isHit = false
  }

  /// Counts over a block of rows.
  private struct Part: Sendable {
    var openings: [Int: Opening] = [:]
    /// By stage, and pixels without an opening last.
    var stages = [Detection](repeating: Detection(label: ""), count: 6)
    var unknown = 0
  }

  /// Limits in centimetres after WMO's nomenclature.
  private static let stages: [(name: String, below: Double)] = [
    ("open water", 1), ("dark nilas", 5), ("light nilas", 10), ("grey ice", 15), ("grey-white ice", .infinity),
  ]

  mutating func run(in context: RunContext) async throws {
    let blocks = details.spec.grid.rowBlocks()
    let details = details
    let predicted = predicted
    let codes = Set(leads.map(Double.init))
    let noData = predicted.spec.bands[0].noData
    let parts = try await context.map(blocks.count, progress: "blocks") { i -> Part in
      var part = Part()
      let truth = try details.read(blocks[i])
      let called = try predicted.read(blocks[i], bands: [0])
      for row in 0..<blocks[i].height {
        for column in 0..<blocks[i].width {
          let number = truth.raw(band: 0, row: row, column: column)
          let code = called.raw(band: 0, row: row, column: column)
          if number == Double(SceneDetails.unknown) || code == noData {
            part.unknown += 1
            continue
          }
          let isLead = codes.contains(code)
          let share = truth.raw(band: 3, row: row, column: column) / 100
          let thickness = truth.raw(band: 2, row: row, column: column) / 10
          guard number > 0 else {
            part.stages[5].count += 1
            if isLead { part.stages[5].found += 1 }
            continue
          }
          var o = part.openings[Int(number)] ?? Opening()
          o.width = max(o.width, truth.raw(band: 1, row: row, column: column))
          if share > o.most { (o.most, o.isHit, o.thickness) = (share, isLead, thickness) }
          if share >= 0.5 {
            o.pixels += 1
            if isLead { o.hits += 1 }
            let stage = Self.stages.firstIndex { thickness < $0.below } ?? 4
            part.stages[stage].count += 1
            if isLead { part.stages[stage].found += 1 }
          }
          part.openings[Int(number)] = o
        }
      }
      return part
    }
    var openings: [Int: Opening] = [:]
    var stages = parts.first?.stages ?? []
    for (i, part) in parts.enumerated() {
      for (number, o) in part.openings {
        var all = openings[number] ?? Opening()
        all.width = max(all.width, o.width)
        if o.most > all.most { (all.most, all.isHit, all.thickness) = (o.most, o.isHit, o.thickness) }
        all.pixels += o.pixels
        all.hits += o.hits
        openings[number] = all
      }
      if i > 0 {
        for k in stages.indices {
          stages[k].count += part.stages[k].count
          stages[k].found += part.stages[k].found
        }
      }
    }
    context.dropped(parts.reduce(0) { $0 + $1.unknown }, "pixels", because: "no data in the truth or the prediction")
    finish(openings.values.filter { $0.thickness < max(1, leadThickness) }, stages, in: context)
  }

  private mutating func finish(_ leads: [Opening], _ stages: [Detection], in context: RunContext) {
    let limits = [0.0, 15, 20, 30, 40, 60, 80, 120, 160, 320, 640, .infinity]
    var widths = zip(limits, limits.dropFirst()).map { low, high in
      Detection(label: high.isInfinite ? "\(Int(low)) m and more" : "\(Int(low)) to \(Int(high)) m")
    }
    for o in leads {
      let bin = max(0, (limits.firstIndex { o.width < $0 } ?? limits.count) - 1)
      widths[min(bin, widths.count - 1)].count += 1
      let isFound = o.pixels == 0 ? o.isHit : Double(o.hits) >= foundFrom * Double(o.pixels)
      if isFound { widths[min(bin, widths.count - 1)].found += 1 }
    }
    var named = stages
    for (k, stage) in Self.stages.enumerated() { named[k].label = stage.name }
    named[5].label = "other ice"
    let tables = [
      DetectionTable(title: "Leads found, by width", heading: "width", rows: widths.filter { $0.count > 0 }),
      DetectionTable(title: "Pixels called lead, by what they are", heading: "stage", rows: named),
    ]
    context.record(.detection, .array(tables.map(\.json)))
    score = Document(
      title: "Leads found", body: ["detection": .array(tables.map(\.json))],
      renderings: ["txt": tables.map(\.text).joined(separator: "\n")])
  }
}
