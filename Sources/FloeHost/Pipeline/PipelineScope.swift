import OrderedCollections

/// A pipeline that stands in the place of a step: where it is written, and what its inputs are set to.
public struct PipelineScope: Sendable {
  /// The file's path, for messages.
  public let file: String
  /// The folder that relative paths in it count from.
  public let folder: String
  /// Its inputs.
  public let inputs: OrderedDictionary<String, PipelineInput>
  /// What the pipeline around it sets, by input, in the words of that pipeline.
  public var bindings: OrderedDictionary<String, ParameterSetting>
  /// The scope around it; empty for the pipeline that is run.
  public let outer: String
  /// The text of the file, kept for provenance.
  public let text: String
}
