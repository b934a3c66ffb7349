import FloeSDK
import Foundation

/// What of a plan need not run, because a cache holds it, and what is to be kept of the rest.
///
/// Kept are steps that did work: those of which somebody reads a table, a model, a document, or a raster whose pixels
/// are made already; a raster of such a step that is computed as it is read is computed into the entry. A step that
/// passes on nothing but rasters to be computed as they are read is as quick to run again. From the outputs upwards, a
/// step is taken from the cache where its entry has what is asked of it, and what only such steps read rests.
struct CachedSteps {
  /// What becomes of a step.
  enum Place {
    case runs, rests
    case found(CacheFile)
  }

  private let cache: StepCache
  private let plan: Plan
  private let keys: RunKeys
  private let tell: @Sendable (LogLevel, String) -> Void
  private var files: [String: CacheFile] = [:]
  private var places: [String: Place] = [:]
  private var isKeeping: Bool
  /// Steps whose outputs this run put into the cache.
  private var kept: [String] = []

  /// Looks up what the cache holds.
  ///
  /// - Parameters:
  ///   - isForced: whether everything runs, and what it makes takes the place of what the cache holds.
  ///   - tell: receives messages for people.
  init(
    _ cache: StepCache, plan: Plan, keys: RunKeys, isForced: Bool, pool: WorkerPool, cancellation: Cancellation,
    tell: @escaping @Sendable (LogLevel, String) -> Void
  ) async throws {
    self.cache = cache
    self.plan = plan
    self.keys = keys
    self.tell = tell
    isKeeping = cache.isWritable
    if !cache.isWritable { tell(.notice, "'\(cache.options.folder)' cannot be written; it is only read") }
    guard !isForced else { return }
    for step in plan.steps where !step.isFinishing { open(step) }
    var checked: Set<String> = []
    var isSettled = false
    while !isSettled {
      isSettled = true
      let wanted = settle()
      for step in plan.steps {
        guard case .found(let file)? = places[step.id], checked.insert(step.id).inserted else { continue }
        let sections = (wanted[step.id] ?? []).sorted().flatMap { file.head.ports[$0]?.sections ?? [] }
        let whole = try await pool.map(sections.count, cancellation: cancellation) { i in
          // One that cannot be read counts as damaged.
          (try? file.isWhole(sections[i])) ?? false
        }
        guard whole.allSatisfy(\.self) else {
          damaged(step, "its content has another checksum")
          isSettled = false
          break
        }
        file.touch()
      }
    }
  }

  private mutating func open(_ step: Plan.Step) {
    guard let key = keys.entries[step.id] else { return }
    do {
      guard let file = try CacheFile(cache.path(key)) else { return }
      guard file.head.key == key else { throw FloeError("it is the entry of another key") }
      for case .raster(let spec, let pixels) in file.head.ports.values where !pixels.fits(spec) {
        throw FloeError("its description is damaged")
      }
      files[step.id] = file
    } catch { damaged(step, "\(error)") }
  }

  private mutating func damaged(_ step: Plan.Step, _ reason: String) {
    tell(
      .warning, "the entry of step '\(step.id)' is made anew: \(reason) (\(cache.path(keys.entries[step.id] ?? "")))")
    files[step.id] = nil
  }

  /// Decides about each step; returns the ports that are read by outputs and by the steps that run.
  private mutating func settle() -> [String: Set<String>] {
    var wanted: [String: Set<String>] = [:]
    for reference in plan.outputs.flatMap({ $0.layers.values }) {
      wanted[reference.step, default: []].insert(reference.port)
    }
    for step in plan.steps.reversed() {
      let ports = wanted[step.id] ?? []
      let isEnd = step.isFinishing || keys.steps[step.id] == nil || consumed(step).isEmpty
      if !isEnd, ports.isEmpty {
        places[step.id] = .rests
      } else if !isEnd, let file = files[step.id], ports.allSatisfy({ file.head.ports[$0] != nil }) {
        places[step.id] = .found(file)
      } else {
        places[step.id] = .runs
        for reference in step.connections.values.joined() { wanted[reference.step, default: []].insert(reference.port) }
      }
    }
    return wanted
  }

  private func consumed(_ step: Plan.Step) -> [String] {
    step.outputs.keys.filter { plan.consumers(of: step.id, $0) > 0 }.sorted()
  }

  // MARK: - Taking

  /// What becomes of a step.
  func place(of step: String) -> Place { places[step] ?? .runs }

  /// What a step that does not run reported when it did.
  func events(of step: String) -> StepEvents? {
    for case .found(let file) in places.values {
      if let events = file.head.events.first(where: { $0.step == step }) { return events }
    }
    return nil
  }

  /// An output of an entry; pixels are read as they are asked for.
  func value(_ port: String, of file: CacheFile) throws -> PortData? {
    switch file.head.ports[port] {
    case nil: return nil
    case .raster(let spec, let pixels): return .raster(Raster(spec, source: CachedSource(file, spec, pixels)))
    case .table(let table): return .table(try table.table(file))
    case .model(let kind, let body): return .model(Model(kind: kind, body: body.value))
    case .document(let title, let body, let renderings, let attachments):
      return .document(
        Document(
          title: title, body: body.value, renderings: renderings,
          attachments: try attachments.mapValues { try file.bytes($0) }))
    }
  }

  // MARK: - Keeping

  /// Keeps what a step made; a cache that cannot be written costs a notice, never the run.
  ///
  /// - Parameters:
  ///   - outputs: the step's outputs; rasters that were computed for the entry come back in their place.
  ///   - materialize: decodes a raster.
  ///   - isOfKeys: whether the inputs are still those that the keys were made of; outputs of others are not kept.
  ///   - events: gives what the given steps have reported so far.
  mutating func keep(
    _ step: Plan.Step, _ outputs: [String: PortData], seconds: Double, pool: WorkerPool, cancellation: Cancellation,
    materialize: (Raster) async throws -> Raster, isOfKeys: () -> Bool, events: (Set<String>) -> [StepEvents]
  ) async throws -> [String: PortData] {
    var outputs = outputs
    let read = consumed(step)
    guard isKeeping, !step.isFinishing, let key = keys.entries[step.id],
      read.contains(where: { outputs[$0].map(Self.isMade) ?? false })
    else { return outputs }
    // An entry that lacked an output keeps those that it has.
    let ports = Set(read).union(files[step.id]?.head.ports.keys.map { $0 } ?? []).filter { outputs[$0] != nil }.sorted()
    for port in ports {
      if case .raster(let raster)? = outputs[port], !raster.source.isMaterialized {
        outputs[port] = .raster(try await materialize(raster))
      }
    }
    let size = ports.reduce(0) { sum, port in
      if case .raster(let raster)? = outputs[port] { sum + raster.spec.byteCount } else { sum }
    }
    let free = SystemResources.freeDisk(at: cache.options.folder) ?? .max
    guard size <= cache.options.limit, size < free - free / 20 else {
      tellTooLarge(step, size, free: size > cache.options.limit ? nil : free)
      return outputs
    }
    do {
      let writer = try CacheWriter(in: cache.options.folder)
      do {
        var stored: [String: CachedPort] = [:]
        for port in ports {
          if let data = outputs[port] { stored[port] = try await Self.port(data, writer, pool, cancellation) }
        }
        guard isOfKeys() else {
          writer.discard()
          return outputs
        }
        let size = try writer.finish(
          CacheHead(
            key: key, step: step.id, use: step.use, seconds: seconds, ports: stored,
            events: events(plan.ancestry(of: step.id))), as: cache.path(key), within: cache.options.limit)
        if size <= cache.options.limit {
          kept.append(step.id)
        } else {
          writer.discard()
          tellTooLarge(step, size)
        }
      } catch {
        writer.discard()
        throw error
      }
    } catch let error where !(error is Cancelled || error is CancellationError) {
      isKeeping = false
      tell(.warning, "'\(cache.options.folder)' cannot be written (\(error)); the run goes on without it")
    }
    return outputs
  }

  /// Says that a step is not kept since its outputs are larger than the limit, or than what is free on the disk.
  private func tellTooLarge(_ step: Plan.Step, _ size: Int, free: Int? = nil) {
    let reason =
      free.map { "the disk has \(SystemResources.text($0)) left" }
      ?? "more than the cache's limit of \(SystemResources.text(cache.options.limit))"
    tell(.notice, "step '\(step.id)' is not kept: its outputs take \(SystemResources.text(size)), \(reason)")
  }

  /// Whether a value is there already, rather than computed as it is read.
  private static func isMade(_ data: PortData) -> Bool {
    if case .raster(let raster) = data { raster.source.isMaterialized } else { true }
  }

  private static func port(
    _ data: PortData, _ writer: CacheWriter, _ pool: WorkerPool, _ cancellation: Cancellation
  ) async throws -> CachedPort {
    switch data {
    case .model(let model): return .model(kind: model.kind, body: ExactJSON(model.body))
    case .table(let table): return .table(try CachedTable(table, writer))
    case .document(let document):
      return .document(
        title: document.title, body: ExactJSON(document.body), renderings: document.renderings,
        attachments: try document.attachments.mapValues { try writer.add($0) })
    case .raster(let raster):
      let spec = raster.spec
      let rows = CachedPixels.rows(of: spec)
      let height = spec.grid.height
      let strips = try await pool.map((height + rows - 1) / rows, cancellation: cancellation) { i in
        let window = PixelWindow(
          column: 0, row: i * rows, width: spec.grid.width, height: min(rows, height - i * rows))
        return try raster.read(window).values.withBytes { try writer.add($0) }
      }
      return .raster(spec, CachedPixels(rows: rows, strips: strips))
    }
  }

  /// Takes entries away that are beyond the limit; says so where some of this run's own are among them.
  func tidy() {
    guard isKeeping else { return }
    do { try cache.prune() } catch { tell(.notice, "\(error)") }
    let gone = kept.filter { step in keys.steps[step].map { FileState(of: cache.path($0)) == nil } ?? false }
    guard !gone.isEmpty else { return }
    tell(
      .notice,
      """
      the cache's limit of \(SystemResources.text(cache.options.limit)) does not hold all that this run made: \
      the outputs of \(gone.joined(separator: ", ")) are not kept
      """)
  }
}
