import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// How a batch is run.
public struct BatchOptions: Sendable {
  /// The folder that holds a folder for each scene.
  public var folder: String
  /// Threads for all scenes together.
  public var workers: Int
  /// The cap on resident memory for all processes together, in bytes.
  public var memory: Int
  /// Scenes at a time; nil for as many as workers and memory allow.
  public var jobs: Int?
  /// Whether to compute also what is there already.
  public var isForced = false
  /// Whether files that floe did not write may be replaced.
  public var isOverwriting = false
  /// Whether scenes that failed are tried again with the same input.
  public var retriesFailed = false
  /// Whether the first failure ends the batch.
  public var failsFast = false
  /// Replaces the pipeline's seed.
  public var seed: UInt64?
  /// Words that every scene's run is given beside its own.
  public var words: [String] = []
  /// The program that runs a scene.
  public var program: String

  /// Options with the machine's cores and half its memory.
  public init(folder: String, program: String, workers: Int, memory: Int) {
    self.folder = folder
    self.program = program
    self.workers = workers
    self.memory = memory
  }

  /// What this process itself takes, in bytes.
  static let ownMemory = 70_000_000
  /// The least that a scene's run can be given, in bytes.
  static let leastMemory = 200_000_000

  /// Scenes at a time.
  func concurrency(of count: Int) throws -> Int {
    let room = (memory - Self.ownMemory) / Self.leastMemory
    guard room > 0 else {
      throw RequestRefused.because(
        """
        --memory must be at least \(SystemResources.text(Self.ownMemory + Self.leastMemory)) for a batch, not \
        \(SystemResources.text(memory))
        """)
    }
    if let jobs {
      guard jobs <= room else {
        throw RequestRefused.because(
          """
          --jobs \(jobs): within \(SystemResources.text(memory)) there is room for \(room) at a time; give --memory \
          \((Self.ownMemory + jobs * Self.leastMemory) / 1_000_000)MB or more
          """)
      }
      return jobs
    }
    // Somewhat more than the least, so that small scenes keep their pixels in memory.
    return max(1, min(workers, count, (memory - Self.ownMemory) / (Self.leastMemory + 60_000_000)))
  }
}

/// Runs a pipeline over many scenes: each whole or not at all in a folder of its own, several at a time within one cap.
public final class Batch: Sendable {
  private let pipeline: Pipeline
  private let items: [BatchItem]
  private let options: BatchOptions
  private let library: StepLibrary
  private let share: ResourceDirectory
  private let observer: any BatchObserver
  private let cancellation: Cancellation
  private let digests = ContentDigests()
  private let children = Children()

  /// A batch of scenes.
  public init(
    pipeline: Pipeline, items: [BatchItem], options: BatchOptions, library: StepLibrary, share: ResourceDirectory,
    observer: any BatchObserver, cancellation: Cancellation
  ) {
    self.pipeline = pipeline
    self.items = items
    self.options = options
    self.library = library
    self.share = share
    self.observer = observer
    self.cancellation = cancellation
  }

  /// What the threads share.
  private final class Shared: Sendable {
    let state: Mutex<State>
    init(_ state: sending State) { self.state = Mutex(state) }
  }

  private struct State {
    var next = 0
    var scenes: [BatchReport.Scene?]
    var tally = BatchTally()
    var failure: (any Error)?
    /// Seconds of wall time at which the first scene of this call began, and scenes that were run since.
    var began: ContinuousClock.Instant?
    var ran = 0
  }

  /// Does the work.
  ///
  /// - Throws: `RequestRefused` for a wrong request, `Cancelled` when interrupted; scenes that are done stay.
  public func run() async throws -> BatchReport {
    let jobs = try options.concurrency(of: items.count)
    try guardSummaries()
    try Folder.make(options.folder)
    try HiddenURLs.hand(items.reduce(into: [:]) { $0.merge($1.urls) { own, _ in own } })
    let ledger = try BatchLedger(
      folder: options.folder, pipeline: (pipeline.file as NSString).lastPathComponent,
      isOverwriting: options.isOverwriting)
    for remark in ledger.remarks { observer.note(.warning, remark) }
    let surroundings = try RunSurroundings(of: pipeline, library: library, share: share, digests: digests)
    let pool = WorkerPool(workers: max(1, options.workers))
    // Links to the same product, and products that many scenes share, are read once.
    try await digests.prepare(Array(Set(items.flatMap(paths))), pool: pool, cancellation: cancellation)
    let ledgers = Looking(ledger: ledger, surroundings: surroundings)
    let found = try await pool.map(items.count, cancellation: cancellation) { i in
      try self.look(self.items[i], ledgers)
    }
    try refuseReplacing(found.compactMap(\.conflict))
    let waiting = items.indices.filter { found[$0].scene == nil }
    try tell(found, waiting: waiting, ledger)
    let shared = Shared(State(scenes: found.map(\.scene)))
    shared.state.withLock { state in
      state.tally.total = items.count
      state.tally.unchanged = found.count { $0.scene?.state == .unchanged }
      state.tally.failed = found.count { $0.scene?.state == .failed }
    }
    for scene in found.compactMap(\.scene) { observer.ended(scene, shared.state.withLock { $0.tally }) }
    let requests = found.map(\.request)
    Interrupt.hold()
    defer { Interrupt.release() }
    let watch = watchForEnd()
    defer { watch.end() }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<min(jobs, waiting.count) {
        group.addTask {
          await Self.onOwnThread {
            self.work(through: waiting, requests: requests, jobs: jobs, ledger: ledger, shared: shared)
          }
        }
      }
    }
    if let failure = shared.state.withLock({ $0.failure }) { throw failure }
    if cancellation.isCancelled {
      let tally = shared.state.withLock { $0.tally }
      throw BatchInterrupted(done: tally.unchanged + tally.done, total: tally.total)
    }
    let report = shared.state.withLock { BatchReport(scenes: $0.scenes.compactMap { $0 }, tally: $0.tally) }
    try BatchSummary(pipeline: pipeline, report: report, folder: options.folder).write()
    return report
  }

  // MARK: What is there already

  private struct Looking: Sendable {
    let ledger: BatchLedger, surroundings: RunSurroundings
  }

  /// What is known of a scene before anything is run.
  private struct Found: Sendable {
    /// What its run is given, as a digest.
    let request: String
    /// How it ended, where nothing is to do.
    var scene: BatchReport.Scene?
    /// The sentence about another scene's outputs in its folder.
    var conflict: String?
  }

  private func look(_ item: BatchItem, _ looking: Looking) throws -> Found {
    var found = Found(request: try request(item, looking.surroundings))
    // A relative path may name another file than at the earlier call.
    let conflict = SceneIdentity(pipeline: pipeline, digests: digests).conflict(item, folder: folder(item))
    if !options.isForced, conflict == nil, let record = current(item, looking.surroundings) {
      let seconds = record[.seconds]?.doubleValue ?? 0
      found.scene = .init(item: item, state: .unchanged, seconds: seconds, record: record)
      return found
    }
    if !options.isOverwriting { found.conflict = conflict }
    if !options.isForced, !options.retriesFailed, case .failed(let entry) = looking.ledger.state(of: item.name),
      entry.request == found.request, !entry.isPassing
    {
      found.scene = .init(
        item: item, state: .failed, seconds: entry.seconds, step: entry.step, message: entry.message, isOld: true)
    }
    return found
  }

  /// Refuses scenes that would take the places of others.
  private func refuseReplacing(_ conflicts: [String]) throws {
    guard let first = conflicts.first else { return }
    let rest = conflicts.count > 1 ? "; so it is with \(conflicts.count - 1) more of the scenes" : ""
    throw RequestRefused.because(first + rest)
  }

  /// Brings the ledger to what was found: the list, what is to be run, what is there already.
  private func tell(_ found: [Found], waiting: [Int], _ ledger: BatchLedger) throws {
    try ledger.begin(items.map(\.name), waiting: waiting.map { items[$0].name })
    for one in found {
      guard let scene = one.scene, scene.state == .unchanged else { continue }
      try ledger.keep(.init(scene: scene.item.name, state: "done", request: one.request, seconds: scene.seconds))
    }
    let leftOut = ledger.leftOut
    guard let first = leftOut.first else { return }
    let names = leftOut.count == 1 ? first : "\(first) and \(leftOut.count - 1) more"
    observer.note(
      .notice,
      """
      \(leftOut.count == 1 ? "1 scene of an earlier call is" : "\(leftOut.count) scenes of earlier calls are") not in \
      this list (\(names)): what they wrote stays, but they are neither in summary and catalogue nor in what floe \
      gather takes
      """)
  }

  private func folder(_ item: BatchItem) -> String { "\(options.folder)/\(item.name)" }

  /// The record in a scene's folder when its outputs are those that the run would make: the same pipeline, settings,
  /// inputs, plugins and styles, and no file changed.
  private func current(_ item: BatchItem, _ surroundings: RunSurroundings) -> JSONValue? {
    let folder = folder(item)
    let there = FolderRecord(of: folder)
    guard let record = there.run, record[.pipelineText]?.stringValue == RemotePath.redacted(pipeline.text),
      record[.pipelineParts] ?? [:] == .object(pipeline.parts.mapValues { .string(RemotePath.redacted($0)) }),
      record[.settings] == .object(item.settings.mapValues { .string(Planner.shown($0)) }),
      record[.seed]?.stringValue == String(options.seed ?? pipeline.seed), surroundings.made(record),
      record[.withoutKey]?.objectValue?.isEmpty == true,
      // Not of a part of the pipeline.
      record[.outputs]?.arrayValue?.compactMap({ $0[.name]?.stringValue }).sorted()
        == pipeline.outputs.compactMap({ OutputNames.normal($0.name) }).sorted(),
      let inputs = record[.inputs]?.arrayValue, let contents = record[.fingerprints]?.arrayValue,
      inputs.count == contents.count
    else { return nil }
    for (input, content) in zip(inputs, contents) {
      guard let path = input.stringValue, let digest = content[.fingerprint]?.stringValue,
        // An input without a digest is checked by the scene's run.
        (try? digests.of(path)) == digest
      else { return nil }
    }
    guard there.areIntact(there.files, digests: digests) else { return nil }
    return record
  }

  /// The paths among a scene's settings, items of lists too.
  private func paths(_ item: BatchItem) -> [String] {
    item.settings.flatMap { name, value -> [String] in
      guard let input = pipeline.inputs[name] else { return [] }
      if input.isFile { return [value] }
      return input.type == "list" ? input.values(in: value).filter { FileState(of: $0) != nil } : []
    }
  }

  /// SHA-256 over everything that a scene's run is given.
  private func request(_ item: BatchItem, _ surroundings: RunSurroundings) throws -> String {
    let contents = paths(item).sorted().map { path -> JSONValue in
      // An input that is missing or cannot be read has no digest; once it has one the request is another one.
      [.string(path), JSONValue(try? digests.of(path))]
    }
    return try SHA256.hexadecimal(
      of: Array(
        try JSONText.encode([
          "pipeline": .string(pipeline.text), "parts": .object(pipeline.parts.mapValues { .string($0) }),
          "seed": .string(String(options.seed ?? pipeline.seed)),
          "settings": .object(item.settings.mapValues { .string(Planner.shown($0)) }), "contents": .array(contents),
          "surroundings": .object(surroundings.members),
        ]).utf8))
  }

  /// Refuses to replace a summary that no batch wrote.
  private func guardSummaries() throws {
    guard !options.isOverwriting, FileState(of: "\(options.folder)/\(BatchFiles.ledger)") == nil else { return }
    for name in BatchFiles.summaries where FileState(of: "\(options.folder)/\(name)") != nil {
      throw RequestRefused.because(
        """
        \(options.folder)/\(name), which no batch of floe's wrote (there is no \(BatchFiles.ledger) beside it), would \
        be replaced: choose another folder with -o, or give --overwrite
        """)
    }
  }

  // MARK: Running

  /// Runs scenes until none waits; on a thread of its own, since it blocks.
  private func work(
    through waiting: [Int], requests: [String], jobs: Int, ledger: BatchLedger, shared: Shared
  ) {
    while !children.isEnding, !cancellation.isCancelled {
      let place: (index: Int, atOnce: Int)? = shared.state.withLock { s in
        guard s.next < waiting.count, s.failure == nil else { return nil }
        s.next += 1
        s.began = s.began ?? .now
        // The last scenes share the threads that no other scene needs any more.
        return (waiting[s.next - 1], min(jobs, waiting.count - s.next + 1))
      }
      guard let place else { return }
      let item = items[place.index]
      observer.began(item.name)
      let clock = ContinuousClock.now
      let ending: SceneProcess.Ending
      do {
        ending = try SceneProcess(words: words(item, jobs: jobs, atOnce: place.atOnce)).run(children) { step, share in
          observer.working(item.name, step: step, share: share)
        }
      } catch {
        shared.state.withLock { $0.failure = error }
        children.end()
        return
      }
      // A run that was asked to end counts as interrupted, not as failed.
      if ending.status != 0, children.isEnding || cancellation.isCancelled { return }
      let seconds = Self.seconds(ContinuousClock.now - clock)
      let isChanged = isPipelineChanged
      let scene = scene(item, ending, isChanged: isChanged, seconds: seconds)
      do {
        try ledger.add(
          .init(
            scene: item.name, state: scene.state == .failed ? "failed" : "done", request: requests[place.index],
            seconds: seconds, step: scene.step, message: scene.message,
            isPassing: ending.status < 0 || ending.mayPass || isChanged || Self.mayPass(scene.message)))
      } catch {
        shared.state.withLock { $0.failure = error }
        children.end()
        return
      }
      let tally = shared.state.withLock { s in
        s.scenes[place.index] = scene
        s.ran += 1
        if scene.state == .failed { s.tally.failed += 1 } else { s.tally.done += 1 }
        if let began = s.began {
          s.tally.secondsLeft = Self.seconds(.now - began) / Double(s.ran) * Double(waiting.count - s.ran)
        }
        return s.tally
      }
      observer.ended(scene, tally)
      if scene.state == .failed, options.failsFast { children.end() }
    }
  }

  /// Whether the pipeline's file, or one that it uses, is no longer what the batch read: scenes read it themselves.
  private var isPipelineChanged: Bool {
    // One that can no longer be read has changed.
    guard let now = try? PipelineReader.read(pipeline.file).pipeline else { return true }
    return now.text != pipeline.text || now.parts != pipeline.parts
  }

  private func scene(
    _ item: BatchItem, _ ending: SceneProcess.Ending, isChanged: Bool, seconds: Double
  ) -> BatchReport.Scene {
    if ending.status >= 0, isChanged {
      return .init(
        item: item, state: .failed, seconds: seconds,
        message: "\(pipeline.file) was changed while the batch ran: the next call runs the scene again")
    }
    if ending.status == 0 {
      if let record = FolderRecord(of: folder(item)).run {
        return .init(item: item, state: .done, seconds: seconds, record: record)
      }
      return .init(
        item: item, state: .failed, seconds: seconds,
        message: "its run ended well, but there is no \(OutputNames.record) in \(folder(item))")
    }
    return .init(item: item, state: .failed, seconds: seconds, step: ending.step, message: ending.message)
  }

  private func words(_ item: BatchItem, jobs: Int, atOnce: Int) -> [String] {
    let memory = (options.memory - BatchOptions.ownMemory) / jobs
    var words = [
      options.program, "run", pipeline.file, "-o", folder(item), "--workers", "\(max(1, options.workers / atOnce))",
      "--memory", "\(memory)", "--progress", "json", "--end-with-input",
    ]
    for (name, value) in item.settings.sorted(by: { $0.key < $1.key }) { words += ["--set", "\(name)=\(value)"] }
    if let seed = options.seed { words += ["--seed", "\(seed)"] }
    if options.isForced { words.append("--force") }
    if options.isOverwriting { words.append("--overwrite") }
    return words + options.words
  }

  /// Whether a failure may pass by itself: the disk, its permissions or the memory were at fault, and not the scene. Of
  /// the network and of obstacles in the output folder the scene's process reports itself.
  private static func mayPass(_ message: String) -> Bool {
    [
      ENOSPC, EDQUOT, ENOMEM, EIO, EMFILE, ENFILE, EAGAIN, ESTALE, ETIMEDOUT, EACCES, EROFS,
    ].contains {
      message.contains(String(cString: strerror($0)))
    }
  }

  /// Passes an interruption on to the scenes' processes.
  private func watchForEnd() -> Watch {
    let watch = Watch()
    let cancellation = cancellation
    let children = children
    Thread.detachNewThread {
      while !watch.isOver {
        if cancellation.isCancelled {
          children.end()
          return
        }
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
    return watch
  }

  private static func onOwnThread(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        body()
        continuation.resume()
      }
    }
  }

  private static func seconds(_ d: Duration) -> Double {
    let seconds = Double(d.components.seconds) + Double(d.components.attoseconds) * 1e-18
    return (seconds * 1000).rounded() / 1000
  }
}

/// Whether a thread that watches may stop.
private final class Watch: Sendable {
  private let over = Atomic<Bool>(false)
  var isOver: Bool { over.load(ordering: .relaxed) }
  func end() { over.store(true, ordering: .relaxed) }
}
