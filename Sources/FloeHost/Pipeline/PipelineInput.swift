import FloeSDK

/// An input of a pipeline, which the user sets with `--set name=value`.
public struct PipelineInput: Sendable {
  /// `path`, `text`, `number` and so on, as the pipeline says.
  public let type: String
  /// What it is, in a few words.
  public let help: String
  /// Whether a run may leave it out.
  public let isOptional: Bool
  /// The value when none is set; nil without one.
  public let defaultValue: ParameterLiteral?
  /// The line in the file, from 1.
  public let line: Int

  /// The types of inputs that take what a step made, rather than a text.
  static let dataTypes = ["raster", "table", "model", "document"]
  /// Whether it takes what a step made.
  public var isData: Bool { Self.dataTypes.contains(type) }
  /// Whether a run sets it to a file or folder.
  public var isFile: Bool { type == "path" || isData }

  /// What a setting names: itself, or the items of a list.
  func values(in text: String) -> [String] {
    guard type == "list" else { return [text] }
    // A list that cannot be read is refused by the run.
    switch try? FlowLiteral.read(text, type: "list") {
    case .some(.list(let items)): return items.map(\.description)
    default: return text.split(separator: ",").map { String($0) }
    }
  }
}
