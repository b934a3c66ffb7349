/// One value that an output file is to hold.
public struct OutputLayer: Sendable {
  /// The layer's name; empty for a file without layers.
  public let name: String
  /// The value.
  public let data: PortData
  /// Where it comes from, `step.port`.
  public let source: String
  /// Everything about the steps, inputs and versions that the value rests on: no time, host, path or worker count.
  public let provenance: JSONValue

  /// A layer.
  public init(name: String, data: PortData, source: String, provenance: JSONValue) {
    self.name = name
    self.data = data
    self.source = source
    self.provenance = provenance
  }
}

/// Another output of the same run.
public struct OtherOutput: Sendable {
  /// Its name, relative to the output folder.
  public let name: String
  /// The format that it is written in.
  public let format: WriterDeclaration
  /// What it holds, in the order of its layers.
  public let values: [PortData]

  /// Another output.
  public init(name: String, format: WriterDeclaration, values: [PortData]) {
    self.name = name
    self.format = format
    self.values = values
  }
}

/// What a writer may use.
public struct WriteContext: Sendable {
  /// The output's name, relative to the output folder.
  public let output: String
  /// The other outputs of the run.
  public let others: [OtherOutput]
  /// The threads that share the work.
  public let pool: WorkerPool
  /// The switch that ends the run.
  public let cancellation: Cancellation
  /// Space for pixels that have to wait.
  public let scratch: Scratch
  /// Everything that a step gets while it runs, under the output's name: what programs of manifests are run in.
  public let run: RunContext
  private let sink: any RunEvents
  private let styles: @Sendable (String) throws -> String

  /// A context over the host's means.
  public init(
    output: String, others: [OtherOutput], run: RunContext, sink: any RunEvents,
    styles: @escaping @Sendable (String) throws -> String
  ) {
    self.output = output
    self.others = others
    self.run = run
    self.sink = sink
    self.styles = styles
    pool = run.pool
    cancellation = run.cancellation
    scratch = run.scratch
  }

  /// The text of a file of floe's `styles` folder, for example `ramp.qml`.
  ///
  /// - Throws: a sentence where there is no such file.
  public func style(_ name: String) throws -> String { try styles(name) }
  /// Writes a note to the log.
  public func log(_ level: LogLevel, _ message: String) { sink.log(level, step: output, message) }
  /// Tells the user something that does not stop the run; also kept in the run's record.
  public func warn(_ message: String) { log(.warning, message) }
  /// Tells how far the writer is, where `map` does not count.
  public func progress(_ done: Int, of total: Int, _ unit: String) {
    sink.progress(step: output, done: done, total: total, unit: unit)
  }
  /// Calls `body` for 0 ..< count on all workers and returns the results in order of their index.
  ///
  /// - Parameter progress: the unit to count in, for example `tiles`; nil shows nothing.
  /// - Throws: what `body` throws, and `Cancelled` when the run is to end.
  public func map<T: Sendable>(
    _ count: Int, progress unit: String? = nil, _ body: @escaping @Sendable (Int) throws -> T
  ) async throws -> [T] { try await run.map(count, progress: unit, body) }
}
