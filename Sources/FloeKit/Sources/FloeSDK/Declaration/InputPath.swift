/// A file or folder that must exist; relative paths count from the pipeline's folder, on the command line from the
/// working one.
public struct InputPath: ParameterValue, Hashable {
  /// The path as it was given, made absolute by the host.
  public let path: String
  /// A path.
  public init(_ path: String) { self.path = path }
  public static var typeName: String { "path" }
  public init(literal: ParameterLiteral) throws(FloeError) {
    guard let t = literal.text, !t.isEmpty else { throw FloeError("must be a path, not '\(literal.description)'") }
    path = t
  }
  public var literal: ParameterLiteral { .text(path) }
}
