import OrderedCollections

/// A pipeline as written: inputs, steps and outputs, each with the line it stands on.
public struct Pipeline: Sendable {
  /// A reference to a port, `step.port`.
  public struct Reference: Sendable {
    /// The step that makes it.
    public let step: String
    /// The output of that step.
    public let port: String
    /// The line in the file, from 1.
    public let line: Int
    /// The file, where it is not that of the pipeline that is run.
    public let file: String?
    /// What stands in the place of the step's name where the pipeline's own input of the port's name is meant.
    static let inputMark = "$"
    /// `step.port`.
    public var text: String { "\(step).\(port)" }
    /// A reference and its place.
    public init(step: String, port: String, line: Int, file: String? = nil) {
      self.step = step
      self.port = port
      self.line = line
      self.file = file
    }
  }
  /// A step as written.
  public struct StepNode: Sendable {
    /// The step's name in this pipeline.
    public let id: String
    /// The kind of step, `family.step`.
    public let use: String
    /// The line in the file, from 1.
    public let line: Int
    /// Parameters by name.
    public var settings: OrderedDictionary<String, ParameterSetting>
    /// What each input is connected to.
    public var connections: OrderedDictionary<String, [Reference]>
    /// The flag of the command line that the step stands for, such as `--samples`; messages name it instead of the
    /// step.
    public let flag: String?
    /// The step whose pipeline it belongs to (`scopes`); empty for the pipeline that is run.
    public let scope: String
    /// A step from its parts.
    public init(
      id: String, use: String, line: Int, settings: OrderedDictionary<String, ParameterSetting>,
      connections: OrderedDictionary<String, [Reference]>,
      flag: String? = nil, scope: String = ""
    ) {
      self.flag = flag
      self.scope = scope
      self.id = id
      self.use = use
      self.line = line
      self.settings = settings
      self.connections = connections
    }
    /// The step with other connections.
    func connected(_ connections: OrderedDictionary<String, [Reference]>) -> StepNode {
      var copy = self
      copy.connections = connections
      return copy
    }
  }
  /// An output file as written; a file without layers has one with the empty name.
  public struct OutputNode: Sendable {
    /// The file's name, relative to the output folder.
    public let name: String
    /// The line in the file, from 1.
    public let line: Int
    /// What is written, by layer; the empty name for a file without layers.
    public let layers: OrderedDictionary<String, Reference>
    /// Parameters of the writer, by name.
    public let settings: OrderedDictionary<String, ParameterSetting>
    /// An output from its parts.
    public init(
      name: String, line: Int, layers: OrderedDictionary<String, Reference>,
      settings: OrderedDictionary<String, ParameterSetting> = [:]
    ) {
      self.name = name
      self.line = line
      self.layers = layers
      self.settings = settings
    }
  }

  /// The file's path, for messages; `command line` for a pipeline made by `floe step`.
  public var file: String
  /// The folder that relative paths in the file count from.
  public var folder: String
  /// A heading for people; empty without one.
  public var title: String
  /// The number from which every random choice follows.
  public var seed: UInt64
  /// What a run sets from outside, by name.
  public var inputs: OrderedDictionary<String, PipelineInput>
  /// Whether a value that begins with `$` names an input; not so for one made by `floe step`.
  public var hasInputs: Bool
  /// The steps by name, in the order of the file.
  public var steps: OrderedDictionary<String, StepNode>
  /// The files to write, in the order of the file.
  public var outputs: [OutputNode]
  /// The text of the file, kept for provenance.
  public var text: String
  /// Pipelines that stand in the place of steps, by the names of these.
  public var scopes: OrderedDictionary<String, PipelineScope> = [:]

  /// A pipeline from its parts.
  public init(
    file: String, folder: String, title: String, seed: UInt64 = 0,
    inputs: OrderedDictionary<String, PipelineInput> = [:], steps: OrderedDictionary<String, StepNode>,
    outputs: [OutputNode], text: String = "", hasInputs: Bool = true
  ) {
    self.file = file
    self.folder = folder
    self.title = title
    self.seed = seed
    self.inputs = inputs
    self.steps = steps
    self.outputs = outputs
    self.text = text
    self.hasInputs = hasInputs
  }

  /// Whether what a step uses is the name of a file, whose pipeline stands in the step's place.
  static func isFile(_ use: String) -> Bool {
    let name = use.lowercased()
    return name.hasSuffix(".yaml") || name.hasSuffix(".yml")
  }

  /// The file that a scope is written in, for messages.
  func file(of scope: String) -> String { scopes[scope]?.file ?? file }
  /// The texts of the pipelines that stand in the place of steps, by scope.
  public var parts: [String: String] {
    Dictionary(uniqueKeysWithValues: scopes.map { ($0.key, $0.value.text) })
  }
  /// The inputs that can be named in a scope.
  func inputs(of scope: String) -> OrderedDictionary<String, PipelineInput> { scopes[scope]?.inputs ?? inputs }
}
