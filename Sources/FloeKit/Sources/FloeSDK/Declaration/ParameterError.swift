/// A mistake in one parameter or port of a step; the host adds step, file and line.
public struct ParameterError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The parameter's name as pipelines write it.
  public let parameter: String
  /// What is wrong, with the offending value and what would be right.
  public let message: String
  /// A mistake in a parameter.
  public init(_ parameter: String, _ message: String) {
    self.parameter = parameter
    self.message = message
  }
  public var description: String { "'\(parameter)' \(message)" }
}

/// All mistakes found while binding a step's parameters and ports.
public struct BindingErrors: Error, Sendable {
  /// One mistake each, in the order of the declaration.
  public let errors: [ParameterError]
  /// At least one mistake.
  public init(errors: [ParameterError]) { self.errors = errors }
}
