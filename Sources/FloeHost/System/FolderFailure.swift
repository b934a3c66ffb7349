/// A run that cannot put its outputs in place for what lies in the output folder: no fault of its request or inputs.
public struct FolderFailure: Error, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String
  /// A failure from its sentence.
  init(_ sentence: String) { description = sentence }
}
