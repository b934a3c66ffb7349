/// Pages for people that a server sends in the place of a file, most often to log in.
public enum WebPage {
  /// Whether content begins as a page does.
  ///
  /// - Parameters:
  ///   - start: some of its first bytes.
  ///   - type: the media type that the server states.
  ///   - name: what was asked for; a name that ends in `.html` is meant to be a page.
  public static func isOne(_ start: some Sequence<UInt8>, type: String?, name: String) -> Bool {
    let lower = name.lowercased()
    if lower.hasSuffix(".html") || lower.hasSuffix(".htm") { return false }
    let text = String(decoding: Array(start.prefix(512)), as: UTF8.self).lowercased()
      .drop { $0.isWhitespace || $0 == "\u{feff}" }
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") { return true }
    // A product's manifest is XML, and some servers call that a page.
    return type?.lowercased().hasPrefix("text/html") == true && text.hasPrefix("<") && !text.hasPrefix("<?xml")
  }

  /// The end of the sentence about one.
  public static let sentence = "the server sends a web page, perhaps to log in, and no file"
}
