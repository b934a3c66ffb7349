/// A page of a catalogue's answer, as it is asked for.
public struct CataloguePage: Sendable, Hashable {
  /// The address; one that stands in an answer counts from the address of that answer.
  public var url: String
  /// The body of a POST; nil for a GET.
  public var body: JSONValue?
  /// Whether the body holds only what differs from that of the page before (STAC API, `merge`).
  public var isMerged: Bool

  /// A page.
  public init(url: String, body: JSONValue? = nil, isMerged: Bool = false) {
    self.url = url
    self.body = body
    self.isMerged = isMerged
  }
}
