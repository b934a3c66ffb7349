import FloeSDK

/// Links of STAC items and catalogues.
enum StacLink {
  /// A link; `href` is relative.
  static func make(_ rel: String, _ href: String, type: String = "application/json", title: String? = nil)
    -> JSONValue
  {
    var members: [String: JSONValue] = ["rel": .string(rel), "href": .string(href), "type": .string(type)]
    if let title { members["title"] = .string(title) }
    return .object(members)
  }
}
