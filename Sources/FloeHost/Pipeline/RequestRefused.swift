import FloeSDK

/// All mistakes of a request; nothing was computed.
public struct RequestRefused: Error, Sendable, CustomStringConvertible {
  /// One mistake each.
  public let problems: [Problem]
  /// A refusal with its reasons.
  public init(_ problems: [Problem]) { self.problems = problems }
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
