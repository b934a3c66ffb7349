import FloeSDK

/// All mistakes of a request; nothing was computed.
public struct RequestRefused: Error, Sendable, CustomStringConvertible {
  /// One mistake each.
  public let problems: [Problem]
  /// A refusal with its reasons.
  public init(_ problems: [Problem]) { self.problems = problems }
  /// A refusal of a request that is no file, with its one reason.
  static func because(_ message: String) -> RequestRefused {
    RequestRefused([Problem(file: "", line: 0, message)])
  }
  /// The step that the first reason about a step is about; empty where none is.
  public var step: String { problems.lazy.map(\.step).first { !$0.isEmpty } ?? "" }
  /// Whether nothing but the output folder is in the way.
  public var isOfFolder: Bool { !problems.isEmpty && problems.allSatisfy(\.isOfFolder) }
  /// The reasons, a line each.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
