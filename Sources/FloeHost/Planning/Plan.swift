import FloeSDK
import OrderedCollections

/// A pipeline that was found sound: what will run, in which order, and what it will take.
public struct Plan: Sendable {
  /// A step in its place.
  public struct Step: Sendable {
    public let id: String
    public let use: String
    public let line: Int
    public let parameters: [String: ParameterLiteral]
    public let connections: OrderedDictionary<String, [Pipeline.Reference]>
    /// Outputs as planned, without pixels or records.
    public let outputs: [String: PortData]
    public let isBarrier: Bool
    public let isFinishing: Bool
    public let scratchBytes: Int
    /// The parameters in force, defaults included.
    public let inForce: [String: ParameterLiteral]
  }
  public let pipeline: Pipeline
  /// In the order of execution, finishing steps last.
  public let steps: [Step]
  public let outputs: [Pipeline.OutputNode]
  public let warnings: [Problem]
  /// Files and folders that the run reads: the values of parameters that are paths.
  public let inputPaths: [String]

  /// The step of a name.
  public func step(_ id: String) -> Step? { steps.first { $0.id == id } }
  /// The planned value behind a reference.
  public func value(_ r: Pipeline.Reference) -> PortData? { step(r.step)?.outputs[r.port] }

  /// How often a port is read by steps and outputs.
  func consumers(of step: String, _ port: String) -> Int {
    let bySteps = steps.flatMap { $0.connections.values.joined() }.count { $0.step == step && $0.port == port }
    return bySteps + outputs.flatMap { Array($0.layers.values) }.count { $0.step == step && $0.port == port }
  }

  /// Pixels that are kept for several passes or consumers, in bytes: memory while it fits the cap, else scratch on disk.
  public var scratchBytes: Int { steps.reduce(0) { $0 + $1.scratchBytes } }

  /// The outputs' size without compression, in bytes.
  public var outputBytes: Int {
    outputs.flatMap { Array($0.layers.values) }.reduce(0) { sum, reference in
      if case .raster(let r)? = value(reference) { sum + r.spec.byteCount * 4 / 3 } else { sum }
    }
  }
}
