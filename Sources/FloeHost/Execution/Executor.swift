import FloeIO
import FloeSDK
import Foundation

/// Runs a plan: steps in order, then the writers, then finishing steps; whole or not at all.
public final class Executor {
  private let plan: Plan
  private let options: RunOptions
  private let library: StepLibrary
  private let share: ResourceDirectory
  private let observer: any RunObserver
  private let cancellation: Cancellation
  private let pool: WorkerPool
  private let journal: RunRecorder
  private let seed: UInt64
  private let digests = ContentDigests()
  private let history = RunHistory()
  private var keys: RunKeys?
  private var values: [String: PortData] = [:]
  private var timings: [JSONValue] = []
  private var cached: CachedSteps?

  /// An executor for one run.
  public init(
    plan: Plan, options: RunOptions, library: StepLibrary, share: ResourceDirectory, observer: any RunObserver,
    cancellation: Cancellation
  ) {
    self.plan = plan
    self.options = options
    self.library = library
    self.share = share
    self.observer = observer
    self.cancellation = cancellation
    // Held while threads are made: their stacks would take all of a limited address space and leave none to work in.
    let room = mmap(nil, 256 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    pool = WorkerPool(workers: options.workers)
    if let room, room != MAP_FAILED { munmap(room, 256 << 20) }
    journal = RunRecorder(observer: observer)
    seed = options.seed ?? plan.pipeline.seed
  }

  /// Does the work.
  ///
  /// - Throws: `FloeError` that names the step or output; `Cancelled` when interrupted. Nothing is left behind then.
  public func run() async throws -> RunReport {
    guard pool.workers > 0 else {
      throw FloeError(
        "no thread can be started to work on: the system's limit of processes is reached (see 'ulimit -u')")
    }
    logWorkers()
    GDALRuntime.configure(cacheBytes: options.cacheBytes)
    try recoverFolders()
    let keys = try await makeKeys()
    self.keys = keys
    let guarding = FolderGuard(
      plan: plan, folder: options.outputFolder, isOverwriting: options.isOverwriting, digests: digests)
    let recordName = guarding.recordName
    if !options.isForced, let record = try await unchanged(keys, recordName) {
      return RunReport(files: [], record: record, isUnchanged: true)
    }
    let ignored = GDALRuntime.optionsSetAside.keys.sorted()
    if !ignored.isEmpty {
      journal.log(
        .notice, step: "gdal",
        "GDAL's options in the environment would change results and are not used: \(ignored.joined(separator: ", "))"
      )
    }
    cached = try await openCache(keys)
    let began = Date()
    let staging = try Staging(target: options.outputFolder)
    do {
      let shared = try options.scratchFolder.map { try ScratchFolder(in: $0) }
      defer { shared?.remove() }
      let scratch = Scratch(directory: shared?.path ?? staging.scratch, memoryLimit: options.pixelMemory)
      for step in plan.steps where !step.isFinishing { try await run(step, scratch: scratch, written: []) }
      let record = RunRecord(
        provenance: Provenance(plan: plan, seed: seed, keys: keys, journal: journal), options: options,
        workers: pool.workers, began: began)
      let work = Work(staging: staging, scratch: scratch, record: record)
      var written = try await writeOutputs(ofFinishing: false, work)
      try await runFinishing(after: written, work)
      written += try await writeOutputs(ofFinishing: true, work)
      values = [:]
      // A digest of what a server tells is none of the product.
      let inputs = keys.inputs.map { (name: $0.name, path: $0.path, digest: $0.by == "etag" ? nil : $0.digest) }
      let catalog = RunCatalog(plan: plan, inputs: inputs, record: recordName, products: library.products)
      for (name, reason) in try catalog.write(in: staging) { journal.log(.warning, step: name, reason) }
      try checkInputs(since: keys)
      let json = record.json(outputs: written, timings: timings)
      let result = try await closed(json, record, of: staging, guarding, recordName)
      try VirtualFile.write(try JSONText.encode(result, pretty: true) + "\n", to: staging.path(of: recordName))
      try cancellation.check()
      let files = try staging.publish(plan, record: recordName) { guarding.verdict(on: $0, record: recordName) }
      history.add(plan, timings: timings, workers: pool.workers)
      cached?.tidy()
      return RunReport(files: files, record: result, isUnchanged: false)
    } catch {
      values = [:]
      staging.discard()
      throw error
    }
  }

  /// Says where there are fewer threads than were asked for.
  private func logWorkers() {
    let useful = min(options.workers, max(2, ProcessInfo.processInfo.activeProcessorCount))
    if pool.workers < useful {
      journal.log(
        .warning, step: "workers", "\(options.workers) threads were asked for, the system gave \(pool.workers)")
    } else if pool.workers < options.workers {
      // No warning, which a report would show: results do not depend on it.
      journal.log(
        .notice, step: "workers",
        "\(options.workers) threads were asked for; more than \(pool.workers) gain nothing here")
    }
  }

  /// Clears up what runs that were killed left behind, and says so.
  private func recoverFolders() throws {
    for sentence in try Staging.recover(options.outputFolder) { journal.log(.notice, step: "folder", sentence) }
    if let shared = options.scratchFolder, shared != options.outputFolder {
      for sentence in try Staging.recover(shared) { journal.log(.notice, step: "scratch", sentence) }
    }
  }

  /// Where a run makes its outputs, and what is recorded about them.
  private struct Work {
    let staging: Staging, scratch: Scratch, record: RunRecord
  }

  /// Writes the outputs that come from ordinary steps, or those that come from finishing steps.
  private func writeOutputs(ofFinishing isFinishing: Bool, _ work: Work) async throws -> [WrittenOutput] {
    let finishing = Set(plan.steps.filter(\.isFinishing).map(\.id))
    var written: [WrittenOutput] = []
    for output in plan.outputs
    where output.layers.values.contains(where: { finishing.contains($0.step) }) == isFinishing {
      written.append(
        try await write(output, staging: work.staging, scratch: work.scratch, provenance: work.record.provenance))
    }
    return written
  }

  /// Runs the steps that look at what was written.
  private func runFinishing(after written: [WrittenOutput], _ work: Work) async throws {
    for step in plan.steps where step.isFinishing {
      try await run(
        step, scratch: work.scratch, written: written, record: work.record.json(outputs: written, timings: timings))
    }
  }

  private func run(_ step: Plan.Step, scratch: Scratch, written: [WrittenOutput], record: JSONValue = .null)
    async throws
  {
    try cancellation.check()
    if try take(step) { return }
    observer.began(step: step.id, what: step.use)
    let clock = ContinuousClock.now
    var ports: [String: [PortData]] = [:]
    for (port, references) in step.connections { ports[port] = references.compactMap { values[$0.text] } }
    var byOutput: [String: PortData] = [:]
    if step.isFinishing {
      for o in plan.outputs {
        for (layer, r) in o.layers { byOutput[layer.isEmpty ? o.name : "\(o.name)/\(layer)"] = values[r.text] }
      }
    }
    let context = RunContext(
      stepID: step.id, seed: StepSeed.mixed(seed, with: step.seedName), pool: pool, cancellation: cancellation,
      scratch: scratch,
      products: library.products, sink: journal, written: written, values: byOutput, record: record,
      connections: Dictionary(uniqueKeysWithValues: step.connections.map { ($0.key, $0.value.map(\.text)) }),
      destinations: step.knowsDestinations ? plan.destinations(of: step.id) : [:])
    do {
      let inputs = ports
      let outputs = try await withTaskExecutorPreference(pool) {
        var bound = step.bound
        try bound.connect(inputs)
        try await bound.run(in: context)
        return bound.outputs
      }
      for (port, data) in outputs {
        // What several readers need is decoded once.
        if case .raster(let raster) = data, !raster.source.isMaterialized, plan.consumers(of: step.id, port) > 1 {
          values["\(step.id).\(port)"] = .raster(try await context.materialize(raster))
        } else {
          values["\(step.id).\(port)"] = data
        }
      }
    } catch {
      throw Self.named(error, by: step.id)
    }
    for remark in LibraryNotices.take() { journal.log(.warning, step: step.id, remark) }
    let seconds = Self.seconds(since: clock)
    try await keep(step, seconds: seconds, context)
    forget(after: step)
    timings.append(
      JSONValue(keyed: [
        .step: .string(step.id), .use: .string(step.use), .seconds: .number(seconds),
        .peakMemory: .integer(SystemResources.peakMemory),
      ]))
    observer.ended(step: step.id, seconds: seconds)
  }

  /// Releases values that no later step and no output reads.
  private func forget(after step: Plan.Step) {
    guard let place = plan.steps.firstIndex(where: { $0.id == step.id }) else { return }
    let later = Set(plan.steps[(place + 1)...].flatMap { $0.connections.values.joined().map(\.text) })
    let outputs = Set(plan.outputs.flatMap { $0.layers.values.map(\.text) })
    for key in values.keys where !later.contains(key) && !outputs.contains(key) { values[key] = nil }
  }

  private func write(_ output: Pipeline.OutputNode, staging: Staging, scratch: Scratch, provenance: Provenance)
    async throws -> WrittenOutput
  {
    try cancellation.check()
    observer.began(step: output.name, what: "write")
    let clock = ContinuousClock.now
    let task = OutputTask(
      output: output, plan: plan, values: values, provenance: provenance, share: share, sink: journal)
    let context = RunContext(
      stepID: output.name, seed: StepSeed.mixed(seed, with: output.name), pool: pool, cancellation: cancellation,
      scratch: scratch, products: library.products, sink: journal)
    let path = try staging.path(of: output.name)
    let result: WrittenOutput
    do {
      let pool = pool
      result = try await withTaskExecutorPreference(pool) { try await task.write(to: path, in: context) }
    } catch {
      throw Self.named(error, by: output.name)
    }
    for remark in LibraryNotices.take() { journal.log(.warning, step: output.name, remark) }
    let seconds = Self.seconds(since: clock)
    timings.append(
      JSONValue(keyed: [
        .output: .string(output.name), .seconds: .number(seconds), .peakMemory: .integer(SystemResources.peakMemory),
      ]))
    observer.ended(step: output.name, seconds: seconds)
    return result
  }

  private static func named(_ error: any Error, by who: String) -> any Error {
    switch error {
    case is Cancelled, is CancellationError: Cancelled()
    case let e as BindingErrors: FloeError("\(who): \(e.errors.map(\.description).joined(separator: "; "))")
    default: FloeError("\(who): \(NetworkTraffic.cause(of: "\(error)"))")
    }
  }

  private static func seconds(since start: ContinuousClock.Instant) -> Double {
    let d = (ContinuousClock.now - start).components
    return RunRecord.rounded(Double(d.seconds) + Double(d.attoseconds) * 1e-18)
  }
}

// MARK: - The cache

extension Executor {
  private func openCache(_ keys: RunKeys) async throws -> CachedSteps? {
    guard let options = options.cache else { return nil }
    let journal = journal
    return try await CachedSteps(
      try StepCache(options), plan: plan, keys: keys, isForced: self.options.isForced, pool: pool,
      cancellation: cancellation
    ) { level, message in journal.log(level, step: "cache", message) }
  }

  /// Takes a step's outputs from the cache; false for a step that has to run.
  private func take(_ step: Plan.Step) throws -> Bool {
    guard let cached else { return false }
    let clock = ContinuousClock.now
    switch cached.place(of: step.id) {
    case .runs: return false
    case .rests: break
    case .found(let file):
      observer.began(step: step.id, what: "\(step.use), from the cache")
      for port in step.outputs.keys where plan.consumers(of: step.id, port) > 0 {
        values["\(step.id).\(port)"] = try cached.value(port, of: file)
      }
    }
    if let events = cached.events(of: step.id) { journal.repeats(events) }
    forget(after: step)
    let seconds = Self.seconds(since: clock)
    timings.append(
      JSONValue(keyed: [
        .step: .string(step.id), .use: .string(step.use), .seconds: .number(seconds), .fromCache: true,
        .peakMemory: .integer(SystemResources.peakMemory),
      ]))
    if case .found = cached.place(of: step.id) { observer.ended(step: step.id, seconds: seconds) }
    return true
  }

  /// Puts a step's outputs into the cache.
  private func keep(_ step: Plan.Step, seconds: Double, _ context: RunContext) async throws {
    guard var keeping = cached else { return }
    let prefix = step.id + "."
    let made = Dictionary(
      uniqueKeysWithValues: step.outputs.keys.compactMap { port in values[prefix + port].map { (port, $0) } })
    do {
      let pool = pool
      let cancellation = cancellation
      let order = plan.steps.map(\.id)
      let journal = journal
      let keys = keys
      let digests = digests
      let library = library
      let uses = plan.steps.map { (id: $0.id, use: $0.use) }
      let kept = try await withTaskExecutorPreference(pool) {
        try await keeping.keep(
          step, made, seconds: seconds, pool: pool, cancellation: cancellation,
          materialize: { raster in
            let raster = try await context.materialize(raster)
            for remark in LibraryNotices.take() { journal.log(.warning, step: step.id, remark) }
            return raster
          }, isOfKeys: { Self.areUntouched(keys, digests) && Self.areSame(uses, keys, library, digests) },
          events: { journal.events(of: $0, in: order) })
      }
      for (port, data) in kept { values[prefix + port] = data }
    } catch { throw Self.named(error, by: step.id) }
    cached = keeping
  }
}

// MARK: - Keys

extension Executor {
  /// The keys of the plan, what is not known of the inputs read on all workers.
  private func makeKeys() async throws -> RunKeys {
    try await digests.prepare(plan.inputPaths, pool: pool, cancellation: cancellation)
    return try RunKeys(plan: plan, seed: seed, library: library, share: share, digests: digests)
  }

  /// The record of the folder's run when it is the one that this plan would make again.
  private func unchanged(_ keys: RunKeys, _ recordName: String) async throws -> JSONValue? {
    guard keys.outputs.count == plan.outputs.count else { return nil }
    let there = FolderRecord(of: options.outputFolder)
    guard FileState(of: "\(options.outputFolder)/\(recordName)") != nil else { return nil }
    digests.recall(outputsOf: options.outputFolder)
    let files = there.files.map { "\(options.outputFolder)/\($0.name)" }
    try await digests.prepare(files: files, pool: pool, cancellation: cancellation)
    return there.unchanged(plan, keys: keys, record: recordName, digests: digests)
  }

  /// Looks whether an input was changed while it was read.
  private func checkInputs(since keys: RunKeys) throws {
    if let failure = NetworkTraffic.failure { throw FloeError(failure) }
    if let path = Self.changedInput(since: keys, digests) {
      throw FloeError(
        """
        input \(path) changed while the run read it, so that the outputs would be of no one state of it; run again
        """)
    }
  }

  /// Whether no input was touched since the keys were made, not even to get its content back: what a step read of it
  /// may be another's.
  private static func areUntouched(_ keys: RunKeys?, _ digests: ContentDigests) -> Bool {
    // What has no digest takes part in no key.
    let inputs = (keys?.inputs ?? []).filter { $0.digest != nil }
    return NetworkTraffic.failure == nil && inputs.allSatisfy { digests.isUntouched($0.path) }
      && changedInput(since: keys, digests) == nil
  }

  /// Whether all steps are those that the keys tell of: a step's program may be edited while the run is on.
  private static func areSame(
    _ uses: [(id: String, use: String)], _ keys: RunKeys?, _ library: StepLibrary, _ digests: ContentDigests
  ) -> Bool {
    uses.allSatisfy { id, use in
      guard let known = keys?.origins[id] else { return true }
      // One that can no longer be read has changed.
      return (try? library.origin(ofStep: use, digests: digests)) == known
    }
  }

  /// The first input whose content is not that of the keys; nil where there is none.
  private static func changedInput(since keys: RunKeys?, _ digests: ContentDigests) -> String? {
    keys?.inputs.first { input in
      guard let digest = input.digest else { return false }
      // One that can no longer be read has changed.
      return (try? digests.of(input.path)) != digest
    }?.path
  }

  /// The record with what is known once all files are made, and those of earlier single steps that stay.
  private func closed(
    _ json: JSONValue, _ record: RunRecord, of staging: Staging, _ guarding: FolderGuard, _ recordName: String
  ) async throws -> JSONValue {
    let names = try staging.made()
    let folder = staging.folder + "/out"
    let digests = digests
    let files = try await pool.map(names.count, cancellation: cancellation) { i -> FolderRecord.Written in
      let path = "\(folder)/\(names[i])"
      return FolderRecord.Written(
        name: names[i], bytes: try VirtualFile.size(path), sha256: try digests.digest(ofFile: path))
    }
    let surroundings = try RunSurroundings(of: plan.pipeline, library: library, share: share, digests: digests)
    let kept = guarding.verdict(on: names, record: recordName).kept
    return record.closed(
      json, files: files, kept: kept, surroundings: surroundings,
      estimate: history.estimate(plan, workers: pool.workers))
  }
}
