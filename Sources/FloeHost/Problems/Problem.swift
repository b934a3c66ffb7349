import FloeSDK

/// One mistake in a request: where it is and a sentence.
public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file, flag or folder that the mistake is in; empty for none.
  public let file: String
  /// Counted from 1; 0 where no line is to blame.
  public let line: Int
  /// The sentence.
  public let message: String
  /// The step that it is about; empty for none.
  public var step = ""
  /// Whether it is about what lies in the output folder, so that the same request may be sound another time.
  public var isOfFolder = false

  /// A mistake at a line of a file.
  public init(file: String, line: Int, _ message: String) {
    self.file = file
    self.line = line
    self.message = message
  }
  public var description: String {
    line > 0 ? "\(file):\(line): \(message)" : file.isEmpty ? message : "\(file): \(message)"
  }
}
