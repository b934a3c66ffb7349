import FloeSDK

/// The bands or columns of a step's input that take part, and how to read them as sample blocks.
struct SampleSource: SampleReader {
  private enum Origin: Sendable {
    case raster(Raster, bands: [Int])
    case table(rows: Int, planes: [[Float]])
  }
  private let origin: Origin
  let layout: [FeatureLayout]
  let features: [ModelFeature]
  let acquisition: Acquisition?
  /// Places of the reflectance bands from 600 to 900 nm, where haze is thin.
  let clearBands: [Int]
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
      clearBands = bands.indices.filter {
        let band = spec.bands[bands[$0]]
        return band.quantity == "reflectance" && band.wavelength.map { (600...900).contains($0) } ?? false
      }
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
        planes.append(values.enumerated().map { table.status.isMaterialized($0) ? Float($1) : .nan })
        whole.append(RunningStatistics(values.lazy.filter(\.isFinite)))
        let unit = table[name]?.unit ?? .dimensionless
        layout.append(FeatureLayout(name, unit: unit))
        features.append(ModelFeature(name: name, unit: unit, quantity: "column"))
      }
      origin = .table(rows: table.rowCount, planes: planes)
      self.layout = layout
      self.features = features
      acquisition = table.acquisition
      clearBands = []
      hasBrightness = false
      allRows = FeatureSpace(
        isStandardised: true, mean: whole.map(\.mean),
        spread: whole.map { $0.standardDeviation > 0 ? $0.standardDeviation : 1 })
    }
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
  var isWhole: Bool { if case .raster(let r, _) = origin { r.spec.type == .uint16 } else { false } }

  var blockCount: Int {
    switch origin {
    case .raster(let r, _): (r.spec.grid.height + 255) / 256
    case .table(let rows, _): (rows + Self.tableBlock - 1) / Self.tableBlock
    }
  }

  var sampleCount: Int {
    switch origin {
    case .raster(let r, _): r.spec.grid.pixelCount
    case .table(let rows, _): rows
    }
  }

  func read(block: Int) throws -> SampleBlock {
    switch origin {
    case .raster(let r, _):
      return try self.block(window: window(of: block, in: r.spec.grid))
    case .table(let rows, let planes):
      let range = firstRow(of: block)..<min(rows, firstRow(of: block + 1))
      return SampleBlock(featureCount: planes.count, values: .float(planes.flatMap { $0[range] }))
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
    return SampleBlock(featureCount: bands.count, values: .float(Self.floats(pixels.values)))
  }

  private static func floats(_ values: PixelArray) -> [Float] {
    switch values {
    case .uint8(let a): a.map { Float($0) }
    case .int16(let a): a.map { Float($0) }
    case .uint16(let a): a.map { Float($0) }
    case .int32(let a): a.map { Float($0) }
    case .uint32(let a): a.map { Float($0) }
    case .float32(let a): a
    case .float64(let a): a.map { Float($0) }
    }
  }
}

extension RunContext: BlockMap {
  /// Blocks on all workers, in order.
  public func map<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> T) async throws -> [T] {
    try await map(count, progress: nil, body)
  }
}
