import Synchronization

/// What a step may use while it runs.
public struct RunContext: Sendable {
  /// The step's name in the pipeline.
  public let stepID: String
  /// The number from which every random choice of this step follows.
  public let seed: UInt64
  /// The threads that share the work.
  public let pool: WorkerPool
  /// The switch that ends the run.
  public let cancellation: Cancellation
  /// Space for pixels that several passes need.
  public let scratch: Scratch
  /// The product readers of all plugins.
  public let products: any ProductCatalogue
  /// What the writers wrote; empty but in finishing steps.
  public let written: [WrittenOutput]
  /// The values of the written outputs by name (and `name/layer`); empty but in finishing steps.
  public let values: [String: PortData]
  /// The record of the run so far; null but in finishing steps.
  public let record: JSONValue
  /// Where the values of each input come from, `step.port` in the order of the list; empty outside of pipelines.
  public let connections: [String: [String]]
  /// The files that each output goes to, named relative to the output folder, in the pipeline's order; empty outside of
  /// pipelines.
  public let destinations: [String: [String]]
  private let sink: any RunEvents

  /// A context over the host's means.
  public init(
    stepID: String, seed: UInt64, pool: WorkerPool, cancellation: Cancellation, scratch: Scratch,
    products: any ProductCatalogue, sink: any RunEvents, written: [WrittenOutput] = [],
    values: [String: PortData] = [:],
    record: JSONValue = .null, connections: [String: [String]] = [:], destinations: [String: [String]] = [:]
  ) {
    self.stepID = stepID
    self.seed = seed
    self.pool = pool
    self.cancellation = cancellation
    self.scratch = scratch
    self.products = products
    self.sink = sink
    self.written = written
    self.values = values
    self.record = record
    self.connections = connections
    self.destinations = destinations
  }

  /// Writes a note to the log.
  public func log(_ level: LogLevel, _ message: String) { sink.log(level, step: stepID, message) }
  /// Tells the user something that does not stop the run; also kept in the run's record.
  public func warn(_ message: String) { sink.log(.warning, step: stepID, message) }
  /// Keeps a fact for the record, provenance and summary.
  public func record(_ key: String, _ value: JSONValue) { sink.record(step: stepID, key: key, value: value) }
  /// Counts what was left out, with its reason; `unit` is `pixels`, `records` or the like.
  public func dropped(_ count: Int, _ unit: String, because reason: String) {
    if count > 0 { sink.dropped(step: stepID, count: count, unit: unit, reason: reason) }
  }
  /// Tells how far the step is, where `map` does not count.
  public func progress(_ done: Int, of total: Int, _ unit: String) {
    sink.progress(step: stepID, done: done, total: total, unit: unit)
  }
  /// Throws `Cancelled` when the run is to end.
  public func checkCancelled() throws { try cancellation.check() }

  /// Calls `body` for 0 ..< count on all workers and returns the results in order of their index.
  ///
  /// - Parameter progress: the unit to count in, for example `blocks`; nil shows nothing.
  /// - Throws: what `body` throws, and `Cancelled` when the run is to end.
  public func map<T: Sendable>(
    _ count: Int, progress unit: String? = nil, _ body: @escaping @Sendable (Int) throws -> T
  ) async throws -> [T] {
    guard let unit else { return try await pool.map(count, cancellation: cancellation, body) }
    let done = Tally()
    let sink = self.sink
    let id = stepID
    sink.progress(step: id, done: 0, total: count, unit: unit)
    return try await pool.map(count, cancellation: cancellation) { i in
      let value = try body(i)
      sink.progress(step: id, done: done.increment(), total: count, unit: unit)
      return value
    }
  }

  /// The raster with its pixels kept for many passes: decoded once, on all workers, into memory or a scratch file.
  ///
  /// A raster that is kept already is returned as it is. The pixels are freed with the last value that holds the
  /// raster.
  ///
  /// - Throws: a sentence where pixels cannot be read or scratch has no room; `Cancelled` when the run is to end.
  public func materialize(_ raster: Raster) async throws -> Raster {
    if raster.source.isMaterialized { return raster }
    let kept = try scratch.makeRaster(raster.spec)
    let tiles = raster.readingWindows()
    let bands = raster.spec.bands.count
    // One band of one tile is one piece of work: sources decode bands from files of their own.
    let byBand = raster.source.readsBandsApart
    _ = try await map(byBand ? tiles.count * bands : tiles.count, progress: "tiles") { i in
      let window = tiles[byBand ? i % tiles.count : i]
      let wanted = byBand ? [i / tiles.count] : Array(0..<bands)
      var block = PixelBlock(window: window, bandCount: wanted.count, type: raster.spec.type)
      try raster.source.read(window, bands: wanted, into: &block)
      try kept.write(block, bands: wanted)
    }
    return Raster(raster.spec, source: kept)
  }
}

/// Counts from several threads.
final class Tally: Sendable {
  private let value = Atomic<Int>(0)
  func increment() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
}
