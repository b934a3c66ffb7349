import FloeSDK

/// The words of a command line with placeholders such as `{input.samples}`.
///
/// No shell ever sees them: a value stays one argument whatever characters it holds. A word whose placeholder has no
/// value (an optional input or parameter that was left out) is left out as a whole. A word that is nothing but a
/// placeholder for several values becomes several arguments; inside a longer word they are joined by commas.
struct CommandTemplate: Sendable {
  private enum Piece: Sendable {
    case text(String)
    case placeholder(String)
  }
  private let words: [[Piece]]

  /// A template; text in braces that does not look like a name stays as it is.
  init(_ words: [String]) { self.words = words.map(Self.pieces) }

  /// The names in braces.
  var placeholders: [String] {
    words.joined().compactMap { if case .placeholder(let name) = $0 { name } else { nil } }
  }

  /// The arguments; `values` gives the texts for each name.
  func filled(_ values: [String: [String]]) -> [String] {
    words.flatMap { word -> [String] in
      if word.count == 1, case .placeholder(let name) = word[0] { return values[name] ?? [] }
      var text = ""
      for piece in word {
        switch piece {
        case .text(let t): text += t
        case .placeholder(let name):
          guard let value = values[name], !value.isEmpty else { return [] }
          text += value.joined(separator: ",")
        }
      }
      return [text]
    }
  }

  private static func pieces(_ word: String) -> [Piece] {
    var found: [Piece] = []
    var rest = word[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      let name = rest[rest.index(after: open)..<close]
      let isName = !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
      let before = rest[..<(isName ? open : rest.index(after: close))]
      if !before.isEmpty { found.append(.text(String(before))) }
      if isName { found.append(.placeholder(String(name))) }
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty || found.isEmpty { found.append(.text(String(rest))) }
    return found
  }
}
