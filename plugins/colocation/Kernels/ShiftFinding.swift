import FloeSDK

/// The best shift of a track on a scene, and whether chance finds as good ones.
struct ShiftFinding: Sendable {
  /// The mean shift eastward and northward in metres, to a tenth of a step.
  let east: Double
  let north: Double
  /// Its standard deviation in metres.
  let spread: SIMD2<Double>
  /// Cohen's kappa at the best shift.
  let agreement: Double
  /// The share of placements, the own one counted, with a best shift at least as good; nil without placements enough.
  let p: Double?
  /// The same by a Gumbel distribution fitted to the placements' best shifts; nil where they do not vary.
  let fittedP: Double?
  /// Runs of lead records in the order of the track.
  let crossings: Int
  private let ratio: Double
  private let secondRatio: Double
  private let placements: Int
  private let wanted: Int
  private let chance: [Double]
  private let isSceneTooSmall: Bool
  private let kappas: [[Double]]
  private let step: Double
  private let exclude: Double
  private let records: Int
  private let leads: Int
  private let view: String

  /// Searches the track and its null in all views; `radius` is in columns and rows. Nil where no shift lets half of the
  /// records fall on a class of the scene.
  init?(
    _ searches: [ShiftSearch], _ track: ShiftSearch.Records, count: Int, exclude: Double, seed: UInt64,
    radius: SIMD2<Double>, in context: RunContext
  ) async throws {
    let terms = LogTerms(count: track.places.count)
    var best: (search: ShiftSearch, surface: ShiftSurface, peak: ShiftSurface.Peak)?
    for search in searches {
      let lines = try await context.map(search.width, progress: "lines of shifts") { line in
        search.line(line - search.reach, of: track, terms)
      }
      let surface = ShiftSurface(ratios: lines, step: search.metres, exclude: exclude)
      guard let peak = surface.peak, peak.ratio > (best?.peak.ratio ?? -1) else { continue }
      best = (search, surface, peak)
    }
    guard let (search, _, peak) = best else { return nil }
    let kappas = try await context.map(search.width) { line in
      search.kappas(line - search.reach, of: track, limit: peak.limit)
    }
    // The first view is that of the pixels.
    let pixels = searches[0].map
    let null = ShiftNull(size: SIMD2(Double(pixels.width), Double(pixels.height)), reach: radius)
    let places = null.placements(count, of: track, seed: seed) { places in
      places.count { pixels.levels[Int($0.y) * pixels.width + Int($0.x)] > 0 }
    }
    let chance = try await context.map(places.count, progress: "tracks laid elsewhere") { i in
      let moved = null.moved(track, places[i])
      return searches.map { $0.best(of: moved, terms) }.max() ?? 0
    }
    p =
      places.count < count
      ? nil : Double(1 + chance.count { $0 >= peak.ratio - 1e-9 }) / Double(1 + places.count)
    fittedP = places.count < count ? nil : GumbelDistribution(chance)?.probability(above: peak.ratio)
    let grain = search.metres / 10
    east = (peak.east / grain).rounded() * grain
    north = (peak.north / grain).rounded() * grain
    spread = peak.spread
    agreement = kappas[peak.place.north + search.reach][peak.place.east + search.reach]
    crossings = track.isLead.indices.count { track.isLead[$0] && ($0 == 0 || !track.isLead[$0 - 1]) }
    ratio = peak.ratio
    secondRatio = peak.second
    placements = places.count
    wanted = count
    self.chance = chance
    isSceneTooSmall = !null.isLargeEnough
    self.kappas = kappas
    step = search.metres
    self.exclude = exclude
    records = track.places.count
    leads = track.isLead.count { $0 }
    let limit = search.map.limits[peak.limit]
    view =
      search.map.limits.count == 1
      ? "lead under the record"
      : limit < 1e-6 ? "any lead in the footprint" : "at least \(Int((limit * 100).rounded())) % lead in the footprint"
  }

  /// Why the shift is meaningless; nil where it is not.
  func verdict(level: Double, fittedLevel: Double, crossings least: Int) -> String? {
    func short(_ v: Double) -> String { "\((v * 1000).rounded() / 1000)" }
    guard crossings >= least else {
      return """
        the track crosses \(crossings) lead\(crossings == 1 ? "" : "s") (\(leads) of \(records) records); \
        at least \(least) are needed to tell a \
        shift from chance
        """
    }
    guard let p else {
      return isSceneTooSmall
        ? "the scene is not larger than the search, so that nothing tells what chance finds: make 'radius' smaller"
        : """
        only \(placements) of \(wanted) tracks laid elsewhere on the scene find enough of it with a class, so that \
        nothing tells what chance finds: make 'radius' smaller
        """
    }
    guard p <= level else {
      let count = chance.count { $0 >= ratio - 1e-9 }
      return """
        of \(placements) tracks laid elsewhere or turned, \(count) find a shift as good by chance (p \(short(p)); at \
        most \(level) is needed)
        """
    }
    if let fittedP, fittedP > fittedLevel {
      return """
        the best shifts of \(placements) tracks laid elsewhere or turned make one as good likely by chance (p \
        \(short(fittedP)) by their Gumbel distribution; at most \(fittedLevel) is needed)
        """
    }
    guard secondRatio < ratio - 1e-9 else {
      return "more than \(exclude) m away another shift agrees as well (kappa \(short(agreement)))"
    }
    return nil
  }

  func document(_ reason: String?, dt: Double?) -> Document {
    let reach = (kappas.count - 1) / 2
    let all = kappas.joined().filter { !$0.isNaN }.sorted()
    let median = all.isEmpty ? .nan : all[all.count / 2]
    let deviations = all.map { abs($0 - median) }.sorted()
    let sigma = deviations.isEmpty ? 0 : 1.4826 * deviations[deviations.count / 2]
    var second = Double.nan
    for (j, line) in kappas.enumerated() {
      for (i, value) in line.enumerated() where !value.isNaN {
        let d = SIMD2(Double(i - reach) * step - east, Double(j - reach) * step - north)
        if (d * d).sum() > exclude * exclude { second = second.isNaN ? value : max(second, value) }
      }
    }
    let sorted = chance.sorted()
    var body: [String: JSONValue] = [
      "best": ["east_m": .number(east), "north_m": .number(north), "agreement": JSONValue(finite: agreement)],
      "uncertainty": ["east_m": .number(spread.x), "north_m": .number(spread.y)],
      "significant": .bool(reason == nil), "p_value": JSONValue(finite: p ?? .nan),
      "likelihood_ratio": .number(ratio), "view": .string(view), "leads_crossed": .integer(crossings),
      "chance": [
        "placements": .integer(placements),
        "median_likelihood_ratio": JSONValue(finite: sorted.isEmpty ? .nan : sorted[sorted.count / 2]),
        "highest_likelihood_ratio": JSONValue(finite: sorted.last ?? .nan),
        "gumbel_p_value": JSONValue(finite: fittedP ?? .nan),
      ],
      "sharpness": JSONValue(finite: sigma > 0 ? (agreement - median) / sigma : .nan),
      "median": JSONValue(finite: median),
      "second": JSONValue(finite: second), "records": .integer(records), "lead_records": .integer(leads),
      "measure": "Cohen's kappa",
      "surface": [
        "step_m": .number(step), "first_east_m": .number(-Double(reach) * step),
        "first_north_m": .number(-Double(reach) * step),
        "order": "lines from south to north, values from west to east",
        "agreement": .array(kappas.map { .array($0.map { JSONValue(finite: $0) }) }),
      ],
    ]
    var text = "Best shift: \(east) m east, \(north) m north (standard deviation \(spread.x) and \(spread.y) m)\n"
    text += "Kappa \(agreement) of \(records) records (\(view)), \(crossings) leads crossed\n"
    if let p { text += "p \(p) among \(placements) tracks laid elsewhere or turned\n" }
    if let reason {
      body["reason"] = .string(reason)
      text += "Meaningless: \(reason)\n"
    }
    if let dt {
      body["mean_dt_s"] = .number(dt)
      if reason == nil, abs(dt) >= 60 {
        body["drift"] = ["east_m_s": .number(-east / dt), "north_m_s": .number(-north / dt)]
        text += "Drift: \(-east / dt) m/s east, \(-north / dt) m/s north over \(dt) s\n"
      }
    }
    return Document(title: "Shift between track and scene", body: .object(body), renderings: ["txt": text])
  }
}
