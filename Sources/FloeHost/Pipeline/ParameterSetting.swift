import FloeSDK

/// A parameter as a pipeline sets it.
public struct ParameterSetting: Sendable {
  /// The value as written.
  public let literal: ParameterLiteral
  /// The line in the file, from 1.
  public let line: Int

  /// A parameter's literal and its line.
  public init(literal: ParameterLiteral, line: Int) {
    self.literal = literal
    self.line = line
  }
}
