/// A fitted model: what it is and everything needed to apply it, as JSON.
public struct Model: Sendable, Hashable {
  /// What made it, for example `kmeans`.
  public var kind: String
  /// The model itself; its keys are the fitting step's.
  public var body: JSONValue
  /// A model.
  public init(kind: String, body: JSONValue) {
    self.kind = kind
    self.body = body
  }
}
