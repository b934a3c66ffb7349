import Synchronization

/// A file that a run wrote.
public struct WrittenOutput: Sendable, Hashable, Codable {
  /// The name as the pipeline gives it, relative to the output folder.
  public var name: String
  /// Where it is now: inside the run's temporary folder until everything is whole.
  public var path: String
  /// What the file holds.
  public var kind: PortKind
  /// `step.port` for each layer that the file holds, by layer name; the empty name for a file without layers.
  public var sources: [String: String]

  /// A written file.
  public init(name: String, path: String, kind: PortKind, sources: [String: String]) {
    self.name = name
    self.path = path
    self.kind = kind
    self.sources = sources
  }
}
