import FloeSDK
import OrderedCollections

/// A pipeline that was found sound: what will run, in which order, and what it will take.
public struct Plan: Sendable {
  /// A step in its place.
  public struct Step: Sendable {
    /// The step's name in the pipeline.
    public let id: String
    /// The kind of step, `family.step`.
    public let use: String
    /// Its line in the pipeline, from 1.
    public let line: Int
    /// The step itself, bound and planned: the executor connects it to what was made and runs it.
    public let bound: any BoundStep
    /// What each input is connected to.
    public let connections: OrderedDictionary<String, [Pipeline.Reference]>
    /// Outputs as planned, without pixels or records.
    public let outputs: [String: PortData]
    /// Whether it needs all of its input before it hands anything on.
    public let isBarrier: Bool
    /// Whether it runs after the writers.
    public let isFinishing: Bool
    /// Scratch that it announced, and that of its outputs which the run keeps for several readers, in bytes.
    public let scratchBytes: Int
    /// The effective parameters, defaults included.
    public let inForce: [String: ParameterLiteral]

    /// The name that its random numbers follow from: that in its own file, so that a pipeline used as a step makes what
    /// it makes alone.
    var seedName: String { id.lastIndex(of: "/").map { String(id[id.index(after: $0)...]) } ?? id }
    /// Whether the step is told where its outputs go: finishing steps and those that make documents, which name files.
    var knowsDestinations: Bool { isFinishing || outputs.values.contains { $0.kind == .document } }
  }
  /// What writes an output, with its parameters.
  public struct Format: Sendable {
    /// What the writer can do.
    public let declaration: WriterDeclaration
    /// The writer itself.
    public let writer: any BoundWriter
    /// The effective parameters, defaults included.
    public let inForce: [String: ParameterLiteral]
  }
  /// The pipeline as read.
  public let pipeline: Pipeline
  /// In the order of execution, finishing steps last.
  public let steps: [Step]
  /// The files to write.
  public let outputs: [Pipeline.OutputNode]
  /// What writes each of them, by the output's name.
  public let formats: [String: Format]
  /// Warnings of the steps' plans.
  public let warnings: [Problem]
  /// The values of inputs as they were given.
  public let settings: [String: String]
  /// Files and folders that the run reads: the values of parameters that are paths.
  public let inputPaths: [String]
  /// Steps of used pipelines that do not run, since they look at written files.
  public let leftOut: [String]

  /// The step of a name.
  public func step(_ id: String) -> Step? { steps.first { $0.id == id } }
  /// The planned value behind a reference.
  public func value(_ r: Pipeline.Reference) -> PortData? { step(r.step)?.outputs[r.port] }

  /// How often a port is read by steps and outputs.
  func consumers(of step: String, _ port: String) -> Int {
    let bySteps = steps.flatMap { $0.connections.values.joined() }.count { $0.step == step && $0.port == port }
    return bySteps + outputs.flatMap { Array($0.layers.values) }.count { $0.step == step && $0.port == port }
  }

  /// A step and all that it rests on.
  func ancestry(of id: String) -> Set<String> {
    var found: Set<String> = []
    var open = [id]
    while let next = open.popLast() {
      guard found.insert(next).inserted, let step = step(next) else { continue }
      open += step.connections.values.joined().map(\.step)
    }
    return found
  }

  /// The files that each output of a step goes to, in the pipeline's order.
  func destinations(of step: String) -> [String: [String]] {
    outputs.reduce(into: [:]) { all, output in
      for reference in output.layers.values where reference.step == step && all[reference.port]?.last != output.name {
        all[reference.port, default: []].append(output.name)
      }
    }
  }

  /// Pixels that are kept for several passes or consumers and for writing, in bytes: memory while it fits the cap, else
  /// scratch on disk. Outputs are written one after the other, so that the largest counts.
  public var scratchBytes: Int {
    let writing = outputs.map { output in
      formats[output.name]?.writer.scratchBytes(of: output.layers.values.compactMap { value($0) }) ?? 0
    }
    return steps.reduce(0) { $0 + $1.scratchBytes } + (writing.max() ?? 0)
  }

  /// The outputs' size without compression, in bytes.
  public var outputBytes: Int {
    outputs.flatMap { Array($0.layers.values) }.reduce(0) { sum, reference in
      if case .raster(let r)? = value(reference) { sum + r.spec.byteCount * 4 / 3 } else { sum }
    }
  }
}
