import FloeIO
import FloeSDK

/// Polar maps of tracks that lie under none of the run's rasters.
struct TrackMap {
  let material: ReportInputs
  /// The column with the classes; nil for the usual ones.
  let classes: String?
  /// Records that a map shows at most.
  static let points = 2000

  func figures(_ context: RunContext) throws -> [Figure] {
    try material.tables.compactMap { item, table in
      try context.checkCancelled()
      return try figure(item, table)
    }
  }

  private func figure(_ item: ReportInputs.Item, _ table: Table) throws -> Figure? {
    guard case .points(let xName, let yName)? = table.geometry, let own = table.crs else { return nil }
    var longitude = try table.numbers(xName)
    var latitude = try table.numbers(yName)
    try CoordinateTransform(from: own, to: .wgs84).transform(x: &longitude, y: &latitude)
    let kept = longitude.indices.filter { longitude[$0].isFinite && latitude[$0].isFinite && abs(latitude[$0]) > 45 }
    // A polar map is good near its pole alone.
    guard kept.count > 1, kept.count == longitude.count(where: { $0.isFinite }),
      Set(kept.map { latitude[$0] > 0 }).count == 1, try !isShown(longitude, latitude, kept)
    else { return nil }
    let code = latitude[kept[0]] > 0 ? "EPSG:3413" : "EPSG:3031"
    let polar = try CRSFactory.make(code)
    var (x, y) = (longitude, latitude)
    try CoordinateTransform(from: .wgs84, to: polar).transform(x: &x, y: &y)
    guard let frame = try Self.frame(kept.map { x[$0] }, kept.map { y[$0] }, polar) else { return nil }
    let view = TrackView(table, classes: classes)
    let every = (kept.count + Self.points - 1) / Self.points
    let name = "map-track-\(ReportFormat.slug(item.stem))"
    var rows: [[Double]?] = []
    var seen: Set<Int> = []
    for place in stride(from: 0, to: kept.count, by: every) {
      let row = kept[place]
      let c = view.group[row] < 0 ? ValueExtent.bare : view.groups[view.group[row]].line
      seen.insert(view.group[row])
      rows.append([x[row], y[row], Double(Int(c.red) << 16 | Int(c.green) << 8 | Int(c.blue))])
    }
    let b = frame.bounds
    let ratio = (b.maxY - b.minY) / (b.maxX - b.minX)
    let (width, across) = (680.0, 560.0)
    let down = across * ratio
    let counts = Dictionary(grouping: kept, by: { view.group[$0] }).mapValues(\.count)
    let legend = seen.sorted().map { g in
      (
        color: g < 0 ? ValueExtent.bare : view.groups[g].line,
        text: "\(g < 0 ? "Without class" : view.groups[g].label) (\(ReportFormat.count(counts[g] ?? 0)))"
      )
    }
    let key = Legend(
      legend.map { .init(look: "points pt 7 ps 1 lc rgb '\(Colours.hex($0.color))'", text: $0.text) }, width: width)
    let height = down + 40 + 34 + key.height
    let bottom = (34 + key.height) / height
    var plots = ["'\(name).graticule.dat' using 1:2 with lines lw 0.7 lc rgb '#c4c8cc' notitle"]
    plots.append("'\(name).track.dat' using 1:2:3 with points pt 7 ps 0.45 lc rgb variable notitle")
    let title = item.titled("Altimeter track")
    let thinned = ReportFormat.thinned(every, "record")
    return Figure(
      name: name, title: title,
      caption:
        """
        Where the records lie, by class; in brackets: records. \
        \(frame.place).\(view.choiceNote)\(thinned.isEmpty ? "" : " To stay readable, \(thinned).")
        """,
      alt: "Map of the track. " + ReportFormat.list(legend.map(\.text)) + ".", size: (Int(width), Int(height)),
      scale: 1.5,
      commands: """
        set multiplot title \(Figure.quoted(title)) noenhanced
        unset key
        \(frame.commands(across: across, down: down, avoiding: rows))unset colorbox
        set lmargin at screen \(ReportFormat.data(84 / width))
        set rmargin at screen \(ReportFormat.data((84 + across) / width))
        set bmargin at screen \(ReportFormat.data(bottom))
        set tmargin at screen \(ReportFormat.data(bottom + down / height))
        plot \(plots.joined(separator: ", \\\n    "))
        \(key.commands(figureHeight: height))unset multiplot
        """,
      data: ["\(name).graticule.dat": Figure.rows(frame.lines), "\(name).track.dat": Figure.rows(rows)])
  }

  /// Whether a raster's map shows the track already.
  private func isShown(_ longitude: [Double], _ latitude: [Double], _ kept: [Int]) throws -> Bool {
    for (_, raster) in material.rasters {
      let grid = raster.spec.grid
      guard let crs = grid.crs else { continue }
      var x = kept.map { longitude[$0] }
      var y = kept.map { latitude[$0] }
      try CoordinateTransform(from: .wgs84, to: crs).transform(x: &x, y: &y)
      let b = grid.bounds
      if zip(x, y).contains(where: { $0 >= b.minX && $0 <= b.maxX && $1 >= b.minY && $1 <= b.maxY }) { return true }
    }
    return false
  }

  /// The frame around points, no narrower than half as wide as high and the other way round; nil around nothing.
  private static func frame(_ x: [Double], _ y: [Double], _ crs: CRS) throws -> MapFrame? {
    guard let left = x.min(), let right = x.max(), let low = y.min(), let high = y.max(),
      [left, right, low, high].allSatisfy(\.isFinite)
    else { return nil }
    let longer = max(right - left, high - low, 1000) * 1.1
    let w = max(right - left, longer / 2) + longer * 0.06
    let h = max(high - low, longer / 2) + longer * 0.06
    let grid = Grid(
      width: 1, height: 1, originX: (left + right - w) / 2, originY: (low + high + h) / 2, pixelWidth: w,
      pixelHeight: h,
      crs: crs)
    return try grid.map { try MapFrame($0.bounds, crs) }
  }
}
