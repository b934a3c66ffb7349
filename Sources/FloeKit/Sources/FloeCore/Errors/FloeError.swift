/// A failure in one sentence: what is wrong, with the offending value, and what would be right.
///
/// The host puts the step's name (or the pipeline's file and line) in front of it.
public struct FloeError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sentence.
  public let message: String
  /// A failure from its sentence.
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}
