/// A result for people or programs that is neither raster, table nor model: a score, a report.
public struct Document: Sendable, Hashable {
  /// A heading.
  public var title: String
  /// The content for programs; written as `.json`.
  public var body: JSONValue
  /// The content for people; written as `.txt`, `.html` or `.csv` by the ending of this dictionary's key.
  public var renderings: [String: String]
  /// Files that are written beside the document whatever its ending, by path relative to its folder, for example
  /// `figures/map.svg`.
  public var attachments: [String: [UInt8]]
  /// A document.
  public init(title: String, body: JSONValue, renderings: [String: String] = [:], attachments: [String: [UInt8]] = [:])
  {
    self.title = title
    self.body = body
    self.renderings = renderings
    self.attachments = attachments
  }
}
