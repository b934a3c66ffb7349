import FloeSDK
import Foundation

/// Markdown of declarations as a terminal shows it: marks taken out, each paragraph and item of a list filled once.
enum HelpText {
  private enum Part {
    case prose(String)
    /// An item of a list with its mark, `- ` or `1. `.
    case item(mark: String, text: String)
    /// A line that stays as it is: a formula, a piece of a pipeline.
    case verbatim(String)
    case gap
  }

  /// The text broken at spaces to the given width; between parts one empty line at most.
  static func filled(_ markdown: String, width: Int = min(100, Terminal.width), indent: String = "") -> String {
    var lines: [String] = []
    for part in parts(markdown) {
      switch part {
      case .prose(let text): lines.append(Terminal.wrapped(plain(text), width: width, indent: indent))
      case .item(let mark, let text):
        lines.append(hanging(plain(text), first: indent + mark, width: width))
      case .verbatim(let line): lines.append(indent + line)
      case .gap: lines.append("")
      }
    }
    return lines.joined(separator: "\n")
  }

  /// Text whose first line begins with `first`, and the others with as many spaces.
  static func hanging(_ text: String, first: String, width: Int = min(100, Terminal.width)) -> String {
    let body = Terminal.wrapped(text, width: width, indent: String(repeating: " ", count: first.count))
    return first + body.dropFirst(first.count)
  }

  /// Markdown without its marks: code, emphasis.
  static func plain(_ text: String) -> String {
    text.replacing(#/\*\*([^*]+)\*\*/#) { match in String(match.output.1) }
      .replacing(#/(^|[\s(])\*([^*\s](?:[^*]*[^*\s])?)\*(?!\w)/#) { match in
        String(match.output.1) + String(match.output.2)
      }
      .replacing("`", with: "")
  }

  private static func parts(_ markdown: String) -> [Part] {
    var parts: [Part] = []
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = String(line.drop { $0 == " " })
      let depth = line.count - text.count
      if text.isEmpty {
        if let last = parts.last, !isGap(last) { parts.append(.gap) }
        continue
      }
      let startsPart = parts.last.map { isGap($0) } ?? true
      if depth >= 4, startsPart || isVerbatim(parts.last) {
        parts.append(.verbatim("    " + text))
      } else if let mark = mark(of: text, startsPart: startsPart || isItem(parts.last)) {
        parts.append(.item(mark: mark, text: String(text.dropFirst(mark.count))))
      } else {
        switch parts.last {
        case .prose(let before)?: parts[parts.count - 1] = .prose(before + " " + text)
        case .item(let mark, let before)?: parts[parts.count - 1] = .item(mark: mark, text: before + " " + text)
        case .verbatim?, .gap?, nil: parts.append(.prose(text))
        }
      }
    }
    if let last = parts.last, isGap(last) { parts.removeLast() }
    return parts
  }

  /// The mark that begins an item; numbers are marks only where an item may begin, since sentences hold them too.
  private static func mark(of text: String, startsPart: Bool) -> String? {
    if text.hasPrefix("- ") { return "- " }
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard startsPart, !digits.isEmpty, text.dropFirst(digits.count).hasPrefix(". ") else { return nil }
    return digits + ". "
  }

  private static func isGap(_ part: Part) -> Bool { if case .gap = part { true } else { false } }
  private static func isItem(_ part: Part?) -> Bool { if case .item? = part { true } else { false } }
  private static func isVerbatim(_ part: Part?) -> Bool { if case .verbatim? = part { true } else { false } }
}
