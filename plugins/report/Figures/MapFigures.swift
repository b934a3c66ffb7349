import FloeIO
import FloeSDK
internal import Foundation

/// Maps of rasters with the tracks of the run on top.
struct MapFigures {
  let material: ReportInputs
  /// The column with the classes of records; nil for the usual ones.
  var classes: String?
  /// Pixels along the longer side that a map has at least, where the raster has them.
  static let side = 600
  /// Points of a track that a map shows at most.
  static let trackPoints = 400

  func figures(_ context: RunContext) async throws -> [Figure] {
    var figures: [Figure] = []
    // Pictures first, then classes, then probabilities.
    func rank(_ spec: RasterSpec) -> Int {
      spec.classes != nil ? 1 : ["probability", "uncertainty"].contains(spec.bands.first?.quantity) ? 2 : 0
    }
    let ordered = material.rasters.enumerated().sorted {
      (rank($0.element.raster.spec), $0.offset) < (rank($1.element.raster.spec), $1.offset)
    }
    for (item, raster) in ordered.map(\.element) {
      try context.checkCancelled()
      figures += try maps(item, raster)
      if let share = try await shareMap(item, raster, context) { figures.append(share) }
    }
    return figures
  }

  private func maps(_ item: ReportInputs.Item, _ raster: Raster) throws -> [Figure] {
    let spec = raster.spec
    if let table = spec.classes, let band = spec.bands.indices.first {
      let small = try DecimatedRaster.focused(item, raster, bands: [band], side: Self.side)
      return [try classMap(item, small, table)]
    }
    if let quantity = spec.bands.first?.quantity, quantity == "probability" || quantity == "uncertainty" {
      let chosen = Self.shownProbabilities(spec)
      let small = try DecimatedRaster.focused(item, raster, bands: chosen, side: Self.side)
      return try chosen.enumerated().map {
        let band = spec.bands[$0.element]
        // Where nearly all pixels are certain, what is not would be lost on an even scale. One step of storage is the
        // lower end.
        let valid = small.values[$0.offset].filter(\.isFinite)
        let isFaint = band.quantity == "uncertainty" && valid.count(where: { $0 > 0.1 }) * 50 < valid.count
        return try rampMap(
          item, small, place: $0.offset, band: band, limits: isFaint ? (2e-5, 1) : (0, 1), isLogarithmic: isFaint)
      }
    }
    let composites = Self.composites(spec)
    if composites.isEmpty {
      let shown = Self.shownBand(spec)
      let small = try DecimatedRaster.focused(item, raster, bands: [shown], side: Self.side)
      guard let limits = small.limits(0) else { return [] }
      return [try rampMap(item, small, place: 0, band: spec.bands[shown], limits: limits)]
    }
    let needed = Set(composites.flatMap(\.bands)).sorted()
    let small = try DecimatedRaster.focused(item, raster, bands: needed, side: Self.side)
    return try composites.compactMap { c in
      let places = c.bands.compactMap { needed.firstIndex(of: $0) }
      guard places.count == 3, let (picture, limits) = small.composite(places[0], places[1], places[2]) else {
        return nil
      }
      let names = c.bands.map { spec.bands[$0].name }
      let stretch = zip(names, limits).map {
        "\($0) \(ReportFormat.number($1.0, 3)) to \(ReportFormat.number($1.1, 3))"
      }.joined(
        separator: ", ")
      return try map(
        item, small, picture, name: "map-\(ReportFormat.slug(item.stem))-\(ReportFormat.slug(c.name))",
        title: item.titled(c.name),
        caption:
          """
          Red, green and blue are \(ReportFormat.list(names)), each between its 2nd and 98th percentile (\(stretch), \
          \(spec.bands[c.bands[0]].quantity)). Hatched is no data.
          """,
        alt: "Map of the scene in \(c.name.lowercased()), bands \(ReportFormat.list(names)).", isPhoto: true)
    }
  }

  /// The bands of a raster of probabilities that are worth a map, three at most: one says all when there are two that
  /// add up to one, and the style's band is the one to see.
  static func shownProbabilities(_ spec: RasterSpec) -> [Int] {
    var chosen = Array(spec.bands.indices)
    if case .ramp(let name, _, _)? = spec.style {
      chosen = chosen.filter { spec.bands[$0].name == name || spec.bands[$0].quantity == "uncertainty" }
    }
    return Array(chosen.prefix(3))
  }

  /// The band of a raster without colours that is worth a map: its style's, else the first.
  static func shownBand(_ spec: RasterSpec) -> Int {
    guard case .ramp(let name, _, _)? = spec.style else { return 0 }
    return spec.bandIndex(name) ?? 0
  }

  /// True and false colour, as far as the bands allow.
  static func composites(_ spec: RasterSpec) -> [(name: String, bands: [Int])] {
    func nearest(_ wavelength: Double, within: Double) -> Int? {
      spec.bands.indices.filter { abs((spec.bands[$0].wavelength ?? -1e9) - wavelength) <= within }
        .min { abs((spec.bands[$0].wavelength ?? 0) - wavelength) < abs((spec.bands[$1].wavelength ?? 0) - wavelength) }
    }
    let blue = nearest(490, within: 40)
    let green = nearest(560, within: 40)
    let red = nearest(665, within: 40)
    let infrared = nearest(842, within: 60)
    var found: [(String, [Int])] = []
    if let red, let green, let blue { found.append(("True colour", [red, green, blue])) }
    if let infrared, let red, let green { found.append(("False colour", [infrared, red, green])) }
    if found.isEmpty, case .composite(let r, let g, let b)? = spec.style {
      let bands = [r, g, b].compactMap(spec.bandIndex)
      if bands.count == 3 { found.append(("Composite", bands)) }
    }
    return found
  }

  private func classMap(_ item: ReportInputs.Item, _ small: DecimatedRaster, _ table: ClassTable) throws
    -> Figure
  {
    let areas = ClassAreas(item, material, table, small, metres: small.spec.grid.crs?.metresPerUnit)
    let seen = Set(small.values[0].lazy.compactMap { Int(exactly: $0) })
    let entries = table.entries.filter { seen.contains($0.code) }
    let legend = entries.map { (color: $0.color, text: $0.label + (areas.text($0.code).map { " \($0)" } ?? "")) }
    return try map(
      item, small, small.classes(0, table), name: "map-\(ReportFormat.slug(item.stem))",
      title: item.titled("Classes"),
      caption: "Classes in the colours of their table\(areas.note); hatched is no data.",
      alt: "Map of classes: " + ReportFormat.list(legend.map(\.text)) + ".", legend: legend)
  }

  /// Which part of each drawn pixel is lead, by decades: a thin one is lost where the most frequent class is drawn. Nil
  /// where every pixel of the raster is drawn anyway, and where there is none.
  private func shareMap(_ item: ReportInputs.Item, _ raster: Raster, _ context: RunContext) async throws -> Figure? {
    guard let lead = raster.spec.classes?.named("lead") else { return nil }
    let small = try DecimatedRaster.focused(item, raster, bands: [0], side: Self.side)
    guard small.step > 1 else { return nil }
    let shares = try await ClassShare.shares(raster, code: lead.code, like: small, context)
    let least = 1 / Double(small.step * small.step)
    let touched = shares.count { $0 > 0 }
    guard touched > 0 else { return nil }
    let drawn = DecimatedRaster(shares, like: small, note: "")
    let word = lead.label.lowercased()
    let side = ReportFormat.number(
      small.spec.grid.pixelWidth * Double(small.step) * (small.spec.grid.crs?.metresPerUnit ?? 1))
    let unit = small.spec.grid.crs?.metresPerUnit == nil ? "units" : "m"
    return try map(
      item, drawn, drawn.ramp(0, least, 1, isLogarithmic: true),
      name: "map-\(ReportFormat.slug(item.stem))-share-of-\(ReportFormat.slug(word))",
      title: item.titled("Share of \(word) in each drawn pixel"),
      caption:
        """
        Counted in all pixels of the raster, so that nothing thin is lost: \(ReportFormat.count(touched)) of \
        \(ReportFormat.count(shares.count(where: \.isFinite))) drawn pixels of \(side) \(unit) hold any \(word). The \
        scale goes by decades; none has the lowest colour. Hatched is no data.
        """,
      alt:
        """
        Map of the share of \(word); \
        \(ReportFormat.share(Double(touched) / Double(max(1, shares.count(where: \.isFinite))))) \
        of the drawn pixels hold any.
        """,
      bar: ((least, 1), "share", true))
  }

  private func rampMap(
    _ item: ReportInputs.Item, _ small: DecimatedRaster, place: Int, band: BandSpec, limits: (Double, Double),
    isLogarithmic: Bool = false
  ) throws -> Figure {
    let valid = RunningStatistics(small.values[place].lazy.filter(\.isFinite).map { Double($0) })
    var ends = (low: Double.infinity, high: -Double.infinity)
    for v in small.values[place] where v.isFinite { ends = (min(ends.low, Double(v)), max(ends.high, Double(v))) }
    let mean = ReportFormat.number(valid.mean, 3)
    let what = ReportFormat.title(band)
    let beyond =
      ends.low < limits.0 || ends.high > limits.1
      ? " Colours run from \(ReportFormat.number(limits.0, 3)) to \(ReportFormat.number(limits.1, 3)); what lies "
        + "beyond has the colour of the nearer end." : ""
    return try map(
      item, small, small.ramp(place, limits.0, limits.1, isLogarithmic: isLogarithmic),
      name: "map-\(ReportFormat.slug(item.stem))-\(ReportFormat.slug(band.name))", title: item.titled(what),
      caption:
        """
        \(ReportFormat.sentence(band.summary.isEmpty ? band.name : band.summary)) (band \(band.name) of \(item.name)): \
        mean of the drawn pixels \(mean), least \(ReportFormat.number(ends.low, 3)), greatest \
        \(ReportFormat.number(ends.high, 3)).\(isLogarithmic ? " The scale goes by decades." : "")\(beyond) Hatched is \
        no data.
        """,
      alt:
        """
        Map of \(what); drawn pixels from \(ReportFormat.number(ends.low, 3)) to \(ReportFormat.number(ends.high, 3)), \
        mean \(mean).
        """,
      bar: (limits, ReportFormat.axis(band.quantity, band.unit), isLogarithmic))
  }

  /// A colour bar by decades; over one or two of them also with steps between.
  private static func decades(_ limits: (Double, Double)) -> String {
    let whole = "set logscale cb; set format cb '10^{%T}'\n"
    guard limits.0 > 1e-30, limits.1 > limits.0, limits.1 < 1e30 else { return whole }
    let low = Int(log10(limits.0).rounded(.down))
    let high = Int(log10(limits.1).rounded(.up))
    guard high - low <= 2 else { return whole }
    func ticks(_ steps: [Double]) -> [Double] {
      (low...max(low, high)).flatMap { power in steps.map { $0 * pow(10, Double(power)) } }
        .filter { $0 >= limits.0 * 0.999 && $0 <= limits.1 * 1.001 }
    }
    var found = ticks([1, 2, 5])
    // Over less than a decade that would leave one or two.
    if found.count < 4 { found = ticks([1, 1.5, 2, 3, 5, 7]) }
    if let first = found.first, first > limits.0 * 1.15 { found.insert(limits.0, at: 0) }
    let places = found.map { "'\(ReportFormat.number($0))' \(ReportFormat.data($0))" }.joined(separator: ", ")
    return "set logscale cb; set cbtics (\(places))\n"
  }

  private func map(
    _ item: ReportInputs.Item, _ small: DecimatedRaster, _ picture: Picture, name: String, title: String,
    caption: String, alt: String, legend: [(color: RGB, text: String)] = [],
    bar: (limits: (Double, Double), label: String, isLogarithmic: Bool)? = nil,
    isPhoto: Bool = false
  ) throws -> Figure {
    let frame = try MapFrame(small.shown, small.spec.grid.crs)
    let b = frame.bounds
    let ratio = (b.maxY - b.minY) / (b.maxX - b.minX)
    var across = bar == nil ? 560.0 : 455.0
    var down = across * ratio
    if down > 760 { (across, down) = (760 / ratio, 760) }
    down = max(120, down)
    var tracks = try tracks(in: b, small.spec.grid.crs)
    // Classes of records have the colours of the classes on the map.
    tracks.legend.removeAll { entry in legend.contains { $0.text.hasPrefix(entry.text) } }
    let box = "boxes fs solid border lc rgb '#444444' fc rgb"
    let entries = legend + tracks.legend.map { (color: $0.color, text: "Record: \($0.text)") }
    let key = Legend(entries.map { Legend.Entry(look: "\(box) '\(Colours.hex($0.color))'", text: $0.text) })
    let width = key.width
    let height = down + 40 + 34 + key.height
    let bottom = (34 + key.height) / height
    var plots = [
      """
      '\(name).image.png' binary filetype=png origin=(\
      \(ReportFormat.data(b.minX + (b.maxX - b.minX) / Double(picture.width) / 2)),\
      \(ReportFormat.data(b.minY + (b.maxY - b.minY) / Double(picture.height) / 2))) dx=\
      \(ReportFormat.data((b.maxX - b.minX) / Double(picture.width))) dy=\
      \(ReportFormat.data((b.maxY - b.minY) / Double(picture.height))) with rgbimage notitle
      """
    ]
    var data = ["\(name).image.png": try picture.png()]
    if !frame.lines.isEmpty {
      data["\(name).graticule.dat"] = Figure.rows(frame.lines)
      plots.append("'\(name).graticule.dat' using 1:2 with lines lw 0.7 lc rgb '#70000000' notitle")
    }
    if !tracks.rows.isEmpty {
      data["\(name).track.dat"] = Figure.rows(tracks.rows)
      // A white ring in a black one parts the colour of a record from the same colour of the map; where records lie
      // close together the white one alone does, and leaves more of the map.
      let rings = [("1.1", "rgb '#000000'"), ("0.95", "rgb '#ffffff'"), ("0.62", "rgb variable")]
      let plain = [("0.7", "rgb '#ffffff'"), ("0.5", "rgb variable")]
      for (size, color) in tracks.isRinged ? rings : plain {
        plots.append(
          """
          '\(name).track.dat' using 1:2\(color == "rgb variable" ? ":3" : "") with points pt 7 ps \(size) lc \
          \(color) notitle
          """
        )
      }
    }
    if bar != nil { plots.append("NaN with points palette notitle") }
    let color =
      bar.map {
        """
        \(Colours.palette)\nset cbrange [\(ReportFormat.data($0.limits.0)):\(ReportFormat.data($0.limits.1))]\nset \
        cblabel \
        \(Figure.quoted($0.label)) noenhanced\n\($0.isLogarithmic ? Self.decades($0.limits) : "")
        """
      } ?? "unset colorbox\n"
    let commands = """
      set multiplot title \(Figure.quoted(title)) noenhanced
      unset key
      \(frame.commands(across: across, down: down, avoiding: tracks.rows))\(color)set lmargin at screen \
      \(ReportFormat.data(84 / width)); set rmargin at screen \(ReportFormat.data((84 + across) / width))
      set bmargin at screen \(ReportFormat.data(bottom)); set tmargin at screen \
      \(ReportFormat.data(bottom + down / height))
      plot \(plots.joined(separator: ", \\\n    "))
      \(key.commands(figureHeight: height))unset multiplot
      """
    var notes = [caption]
    if small.isPart { notes.append("Shown is the part of the raster that has values.") }
    if !small.note.isEmpty { notes.append("Drawn \(small.note).") }
    notes += tracks.notes
    notes.append(
      "\(frame.place), pixels of \(ReportFormat.number(small.spec.grid.pixelWidth * (frame.metres ?? 1))) "
        + "\(frame.metres == nil ? "degrees" : "m")."
    )
    return Figure(
      name: name, title: title, caption: notes.joined(separator: " "), alt: alt + tracks.alt,
      size: (Int(width), Int(height)), scale: 1.5, isPhoto: isPhoto, commands: commands, data: data)
  }

  // MARK: Tracks

  private struct Tracks {
    var rows: [[Double]?] = []
    var legend: [(color: RGB, text: String)] = []
    var notes: [String] = []
    var alt = ""
    /// Whether the points are few enough for rings.
    var isRinged = true
  }

  /// The records within a part of a map.
  private func tracks(in b: Bounds, _ crs: CRS?) throws -> Tracks {
    var result = Tracks()
    guard let crs else { return result }
    var found: [(item: ReportInputs.Item, view: TrackView, x: [Double], y: [Double], inside: [Int])] = []
    for (item, table) in material.tables {
      guard let points = try MapPoints(table, in: b, crs), !points.inside.isEmpty else { continue }
      let named = table.columns.contains { $0.name == classes } ? classes : nil
      found.append((item, TrackView(table, classes: named), points.x, points.y, points.inside))
    }
    result.isRinged = found.reduce(0) { $0 + $1.inside.count } <= ValueExtent.ringed
    for (item, view, x, y, inside) in found {
      // Without rings pale colours are darkened, to stand out from the white around them.
      func color(_ group: Int) -> RGB {
        if group < 0 { return ValueExtent.bare }
        return result.isRinged ? view.groups[group].color : view.groups[group].line
      }
      let n = (inside.count + Self.trackPoints - 1) / Self.trackPoints
      var seen: Set<Int> = []
      for i in stride(from: 0, to: inside.count, by: n) {
        let row = inside[i]
        seen.insert(view.group[row])
        let c = color(view.group[row])
        result.rows.append([x[row], y[row], Double(Int(c.red) << 16 | Int(c.green) << 8 | Int(c.blue))])
      }
      for g in seen.sorted() {
        result.legend.append((color(g), g < 0 ? "without class" : view.groups[g].label))
      }
      let thinned = ReportFormat.thinned(n, "record")
      result.notes.append(
        """
        The track of \(item.name) lies on top, \(result.isRinged ? "ringed " : "")points in the colours of its \
        classes, with \(ReportFormat.counted(inside.count, "record")) on the \
        map\(thinned.isEmpty ? "" : "; " + thinned).\(view.choiceNote)
        """
      )
      result.alt += " The track crosses it with \(ReportFormat.counted(inside.count, "record"))."
    }
    return result
  }
}

/// The areas of the classes of a raster: as recorded by the step that made it where these are the raster's own
/// classes, else counted on what is drawn. A step with two class rasters records the areas of one.
struct ClassAreas {
  private var areas: [Int: (km2: Double?, share: Double)] = [:]
  /// How they were found, for the caption; empty where they are those of the whole raster.
  private(set) var note = ""

  init(
    _ item: ReportInputs.Item, _ material: ReportInputs, _ table: ClassTable, _ small: DecimatedRaster, metres: Double?
  ) {
    let recorded = material.record[.results]?[item.step]?[.classAreas]?.arrayValue ?? []
    let isOwn = recorded.allSatisfy { entry in
      entry[.code]?.intValue.flatMap { table[$0] }.map { $0.name == entry[.name]?.stringValue } ?? false
    }
    if !recorded.isEmpty, isOwn {
      for entry in recorded {
        if let code = entry[.code]?.intValue {
          areas[code] = (entry[.areaKm2]?.doubleValue, entry[.share]?.doubleValue ?? 0)
        }
      }
      return
    }
    var counts: [Int: Int] = [:]
    for v in small.values[0] { if let code = Int(exactly: v), table[code] != nil { counts[code, default: 0] += 1 } }
    let sum = counts.values.reduce(0, +)
    guard sum > 0 else { return }
    let grid = small.spec.grid
    let pixel = metres.map { $0 * $0 * grid.pixelWidth * grid.pixelHeight * Double(small.step * small.step) / 1e6 }
    for (code, n) in counts { areas[code] = (pixel.map { Double(n) * $0 }, Double(n) / Double(sum)) }
    if small.step > 1 { note = ", with areas counted on the drawn pixels" }
  }
  /// "12.3 km², 4.5 %".
  func text(_ code: Int) -> String? {
    areas[code].map { ($0.km2.map { "\(ReportFormat.number($0, 4)) km², " } ?? "") + ReportFormat.share($0.share) }
  }
}
