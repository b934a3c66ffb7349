/// The run was interrupted; not a failure to explain.
public struct Cancelled: Error, Sendable {
  /// The only value.
  public init() {}
}
