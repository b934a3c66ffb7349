import FloeIO
import FloeSDK

/// Reads a Sentinel-3 SRAL level 2 product as a track.
public struct SRALStep: ProcessingStep {
  public static let name = "sentinel3.sral"
  public static let aliases = ["sentinel3.read"]
  public static let summary = "Reads a Sentinel-3 SRAL level 2 product: one row per 20 Hz Ku record, with its echoes."
  public static let discussion = """
    The output is a table with one row a record of `time_20_ku`, in the file's order: `record` (index in the file, from
    0), `time` (UTC, s since 1970), `lat` and `lon` (degrees on WGS 84, longitude -180 ..< 180), then the variables
    under their own names and units, as points in EPSG:4326. A quantity that another generation of products has
    under another name (baseline collections 004 to 006 are known) keeps its name of collection 005;
    `source_variable` tells what was read. Corrections are taken at 20 Hz where the product has them so. Scale,
    offset, fill value and `_Unsigned` are honoured: a masked value is missing (NaN), never a fill number. Flags are
    codes with their meanings; `surf_type_class_20_ku` is repeated as `esa_class`.

    **Echoes.** `waveform_20_ku` and `rip_20_ku` are array columns, single precision, in the file's unit after the
    file's own `scale_factor` (0.001 for echoes in the published description of SR_2_LAN_SI, not confirmed on a real
    file; a factor common to all samples changes neither peakiness nor alignment); the tag `count_scale:` and the
    column's name keeps the factor, by which counts below 2^23 are found again to the last one. Tags: `range_gate_m`
    0.234213 (c / (2 * 320 MHz) / 2) and `nominal_bin` 88 for 256 bins; 0.468426 m and no nominal bin for the classic
    128.

    **1 Hz and C-band variables** are interpolated linearly on *time*, flags by the nearest; never by index, since the
    lengths differ. Across a gap between two valid values longer than `max_gap`, and outside of the covered time, the
    value is missing; with `extrapolate` the line through the two outermost values goes on. A quantity of 20 Hz that the
    product has at 1 Hz alone is interpolated too, with a warning that says what follows.

    **Window.** `box`, `start`, `stop`, `surface` and `only` mark the other records with a reason; no row is removed,
    every reason is counted.

    **Default variables** are what sea-ice classification and alignment need; without echoes, range-integrated power or
    ESA's surface class the product is refused (SR_2_LAN_SI has them). `variables` names others, `also` adds some.
    The preset `elevation` reads what `altimetry.elevation` needs with the product's own ranges, also of standard
    measurement files, which hold no echoes. The preset `course` repeats the course notebook's reading, faults
    included: 1 Hz corrections extrapolated, across any gap, masked ones as raw fill numbers.

    Edge behaviour: no position is a reason, a latitude beyond a pole is none, a missing or not rising time is refused.
    Source: S3IPF PDS 003, product's own metadata.
    """
  public static let example = """
    track: { use: sentinel3.sral, with: { product: $track, box: [177, 69, -179, 72] } }
    """
  public static let presets = [
    Preset(
      "course", "The course notebook's reading, faults included",
      values: [
        "extrapolate": .text("true"), "masked": .text("raw"), "max_gap": .text("1000000000"),
      ]),
    Preset(
      "elevation", "What elevations and freeboard need, with the product's own ranges and without echoes",
      values: ["purpose": .text("elevation")]),
  ]

  @Param("SEN3 folder, its zip, or enhanced_measurement.nc") var product: InputPath
  @Param("What the default variables are for") var purpose = ReadingPurpose.echoes
  @Param("Variables to read instead of the default ones") var variables: [String]?
  @Param("Variables to read beside the default ones") var also: [String] = []
  @Param("Continue 1 Hz and C-band variables beyond their times") var extrapolate = false
  @Param("Longest gap to interpolate across", unit: .second, in: .atLeast(0)) var maxGap = 3.0
  @Param("Masked values of interpolated variables: missing, or their raw stored numbers as in the course") var masked =
    MaskedValues.missing
  @Param("West, south, east, north; west greater than east across the 180° meridian", unit: .degree, in: -360...360)
  var box: [Double]?
  @Param("First time, UTC, such as 2019-03-07T00:58:07") var start: String?
  @Param("Last time, UTC") var stop: String?
  @Param("Surface types to keep (surf_type_20_ku)") var surface: [SurfaceType]?
  @Param("ESA's surface classes to keep: open_ocean, sea_ice, lead, unclassified") var only: [String]?
  @Output("The track; rows outside of the window are marked") var track: Table?
  /// The product that was opened to plan, for the run: to open it costs as much as to inflate half of its echoes.
  @Planned var opened: SRALFile?

  /// A step with its defaults.
  public init() {}

  public func validate() throws { _ = try window() }

  public mutating func plan(in context: PlanContext) throws {
    let source = try open()
    let (names, absent) = try chosen(in: source)
    if !absent.isEmpty {
      context.warn("'\(source.product.measurement)' lacks \(absent.map(SRALRoles.looked).joined(separator: ", "))")
    }
    for notice in try StandIns.notices(names, in: source) { context.warn(notice) }
    let reader = columns(of: source)
    var table = frame(source, rows: 0)
    addFixed(&table, time: [], lat: [], lon: [])
    for name in names { add(try reader.planned(name), to: &table) }
    for name in names { table.tags["count_scale:\(name)"] = try reader.countScale(name).map { "\($0)" } }
    try checkFlags(table)
    context.isBarrier()
    opened = source
    track = table
  }

  public mutating func run(in context: RunContext) async throws {
    let source = try opened ?? open()
    let names = try chosen(in: source).names
    let reader = columns(of: source)
    let records = try source.recordAxis()
    let axes = try reader.axes(for: names, records: records)
    var table = frame(source, rows: source.recordCount)
    let time = records.times.map { $0 + source.epoch }
    table.acquisition?.time = UTCTime(seconds: (time[0] + time[time.count - 1]) / 2)
    addFixed(
      &table, time: time, lat: try source.perRecord("lat_20_ku"),
      lon: try source.perRecord("lon_20_ku").map(Longitude.wrapped))
    // The arrays first: one is inflated while another is converted.
    let arrays = try names.map(reader.isArray)
    let order = names.indices.sorted { arrays[$0] && !arrays[$1] }
    let read = try await context.map(names.count, progress: "variables") {
      try reader.read(names[order[$0]], axes: axes)
    }
    for (i, _) in order.enumerated().sorted(by: { $0.element < $1.element }) { add(read[i], to: &table) }
    for name in names { table.tags["count_scale:\(name)"] = try reader.countScale(name).map { "\($0)" } }
    try checkFlags(table)
    if let notice = try StandIns.emptiness(names, in: source, table) {
      context.warn(notice)
      // That sentence is about corrections.
      for notice in StandIns.blanks(names, in: source, table, corrections: false) { context.warn(notice) }
    } else {
      for notice in StandIns.blanks(names, in: source, table, corrections: true) { context.warn(notice) }
    }
    try window().mark(&table)
    let reasons = table.status.counts.sorted { $0.key < $1.key }
    for (reason, count) in reasons { context.dropped(count, "records", because: reason) }
    guard table.status.keptCount > 0 else {
      let list = reasons.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      throw FloeError(
        """
        none of the \(table.rowCount) records of '\(source.product.measurement)' is left (\(list)); widen box, \
        start, stop, surface or only
        """
      )
    }
    context.record(.records, .integer(table.rowCount))
    context.record(.recordsKept, .integer(table.status.keptCount))
    track = table
  }

  private func open() throws -> SRALFile {
    let file = try SRALFile(SRALProduct(product.path))
    // Absent positions are reported later, after the sentence about missing echoes, which says more.
    for name in ["lat_20_ku", "lon_20_ku"] {
      guard let position = try file.find(name) else { continue }
      guard case .perRecord = try file.shape(position) else {
        throw FloeError(
          """
          variable '\(name)' of '\(file.product.measurement)' does not lie along \(SRALFile.records); the \
          dimensions disagree
          """
        )
      }
    }
    return file
  }

  private func columns(of source: SRALFile) -> ColumnReader {
    ColumnReader(
      source: source, interpolation: TimeInterpolation(maximumGap: maxGap, extrapolates: extrapolate),
      letsFillThrough: masked == .raw)
  }

  /// The variables to read, and those of the default list that the product lacks.
  private func chosen(in source: SRALFile) throws -> (names: [String], absent: [String]) {
    var names = variables ?? purpose.variables
    var absent: [String] = []
    if variables == nil {
      try ProductRequirements.check(source, for: purpose)
      absent = try names.filter { try source.find($0) == nil }
      names.removeAll { absent.contains($0) }
    }
    if only != nil { names.append(SRALVariables.surfaceClass) }
    if surface != nil { names.append(SRALVariables.surfaceType) }
    let fixed: [ColumnName] = [.record, .time, .latitude, .longitude, .esaClass]
    var seen = Set(fixed.map(\.rawValue))
    names = (names + also).filter { seen.insert($0).inserted }
    for name in names + ["lat_20_ku", "lon_20_ku"] { _ = try source.variable(name) }
    return (names, absent)
  }

  private func frame(_ source: SRALFile, rows: Int) -> Table {
    let facts = TrackFacts(source)
    return Table(
      rowCount: rows, geometry: .longitudeLatitude, crs: .wgs84, acquisition: facts.acquisition,
      style: "track", tags: facts.tags)
  }

  private func addFixed(_ table: inout Table, time: [Double], lat: [Double], lon: [Double]) {
    table.set(
      Column(.record, summary: "Index of the record in the product, from 0", values: .integer(time.indices.map { $0 }))
    )
    table.set(Column(.time, unit: .second, summary: "Time of the record, UTC", isTime: true, values: .number(time)))
    table.set(Column(.latitude, unit: .degree, summary: "Latitude on WGS 84", values: .number(lat)))
    table.set(Column(.longitude, unit: .degree, summary: "Longitude on WGS 84, -180 ..< 180", values: .number(lon)))
  }

  private func add(_ column: Column, to table: inout Table) {
    table.set(column)
    if case .array(_, let width) = column.values, column.name == SRALVariables.echoes {
      TrackFacts.tag(&table, bins: width)
    }
    guard column.name == SRALVariables.surfaceClass else { return }
    var copy = column
    copy.name = ColumnName.esaClass.rawValue
    table.set(copy)
  }

  private func checkFlags(_ table: Table) throws {
    for (isWanted, name) in [(only != nil, SRALVariables.surfaceClass), (surface != nil, SRALVariables.surfaceType)]
    where isWanted {
      guard table[name]?.numbers != nil else {
        throw FloeError("variable '\(name)' holds no flag to choose records by")
      }
    }
  }

  private func window() throws -> TrackWindow {
    var window = try TrackWindow(box: box, start: start, stop: stop)
    if let surface {
      window.flags.append(
        TrackWindow.Flag(
          column: SRALVariables.surfaceType, codes: Set(surface.map(\.code)), subject: "surface type"))
    }
    if let only { window.flags.append(try TrackWindow.Flag(only: only)) }
    return window
  }
}
