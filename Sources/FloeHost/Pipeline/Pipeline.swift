import FloeSDK
import OrderedCollections

/// A pipeline as written: inputs, steps and outputs, each with the line it stands on.
public struct Pipeline: Sendable {
  /// An input that the user sets with `--set name=value`.
  public struct InputDeclaration: Sendable {
    public let type: String
    public let help: String
    public let isOptional: Bool
    public let defaultValue: ParameterLiteral?
    public let line: Int
  }
  /// A parameter as written.
  public struct Setting: Sendable {
    public let literal: ParameterLiteral
    public let line: Int
    /// A parameter's literal and its line.
    public init(literal: ParameterLiteral, line: Int) {
      self.literal = literal
      self.line = line
    }
  }
  /// A reference to a port, `step.port`.
  public struct Reference: Sendable {
    public let step: String
    public let port: String
    public let line: Int
    /// `step.port`.
    public var text: String { "\(step).\(port)" }
    /// A reference and its line.
    public init(step: String, port: String, line: Int) {
      self.step = step
      self.port = port
      self.line = line
    }
  }
  /// A step as written.
  public struct StepNode: Sendable {
    public let id: String
    public let use: String
    public let line: Int
    public var settings: OrderedDictionary<String, Setting>
    public var connections: OrderedDictionary<String, [Reference]>
    /// A step from its parts.
    public init(
      id: String, use: String, line: Int, settings: OrderedDictionary<String, Setting>, connections: OrderedDictionary<String, [Reference]>
    ) {
      self.id = id
      self.use = use
      self.line = line
      self.settings = settings
      self.connections = connections
    }
  }
  /// An output file as written; a file without layers has one with the empty name.
  public struct OutputNode: Sendable {
    public let name: String
    public let line: Int
    public let layers: OrderedDictionary<String, Reference>
    /// An output from its parts.
    public init(name: String, line: Int, layers: OrderedDictionary<String, Reference>) {
      self.name = name
      self.line = line
      self.layers = layers
    }
  }

  /// The file's path, for messages; `command line` for a pipeline made by `floe step`.
  public var file: String
  /// The folder that relative paths in the file count from.
  public var folder: String
  public var title: String
  public var seed: UInt64
  public var inputs: OrderedDictionary<String, InputDeclaration>
  public var steps: OrderedDictionary<String, StepNode>
  public var outputs: [OutputNode]
  /// The text of the file, kept for provenance.
  public var text: String

  /// A pipeline from its parts.
  public init(
    file: String, folder: String, title: String, seed: UInt64 = 0,
    inputs: OrderedDictionary<String, InputDeclaration> = [:], steps: OrderedDictionary<String, StepNode>,
    outputs: [OutputNode], text: String = ""
  ) {
    self.file = file
    self.folder = folder
    self.title = title
    self.seed = seed
    self.inputs = inputs
    self.steps = steps
    self.outputs = outputs
    self.text = text
  }
}
