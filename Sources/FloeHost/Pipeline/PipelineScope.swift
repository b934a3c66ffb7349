import OrderedCollections

/// A pipeline that stands in the place of a step: where it is written, and what its inputs are set to.
public struct PipelineScope: Sendable {
  /// The file's path, for messages.
  public let file: String
  /// The folder that relative paths in it count from.
  public let folder: String
  /// Its inputs.
  public let inputs: OrderedDictionary<String, Pipeline.InputDeclaration>
  /// What the pipeline around it sets, by input, in the words of that pipeline.
  public var bindings: OrderedDictionary<String, Pipeline.ParameterSetting>
  /// The scope around it; empty for the pipeline that is run.
  public let outer: String
  /// The text of the file, kept for provenance.
  public let text: String
}

extension Pipeline {
  /// The end of the names of files that can stand in the place of a step.
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
  func inputs(of scope: String) -> OrderedDictionary<String, InputDeclaration> { scopes[scope]?.inputs ?? inputs }
}

extension Pipeline.InputDeclaration {
  /// The types of inputs that take what a step made, rather than a text.
  static let dataTypes = ["raster", "table", "model", "document"]
  /// Whether it takes what a step made.
  public var isData: Bool { Self.dataTypes.contains(type) }
  /// Whether a run sets it to a file or folder.
  public var isFile: Bool { type == "path" || isData }
}
