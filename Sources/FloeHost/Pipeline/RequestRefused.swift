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
  /// The reasons, a line each.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
