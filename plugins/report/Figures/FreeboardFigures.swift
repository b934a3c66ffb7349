import FloeSDK
import Glibc

/// Figures of a track with freeboard: elevations and sea surface along the track, histogram and map of the freeboard.
struct FreeboardFigures {
  let item: ReportInputs.Item
  let view: TrackView
  /// Points that a class shows at most along the track.
  static let limit = 3000

  private let along: [Double]
  private let elevation: [Double]
  private let surface: [Double]
  private let sigma: [Double]
  /// Freeboards that are drawn: NaN where there is none, and where it is flagged.
  private let freeboard: [Double]
  /// One sigma of each freeboard; NaN where it is not known.
  private let uncertainty: [Double]
  /// Kept records with a freeboard, and those of them whose flag is not 0.
  private let measured: Int, flagged: Int
  private var stem: String { ReportFormat.slug(item.stem) }

  /// Nil for a table without elevation, sea surface and freeboard along a track.
  init?(item: ReportInputs.Item, view: TrackView) {
    let table = view.table
    guard let along = table[.alongTrack]?.numbers, let elevation = table[.elevation]?.numbers,
      let surface = table[.seaSurface]?.numbers, let freeboard = table[.freeboard]?.numbers
    else { return nil }
    self.item = item
    self.view = view
    self.along = along.map { $0 / 1000 }
    self.elevation = elevation
    self.surface = surface
    let flags = table[.freeboardFlag]?.numbers
    let isGood = { (row: Int) in flags.map { $0[row] == 0 } ?? true }
    self.freeboard = freeboard.enumerated().map { isGood($0) ? $1 : .nan }
    measured = view.kept.count { freeboard[$0].isFinite }
    flagged = view.kept.count { freeboard[$0].isFinite && !isGood($0) }
    uncertainty = table["freeboard_uncertainty_m"]?.numbers ?? freeboard.map { _ in .nan }
    sigma = table[.seaSurfaceUncertainty]?.numbers ?? surface.map { _ in .nan }
  }

  /// Rows whose freeboard is drawn.
  private var shown: [Int] { view.kept.filter { freeboard[$0].isFinite } }

  /// The median of one sigma of the drawn freeboards; nil where none is known.
  private var typicalUncertainty: Double? {
    let known = shown.map { uncertainty[$0] }.filter(\.isFinite)
    return known.isEmpty ? nil : quantiles([0.5], of: known)[0]
  }

  /// How sure a freeboard is, after a space; empty where that is not known.
  private var uncertaintyNote: String {
    guard let typicalUncertainty else { return "" }
    return " The uncertainty of one freeboard is \(ReportFormat.fixed(typicalUncertainty, 3)) m (one sigma, median)."
  }

  /// Label and value of what the page shows at its head.
  var facts: [(label: String, value: String)] {
    let values = shown.map { freeboard[$0] }
    guard !values.isEmpty else { return [("Freeboard", "no record has one")] }
    var found = [
      (
        label: "Median radar freeboard",
        value: "\(ReportFormat.fixed(quantiles([0.5], of: values)[0], 3)) m, n = \(ReportFormat.count(values.count))"
      )
    ]
    if let typicalUncertainty {
      found.append(
        (label: "Uncertainty of one freeboard", value: "\(ReportFormat.fixed(typicalUncertainty, 3)) m (one sigma)"))
    }
    found.append(
      (
        label: "Records with freeboard",
        value: "\(ReportFormat.count(measured)) of \(ReportFormat.count(view.kept.count)), "
          + ReportFormat.share(Double(measured) / Double(max(1, view.kept.count)))
      ))
    if let leads = view.table[.leadUse]?.numbers {
      let used = leads.count { $0 == 1 }
      let known = leads.count { $0 == 1 || $0 == 2 || $0 == 3 }
      found.append((label: "Lead records used", value: "\(ReportFormat.count(used)) of \(ReportFormat.count(known))"))
    }
    return found
  }

  /// Why freeboards are missing from a figure, after a space; empty where none are.
  private var flaggedNote: String {
    guard flagged > 0 else { return "" }
    let are = flagged == 1 ? "is" : "are"
    return " \(ReportFormat.count(flagged)) of \(ReportFormat.count(measured)) freeboards \(are) flagged as "
      + "implausible and not drawn."
  }

  /// Elevations by class with the sea surface and its band, and the freeboard below.
  func alongTrack() -> Figure? {
    let name = "elevations-\(stem)"
    let shown = view.kept.filter { elevation[$0].isFinite && along[$0].isFinite }
    guard shown.count > 1 else { return nil }
    var data: [String: [UInt8]] = [:]
    var plots: [String] = []
    var key: [String] = []
    var thinned = 1
    let sea = view.kept.filter { surface[$0].isFinite }
    if !sea.isEmpty { data["\(name).sea.dat"] = Figure.rows(seaLine(sea)) }
    let held = view.parts.filter { !$0.rows.isEmpty }
    for (k, part) in held.enumerated() {
      let rows = part.rows.filter { elevation[$0].isFinite && along[$0].isFinite }
      guard !rows.isEmpty else { continue }
      let step = (rows.count + Self.limit - 1) / Self.limit
      thinned = max(thinned, step)
      data["\(name).\(k).dat"] = Figure.rows(
        stride(from: 0, to: rows.count, by: step).map { [along[rows[$0]], elevation[rows[$0]]] })
      plots.append(
        """
        '\(name).\(k).dat' using 1:2 with points pt \([7, 9, 5, 13][k % 4]) ps 0.3 lc rgb '\
        \(Colours.hex(part.group.line, transparency: 60))' notitle
        """)
      key.append(
        """
        keyentry with points pt \([7, 9, 5, 13][k % 4]) ps 0.9 lc rgb '\(Colours.hex(part.group.line))' title \
        \(Figure.quoted(part.group.label))
        """)
    }
    if !sea.isEmpty {
      plots.insert(
        """
        '\(name).sea.dat' using 1:3:4 with filledcurves fs transparent solid 0.35 noborder lc rgb '#ee7733' notitle
        """, at: 0)
      plots.append("'\(name).sea.dat' using 1:2 with lines lw 2 lc rgb '#cc3311' notitle")
      key.append("keyentry with lines lw 2 lc rgb '#cc3311' title 'Sea surface, one sigma'")
    }
    let ice = view.kept.filter { freeboard[$0].isFinite && along[$0].isFinite }
    let step = max(1, (ice.count + Self.limit - 1) / Self.limit)
    data["\(name).freeboard.dat"] = Figure.rows(
      stride(from: 0, to: ice.count, by: step).map {
        [along[ice[$0]], freeboard[ice[$0]], uncertainty[ice[$0]].isFinite ? uncertainty[ice[$0]] : 0]
      })
    let limits = Self.axis(shown.map { elevation[$0] })
    let range = "set xrange [\(ReportFormat.data(along[shown[0]])):\(ReportFormat.data(along[shown[shown.count - 1]]))]"
    var panels = [
      """
      set xlabel ''; set ylabel 'Elevation (m)'; \(range); set yrange [\(limits)]
      plot \(plots.joined(separator: ", \\\n    "))
      """
    ]
    if !ice.isEmpty {
      panels.append(
        """
        set xlabel 'Distance along the track (km)'; set ylabel 'Freeboard (m)'; \(range)
        set yrange [\(Self.axis(ice.map { freeboard[$0] }))]
        plot '\(name).freeboard.dat' using 1:2:3 with yerrorbars pt -1 lw 0.6 lc rgb '#c0004488' notitle, \
        '\(name).freeboard.dat' using 1:2 with points pt 7 ps 0.3 lc rgb '#60004488' notitle, 0 with lines lw 0.8 \
        lc rgb '#444444' notitle
        """)
    }
    let grid = Panels(
      title: item.titled("Elevations and sea surface"), columns: 1, plots: panels, key: key, panelHeight: 250)
    return Figure(
      name: name, title: item.titled("Elevations and sea surface"),
      caption: alongCaption(elevations: shown.count, freeboards: ice.count, thinned: thinned),
      alt: "Elevations along the track by class with the sea surface; "
        + held.map { "\($0.group.label) \(ReportFormat.counted($0.rows.count, "record"))" }
        .joined(separator: ", ") + ".",
      size: grid.size, commands: grid.commands, data: data)
  }

  /// Rows of distance (km), sea surface and its band of one sigma (m), thinned; nil breaks the line at a gap.
  private func seaLine(_ sea: [Int]) -> [[Double]?] {
    let step = (sea.count + Self.limit - 1) / Self.limit
    var rows: [[Double]?] = []
    var last: Double?
    for row in stride(from: 0, to: sea.count, by: step).map({ sea[$0] }) {
      if let last, along[row] - last > 5 { rows.append(nil) }
      last = along[row]
      rows.append([along[row], surface[row], surface[row] - sigma[row], surface[row] + sigma[row]])
    }
    return rows
  }

  /// What the figure along the track shows, and what it leaves out.
  private func alongCaption(elevations: Int, freeboards: Int, thinned: Int) -> String {
    let leads = view.table[.leadUse]?.numbers ?? []
    let used = leads.count { $0 == 1 }
    let left = leads.count { $0 == 2 }
    let wide = leads.count { $0 == 3 }
    let missing = view.kept.count { surface[$0].isNaN }
    var caption = """
      Elevations of \(ReportFormat.counted(elevations, "record")) above the mean sea surface, the sea surface from \
      \(ReportFormat.counted(used, "lead record")) with one sigma to either side, and the freeboard of \
      \(ReportFormat.counted(freeboards, "record")) of sea ice\(typicalUncertainty == nil ? "" : " with one sigma").
      """
    caption += uncertaintyNote + flaggedNote
    if left > 0 { caption += " Left out as outliers: \(ReportFormat.counted(left, "lead record"))." }
    if wide > 0 { caption += " Left out by their wide stacks: \(ReportFormat.counted(wide, "lead record"))." }
    if missing > 0 { caption += " Without a lead within reach: \(ReportFormat.counted(missing, "record"))." }
    let note = ReportFormat.thinned(thinned, "record")
    if !note.isEmpty { caption += " To stay readable, \(note)." }
    return caption + " The axes end at the 0.5th and 99.5th percentile."
  }

  /// Histogram and map of the freeboard.
  func distribution() -> Figure? {
    let name = "freeboard-\(stem)"
    let rows = view.kept.filter { freeboard[$0].isFinite }
    guard rows.count > 1, let lat = view.table[.latitude]?.numbers, let lon = view.table[.longitude]?.numbers else {
      return nil
    }
    let values = rows.map { freeboard[$0] }
    let q = quantiles([0.005, 0.05, 0.5, 0.95, 0.995], of: values)
    let width = 0.05
    let first = (q[0] / width).rounded(.down)
    let last = max(first + 1, (q[4] / width).rounded(.up))
    guard let bins = Int(exactly: last - first), bins < 1000 else { return nil }
    var counts = [Double](repeating: 0, count: bins)
    for v in values {
      if let bin = Int(exactly: ((v / width).rounded(.down) - first)), counts.indices.contains(bin) { counts[bin] += 1 }
    }
    let south = lat[rows[rows.count / 2]] < 0
    let step = (rows.count + Self.limit - 1) / Self.limit
    let points = stride(from: 0, to: rows.count, by: step).map { rows[$0] }.map { row in
      Self.polar(lat[row], lon[row], south: south) + [freeboard[row]]
    }
    let data = [
      "\(name).histogram.dat": Figure.rows(
        counts.enumerated().map { [(first + Double($0) + 0.5) * width, $1] }),
      "\(name).map.dat": Figure.rows(points),
    ]
    let pole = south ? "South" : "North"
    let panels = [
      """
      set xlabel 'Freeboard (m)'; set ylabel 'Records'; set yrange [0:*]
      set xrange [\(ReportFormat.data(first * width)):\(ReportFormat.data(last * width))]
      plot '\(name).histogram.dat' using 1:2:(\(width)) with boxes fs solid 0.6 lc rgb '#004488' notitle
      """,
      """
      set xlabel 'km from the \(pole) Pole along 90° E'; set ylabel 'km from the pole along \(south ? "0°" : "180°")'
      \(Self.ranges(points)); set size ratio -1; \(Colours.palette)
      set cbrange [\(ReportFormat.data(q[1])):\(ReportFormat.data(q[3] > q[1] ? q[3] : q[1] + 0.1))]
      set cblabel 'Freeboard (m)'
      plot '\(name).map.dat' using 1:2:3 with points pt 7 ps 0.5 palette notitle
      set size noratio
      """,
    ]
    let grid = Panels(
      title: item.titled("Radar freeboard"), columns: 1, plots: panels, panelHeight: Self.panelHeight, left: Self.left,
      right: Self.right)
    let numbers = [q[1], q[2], q[3]].map { ReportFormat.fixed($0, 2) }
    return Figure(
      name: name, title: item.titled("Radar freeboard"),
      caption: """
        Radar freeboard of \(ReportFormat.counted(rows.count, "record")) of sea ice: median \(numbers[1]) m, 5th and \
        95th percentile \(numbers[0]) and \(numbers[2]) m; classes of 0.05 m between the 0.5th and 99.5th \
        percentile. The map is Lambert's equal-area projection about the pole.\(uncertaintyNote)\(flaggedNote)
        """,
      alt: "Histogram and map of freeboard: median \(numbers[1]) m.\(uncertaintyNote)", size: grid.size,
      commands: grid.commands, data: data)
  }

  /// The size of a panel of the histogram and the map, in points.
  private static let panelHeight = 330.0, left = 96.0, right = 110.0

  /// The ranges of the map's axes: around all points, with a kilometre as long on either axis.
  private static func ranges(_ points: [[Double]]) -> String {
    let sides = [680 - left - right, panelHeight - 70]
    let spans = (0...1).map { axis in
      let places = points.map { $0[axis] }.filter(\.isFinite)
      return (low: places.min() ?? 0, high: places.max() ?? 0)
    }
    let scale = zip(spans, sides).map { max(10, ($0.high - $0.low) * 1.1) / $1 }.max() ?? 1
    return zip(["x", "y"], zip(spans, sides)).map { name, axis in
      let (centre, half) = ((axis.0.low + axis.0.high) / 2, scale * axis.1 / 2)
      return "set \(name)range [\(ReportFormat.data(centre - half)):\(ReportFormat.data(centre + half))]"
    }.joined(separator: "; ")
  }

  private static func axis(_ values: [Double]) -> String {
    let q = quantiles([0.005, 0.995], of: values)
    let pad = max(0.05, (q[1] - q[0]) * 0.08)
    return "\(ReportFormat.data(q[0] - pad)):\(ReportFormat.data(q[1] + pad))"
  }

  /// Kilometres from the pole in Lambert's azimuthal equal-area projection of a sphere.
  private static func polar(_ lat: Double, _ lon: Double, south: Bool) -> [Double] {
    let r = 2 * 6371.0088 * sin((90 - abs(lat)) * .pi / 360)
    let a = lon * .pi / 180
    return [r * sin(a), south ? r * cos(a) : -r * cos(a)]
  }
}
