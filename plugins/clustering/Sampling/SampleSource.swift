import FloeSDK

/// The bands or columns of a step's input that take part, and how to read them as sample blocks.
struct SampleSource: SampleReader {
  private enum Origin: Sendable {
    case raster(Raster, bands: [Int])
    case table(rows: Int, planes: [[Float]])
    /// Scenes, the number of each one's first block, and whether their numbers are brought to physical units.
    case scenes([SampleSource], firsts: [Int], isPhysical: Bool)
  }
  private let origin: Origin
  private(set) var layout: [FeatureLayout]
  /// What is taken off the pixels of each band; zeros for most rasters, and for tables, whose planes hold it already.
  private var shifts: [Double] = []
  let features: [ModelFeature]
  let acquisition: Acquisition?
  /// Places of the reflectance bands from 600 to 900 nm, where haze is thin.
  let clearBands: [Int]
  /// The reflectance bands from 780 nm.
  let infraredBands: [OpticalEvidence.InfraredBand]
  /// Places of the features that show the surface by rising wavelength; nil unless all are reflectance bands of known
  /// wavelength.
  let bandOrder: [Int]?
  /// Whether the mean over features means something: bands of a raster.
  let hasBrightness: Bool
  /// Mean and spread of each feature over all rows of a table, marked ones included; nil for rasters.
  let allRows: FeatureSpace?

  /// Rows of a table in one block; rasters take 256 rows of pixels.
  private static let tableBlock = 65_536

  /// The chosen features of an input; all bands, or all number columns but time and position, when none are named.
  ///
  /// - Throws: a `ParameterError` when a name is not there or is given twice.
  init(_ samples: Samples, features chosen: [String]?) throws {
    if let chosen, let twice = chosen.enumerated().first(where: { chosen[..<$0.offset].contains($0.element) }) {
      throw ParameterError("features", "names '\(twice.element)' twice; each feature counts once")
    }
    switch samples {
    case .raster(let raster):
      let spec = raster.spec
      let bands = try Self.places(chosen, in: spec.bands.map(\.name), what: "band")
      origin = .raster(raster, bands: bands)
      layout = bands.map { FeatureLayout(spec.bands[$0]) }
      features = bands.map { ModelFeature(spec.bands[$0]) }
      acquisition = spec.acquisition
      let wavelengths = bands.map { spec.bands[$0].quantity == "reflectance" ? spec.bands[$0].wavelength : nil }
      clearBands = bands.indices.filter { wavelengths[$0].map { (600...900).contains($0) } ?? false }
      infraredBands = bands.indices.compactMap { place in
        wavelengths[place].flatMap { OpticalEvidence.InfraredBand(place: place, wavelength: $0) }
      }
      let known = wavelengths.compactMap { $0 }
      bandOrder =
        known.count == bands.count
        ? bands.indices.sorted { known[$0] != known[$1] ? known[$0] < known[$1] : $0 < $1 }
          .filter { !OpticalEvidence.showsAir(known[$0]) } : nil
      hasBrightness = true
      allRows = nil
    case .table(let table):
      let usable = table.columns.filter { column in
        if case .number = column.values { return !column.isTime } else { return chosen != nil && column.numbers != nil }
      }
      var position: Set<String> = []
      if case .points(let x, let y)? = table.geometry { position = [x, y] }
      let names = chosen ?? usable.map(\.name).filter { !position.contains($0) }
      guard !names.isEmpty else {
        throw ParameterError(
          "features", "must name the columns to cluster: the table has no number column but its position")
      }
      var planes: [[Float]] = []
      var layout: [FeatureLayout] = []
      var features: [ModelFeature] = []
      var whole: [RunningStatistics] = []
      for name in names {
        let values: [Double]
        do { values = try table.numbers(name) } catch { throw ParameterError("features", error.message) }
        let shift = PrecisionShift(values.indices.lazy.filter { table.status.isKept($0) }.map { values[$0] }).value
        planes.append(values.enumerated().map { table.status.isKept($0) ? Float($1 - shift) : .nan })
        whole.append(RunningStatistics(values.lazy.filter(\.isFinite)))
        let unit = table[name]?.unit ?? .dimensionless
        layout.append(FeatureLayout(name, unit: unit, offset: shift))
        features.append(ModelFeature(name: name, unit: unit, quantity: "column"))
      }
      origin = .table(rows: table.rowCount, planes: planes)
      self.layout = layout
      self.features = features
      acquisition = table.acquisition
      clearBands = []
      infraredBands = []
      bandOrder = nil
      hasBrightness = false
      allRows = FeatureSpace(
        isStandardised: true, mean: whole.map(\.mean),
        spread: whole.map { $0.standardDeviation > 0 ? $0.standardDeviation : 1 })
    }
  }

  /// The samples of several rasters one after the other, whose features agree in all but how they are stored.
  ///
  /// - Throws: for no raster at all.
  init(scenes: [SampleSource]) throws {
    guard let first = scenes.first else { throw FloeError("there is no scene to fit to") }
    let isPhysical = scenes.contains {
      $0.layout != first.layout || $0.isWhole != first.isWhole || $0.needsReference
    }
    var firsts = [0]
    for scene in scenes { firsts.append((firsts.last ?? 0) + scene.blockCount) }
    origin = .scenes(scenes, firsts: firsts, isPhysical: isPhysical)
    layout = isPhysical ? first.layout.map { FeatureLayout($0.name, unit: $0.unit) } : first.layout
    features = first.features.indices.map { f in
      // An offset of any scene shows that the product's own was applied.
      scenes.map { $0.features[f] }.first { $0.offset != 0 } ?? first.features[f]
    }
    acquisition = .common(scenes.map(\.acquisition))
    clearBands = first.clearBands
    infraredBands = first.infraredBands
    bandOrder = first.bandOrder
    hasBrightness = true
    allRows = nil
  }

  /// Whether pixels are of a type that single precision does not hold.
  private var needsReference: Bool {
    if case .raster(let r, _) = origin { [.int32, .uint32, .float64].contains(r.spec.type) } else { false }
  }

  /// The space of `standardise_over: all`; nil where the samples that take part make it.
  func space(_ over: StandardiseOver, isStandardised: Bool) throws(ParameterError) -> FeatureSpace? {
    guard over == .all else { return nil }
    guard isStandardised else { throw ParameterError("standardise_over", "needs standardise: true") }
    guard let allRows else {
      throw ParameterError("standardise_over", "must be kept for a raster: its pixels without data have no values")
    }
    return allRows
  }

  private static func places(_ chosen: [String]?, in names: [String], what: String) throws -> [Int] {
    guard let chosen else { return Array(names.indices) }
    guard !chosen.isEmpty else { throw ParameterError("features", "must name at least one \(what)") }
    return try chosen.map { name in
      guard let i = names.firstIndex(of: name) else {
        let near = Spelling.nearest(name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
        throw ParameterError("features", "names '\(name)'\(near); there are \(names.joined(separator: ", "))")
      }
      return i
    }
  }

  /// Whether blocks hold whole numbers.
  var isWhole: Bool {
    switch origin {
    case .raster(let r, _): r.spec.type == .uint16
    case .table: false
    case .scenes(let scenes, _, let isPhysical): !isPhysical && scenes.allSatisfy(\.isWhole)
    }
  }

  var blockCount: Int {
    switch origin {
    case .raster(let r, _): (r.spec.grid.height + 255) / 256
    case .table(let rows, _): (rows + Self.tableBlock - 1) / Self.tableBlock
    case .scenes(_, let firsts, _): firsts.last ?? 0
    }
  }

  var sampleCount: Int {
    switch origin {
    case .raster(let r, _): r.spec.grid.pixelCount
    case .table(let rows, _): rows
    case .scenes(let scenes, _, _): scenes.reduce(0) { $0 + $1.sampleCount }
    }
  }

  func read(block: Int) throws -> SampleBlock {
    switch origin {
    case .raster(let r, _):
      return try self.block(window: window(of: block, in: r.spec.grid))
    case .table(let rows, let planes):
      let range = firstRow(of: block)..<min(rows, firstRow(of: block + 1))
      return SampleBlock(featureCount: planes.count, values: .float(planes.flatMap { $0[range] }))
    case .scenes(let scenes, let firsts, let isPhysical):
      let scene = (firsts.firstIndex { $0 > block } ?? scenes.count) - 1
      let own = try scenes[scene].read(block: block - firsts[scene])
      return isPhysical ? own.physical(scenes[scene].layout) : own
    }
  }

  /// The pixels of a raster's block.
  func window(of block: Int, in grid: Grid) -> PixelWindow {
    PixelWindow(column: 0, row: block * 256, width: grid.width, height: min(256, grid.height - block * 256))
  }
  /// The first row of a table's block.
  func firstRow(of block: Int) -> Int { block * Self.tableBlock }

  /// The samples under a window of the raster, in the order of its pixels.
  func block(window: PixelWindow) throws -> SampleBlock {
    guard case .raster(let raster, let bands) = origin else { throw FloeError("a table has no windows") }
    let pixels = try raster.read(window, bands: bands)
    if case .uint16(let values) = pixels.values {
      return SampleBlock(featureCount: bands.count, values: .uint16(values))
    }
    guard shifts.contains(where: { $0 != 0 }) else {
      return SampleBlock(featureCount: bands.count, values: .float(pixels.values.floats))
    }
    let count = window.pixelCount
    let doubles = pixels.values.doubles
    var values = [Float](repeating: .nan, count: doubles.count)
    for (f, band) in bands.enumerated() {
      let noData = raster.spec.bands[band].noData
      for i in f * count..<(f + 1) * count where doubles[i] != noData { values[i] = Float(doubles[i] - shifts[f]) }
    }
    return SampleBlock(featureCount: bands.count, values: .float(values))
  }

  /// The same source with what its pixels need taken off; one more pass, over rasters of 32 and 64 bits alone.
  func referenced(in context: RunContext) async throws -> SampleSource {
    guard case .raster(let raster, let bands) = origin, needsReference else { return self }
    let found = try await context.map(blockCount, progress: "blocks looked over") { number -> [PrecisionShift] in
      let window = self.window(of: number, in: raster.spec.grid)
      let values = try raster.read(window, bands: bands).values.doubles
      return bands.enumerated().map { f, band in
        let noData = raster.spec.bands[band].noData
        let plane = values[f * window.pixelCount..<(f + 1) * window.pixelCount]
        return PrecisionShift(plane.lazy.filter { $0 != noData })
      }
    }
    var result = self
    result.shifts = bands.indices.map { f in
      found.reduce(into: PrecisionShift()) { $0.merge($1[f]) }.value
    }
    for f in bands.indices where result.shifts.contains(where: { $0 != 0 }) {
      result.layout[f].offset += result.shifts[f] * result.layout[f].scale
      // Pixels without data come as NaN then.
      result.layout[f].noData = nil
    }
    return result
  }
}

extension SampleBlock {
  /// The numbers in physical units, NaN for no data.
  fileprivate func physical(_ layout: [FeatureLayout]) -> SampleBlock {
    func convert<T: PixelNumber>(_ v: [T]) -> [Float] {
      v.indices.map { i in
        let feature = layout[i / count]
        let stored = v[i].double
        return stored == feature.noData ? .nan : Float(stored * feature.scale + feature.offset)
      }
    }
    switch values {
    case .uint16(let v): return SampleBlock(featureCount: featureCount, values: .float(convert(v)))
    case .float(let v): return SampleBlock(featureCount: featureCount, values: .float(convert(v)))
    }
  }
}

extension RunContext: BlockMap {
  /// Blocks on all workers, in order.
  public func map<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> T) async throws -> [T] {
    try await map(count, progress: nil, body)
  }
}
