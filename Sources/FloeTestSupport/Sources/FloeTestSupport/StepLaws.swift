import FloeSDK

/// The laws that need a step's inputs.
struct StepLaws {
  let factory: any StepFactory
  let parameters: [String: ParameterLiteral]
  let ports: [String: [PortData]]
  private var name: String { factory.declaration.name }

  /// `plan` reads nothing and assigns every output that is always made, of a declared kind.
  func planning() throws -> [String] {
    var broken: [String] = []
    let planned = try plannedOutputs()
    for output in factory.declaration.outputs {
      if let value = planned[output.name] {
        if !output.kinds.contains(value.kind) { broken.append("\(name) plans '\(output.name)' as \(value.kind.rawValue)") }
      } else if output.isRequired {
        broken.append("\(name) does not plan '\(output.name)', which it declares as always made")
      }
    }
    return broken
  }

  /// The same bytes for any number of workers, memory and tile; and they are what was planned.
  func sameBytes() async throws -> [String] {
    var broken: [String] = []
    let planned = try plannedOutputs()
    let first = try await outputs(Surroundings().run(), tile: nil)
    for (output, value) in planned {
      guard let made = first[output] else {
        broken.append("\(name) plans '\(output)' and does not make it")
        continue
      }
      if case .raster(let a) = value, case .raster(let b) = made,
        a.spec.grid != b.spec.grid || a.spec.type != b.spec.type || a.spec.bands.map(\.name) != b.spec.bands.map(\.name)
          || a.spec.bands.map(\.noData) != b.spec.bands.map(\.noData) {
        broken.append("\(name) makes '\(output)' with another grid, type, band or no-data value than it planned")
      }
      if made.kind != value.kind { broken.append("\(name) plans '\(output)' as \(value.kind.rawValue) and makes a \(made.kind.rawValue)") }
    }
    let wanted = try first.mapValues(Self.content)
    for (way, workers, memory, tile) in [
      ("3 workers", 3, 1 << 30, nil), ("no memory for scratch", 2, 0, nil), ("tiles of 64 x 48", 2, 1 << 30, TileSize(width: 64, height: 48)),
    ] {
      let found = try await outputs(Surroundings().run(workers: workers, memory: memory), tile: tile).mapValues(Self.content)
      for key in wanted.keys.sorted() where found[key] != wanted[key] { broken.append("\(name) makes another '\(key)' with \(way)") }
    }
    return broken
  }

  /// A step that spreads work ends with `Cancelled` when the run is over before it starts.
  func cancellation() async -> [String] {
    let surroundings = Surroundings(), cancelled = Cancellation()
    do {
      _ = try await outputs(surroundings.run(), tile: nil)
      cancelled.cancel()
      _ = try await outputs(Surroundings().run(workers: 2, cancellation: cancelled), tile: nil)
      return surroundings.progressCalls > 0 ? ["\(name) does all its work although the run was cancelled"] : []
    } catch is Cancelled {
      return []
    } catch is CancellationError {
      return []
    } catch {
      return ["\(name) answers cancellation with '\(error)'"]
    }
  }

  private func plannedOutputs() throws -> [String: PortData] {
    var step = try factory.bind(parameters: parameters, ports: ports.mapValues { $0.map(Self.planned) })
    try step.plan(in: Surroundings().plan)
    return step.outputs
  }

  private func outputs(_ context: RunContext, tile: TileSize?) async throws -> [String: PortData] {
    let bound = try factory.bind(parameters: parameters, ports: ports.mapValues { $0.map { Self.tiled($0, tile) } })
    return try await withTaskExecutorPreference(context.pool) {
      var step = bound
      try await step.run(in: context)
      return step.outputs
    }
  }

  /// The value as `plan` sees it: no pixel, no record.
  private static func planned(_ data: PortData) -> PortData {
    switch data {
    case .raster(let raster): return .raster(Raster(planned: raster.spec))
    case .table(let full):
      var table = Table(rowCount: 0, geometry: full.geometry, crs: full.crs, acquisition: full.acquisition, style: full.style, tags: full.tags)
      if case .polygons = full.geometry { table.geometry = .polygons([]) }
      for column in full.columns {
        var empty = column
        switch column.values {
        case .number: empty.values = .number([])
        case .integer: empty.values = .integer([])
        case .code(_, let missing): empty.values = .code([], missing: missing)
        case .text: empty.values = .text([])
        case .array(_, let width): empty.values = .array([], width: width)
        }
        table.set(empty)
      }
      return .table(table)
    case .model, .document: return data
    }
  }

  private static func tiled(_ data: PortData, _ tile: TileSize?) -> PortData {
    guard let tile, case .raster(var raster) = data else { return data }
    raster.spec.tile = tile
    return .raster(raster)
  }

  /// Everything that a value holds, as text; NaN equals NaN there.
  private static func content(_ data: PortData) throws -> String {
    switch data {
    case .raster(let raster): try "\(raster.spec.bands) \(raster.spec.grid) \(raster.read(raster.spec.grid.fullWindow).values)"
    case .table(let table): "\(table.columns) \(table.status) \(String(describing: table.geometry))"
    case .model(let model): try JSONText.encode(model.body)
    case .document(let document): try JSONText.encode(document.body) + "\(document.renderings.sorted { $0.key < $1.key })"
    }
  }
}
