import FloeIO
import FloeSDK

/// The laws that need a step's inputs.
struct StepLaws {
  let factory: any StepFactory
  let parameters: [String: ParameterLiteral]
  let ports: [String: [PortData]]
  let circumstances: HarnessOptions
  var name: String { factory.declaration.name }

  /// `plan` reads nothing and assigns every output that is always made, of a declared kind.
  func planning() throws -> [String] {
    var broken: [String] = []
    let planned = try plannedOutputs()
    for output in factory.declaration.outputs {
      if let value = planned[output.name] {
        if !output.kinds.contains(value.kind) {
          broken.append("\(name) plans '\(output.name)' as \(value.kind.rawValue)")
        }
      } else if output.isRequired {
        broken.append("\(name) does not plan '\(output.name)', which it declares as always made")
      }
    }
    return broken
  }

  /// What is made is what was planned, no more and no less.
  func keepingToThePlan() async throws -> [String] {
    var broken: [String] = []
    let planned = try plannedOutputs()
    let made = try await outputs(try StepHarness(circumstances).run(), ports)
    for output in made.keys.sorted() where planned[output] == nil {
      broken.append("\(name) makes '\(output)', which it did not plan")
    }
    for (output, value) in planned.sorted(by: { $0.key < $1.key }) {
      switch (value, made[output]) {
      case (_, nil): broken.append("\(name) plans '\(output)' and does not make it")
      case (.raster(let a), .raster(let b)?):
        if a.spec.grid != b.spec.grid || a.spec.type != b.spec.type
          || a.spec.bands.map(\.name) != b.spec.bands.map(\.name)
          || a.spec.bands.map({ "\($0.noData ?? .infinity)" }) != b.spec.bands.map({ "\($0.noData ?? .infinity)" })
        {
          broken.append("\(name) makes '\(output)' with another grid, type, band or no-data value than it planned")
        }
      case (.table(let a), .table(let b)?):
        for column in a.columns {
          guard let found = b[column.name], found.unit == column.unit else {
            broken.append(
              "\(name) plans the column '\(column.name)' of '\(output)' and makes none of that name and unit")
            continue
          }
          for what in column.differences(from: found) {
            broken.append("\(name) makes the column '\(column.name)' of '\(output)' with \(what) than it planned")
          }
        }
      case (let a, let b?):
        if a.kind != b.kind {
          broken.append("\(name) plans '\(output)' as \(a.kind.rawValue) and makes a \(b.kind.rawValue)")
        }
      }
    }
    return broken
  }

  /// The same bytes for any number of workers, memory and tile, and however the result is read.
  func sameBytes() async throws -> [String] {
    var broken: [String] = []
    let first = try await outputs(try StepHarness(circumstances).run(), ports)
    let wanted = try first.mapValues { try $0.content() }
    for key in first.keys.sorted() {
      if case .raster(let raster)? = first[key], try !raster.readsAlikeInTiles() {
        broken.append("\(name) makes '\(key)' with other pixels when it is read in tiles")
      }
    }
    let tile = TileSize(width: 64, height: 48)
    for (way, workers, memory, tile) in [
      ("3 workers", 3, 1 << 30, nil), ("no memory for scratch", 2, 0, nil), ("tiles of 64 x 48", 2, 1 << 30, tile),
    ] {
      let given = ports.mapValues { $0.map { $0.tiled(tile) } }
      let found = try await outputs(try StepHarness(circumstances).run(workers: workers, memory: memory), given)
        .mapValues { try $0.content() }
      for key in wanted.keys.sorted() where found[key] != wanted[key] {
        broken.append("\(name) makes another '\(key)' with \(way)")
      }
    }
    return broken
  }

  /// Scratch that is kept was announced, within a factor of two both ways; 1 kB is free.
  func keepingScratch() async throws -> [String] {
    let harness = try StepHarness(circumstances)
    let given = ports.mapValues { $0.map(\.computed) }
    var planned = try factory.bind(parameters: parameters, ports: given.mapValues { $0.map(\.planned) })
    try planned.plan(in: harness.plan)
    let announced = harness.announcedScratch
    let context = harness.run()
    _ = try await outputs(context, given)
    let made = context.scratch.bytesMade
    if made > 2 * announced + 1000 {
      return ["\(name) keeps \(made) bytes of scratch and announced \(announced) when it planned"]
    }
    if announced > 2 * made + 1000 {
      return ["\(name) announces \(announced) bytes of scratch when it plans and keeps \(made)"]
    }
    return []
  }

  func plannedOutputs() throws -> [String: PortData] {
    var step = try factory.bind(parameters: parameters, ports: ports.mapValues { $0.map(\.planned) })
    try step.plan(in: try StepHarness(circumstances).plan)
    return step.outputs
  }

  func outputs(_ context: RunContext, _ ports: [String: [PortData]]) async throws -> [String: PortData] {
    let bound = try factory.bind(parameters: parameters, ports: ports)
    return try await withTaskExecutorPreference(context.pool) {
      var step = bound
      try step.connect(ports)
      try await step.run(in: context)
      return step.outputs
    }
  }
}

extension Column {
  /// In what a column that was made differs from the planned one beside its values. Class tables are left out: how
  /// many clusters there are, for example, is known only afterwards.
  fileprivate func differences(from made: Column) -> [String] {
    var result: [String] = []
    if made.values.kind != values.kind { result.append("other values (\(made.values.kind), not \(values.kind))") }
    if made.isTime != isTime { result.append("another meaning of its numbers as times") }
    if made.dimension != dimension { result.append("another dimension") }
    let names = Set(attributes.keys).union(made.attributes.keys).sorted()
    for name in names where attributes[name] != made.attributes[name] {
      result.append("another attribute '\(name)'")
    }
    return result
  }
}

extension Raster {
  /// Whether every tile of 48 x 64 pixels holds what the whole raster holds there.
  fileprivate func readsAlikeInTiles() throws -> Bool {
    let whole = Raster(spec, source: MemorySource(try read(spec.grid.fullWindow)))
    return try spec.grid.tiles(TileSize(width: 48, height: 64)).allSatisfy {
      "\(try read($0).values)" == "\(try whole.read($0).values)"
    }
  }
}

extension PortData {
  /// The value as `plan` sees it: no pixel, no record.
  fileprivate var planned: PortData {
    switch self {
    case .raster(let raster): return .raster(Raster(planned: raster.spec))
    case .table(let table): return .table(table.emptied)
    case .model, .document: return self
    }
  }

  /// The value with pixels that cost something to read, as those of a file do.
  fileprivate var computed: PortData {
    guard case .raster(let raster) = self else { return self }
    let source = raster.source
    return .raster(
      Raster(
        raster.spec,
        source: ComputedSource { window, bands, block in try source.read(window, bands: bands, into: &block) }
      ))
  }

  fileprivate func tiled(_ tile: TileSize?) -> PortData {
    guard let tile, case .raster(var raster) = self else { return self }
    raster.spec.tile = tile
    return .raster(raster)
  }

  /// Everything that a value holds, as text; NaN equals NaN there.
  func content() throws -> String {
    switch self {
    case .raster(let raster):
      try "\(raster.spec.bands) \(raster.spec.grid) \(raster.read(raster.spec.grid.fullWindow).values)"
    case .table(let table):
      "\(table.columns.map(Self.described)) \(table.status) \(String(describing: table.geometry))"
    case .model(let model): try JSONText.encode(model.body)
    case .document(let document):
      try JSONText.encode(document.body) + "\(document.renderings.sorted { $0.key < $1.key })"
    }
  }

  /// A column with its attributes in order; a dictionary's own order differs between equal ones.
  private static func described(_ column: Column) -> String {
    var plain = column
    plain.attributes = [:]
    return "\(plain) \(column.attributes.sorted { $0.key < $1.key })"
  }
}
