import FloeSDK

/// The parameter `names`: classes with the rules that give them, and with codes and colours of their own where wanted.
///
/// `{ lead: dark, sea_ice: rest }` uses the four codes of the altimeter's flag;
/// `{ water: { rule: dark, code: 10, color: "#004488", label: Open water } }` brings a class of its own.
struct ClassNames: ParameterValue, Hashable {
  /// A class and its rule as written.
  struct Entry: Hashable, Sendable {
    var name: String
    var rule: String
    var code: Int?
    var label: String?
    var color: RGB?
    var isOwn: Bool { code != nil || label != nil || color != nil }
  }
  var entries: [Entry]

  static var typeName: String { "map" }

  init(literal: ParameterLiteral) throws(FloeError) {
    var found: [Entry] = []
    switch literal {
    case .map(let map):
      for entry in map { found.append(try Self.entry(entry.key, entry.value)) }
    case .text(let text): found = try Self.entries(text)
    case .list(let parts):
      for part in parts {
        switch part {
        case .text(let text): found += try Self.entries(text)
        case .map(let map): for entry in map { found.append(try Self.entry(entry.key, entry.value)) }
        case .list: throw FloeError("must be a map of class: rule, not the list '\(literal.description)'")
        }
      }
    }
    entries = found
  }

  private static func entries(_ text: String) throws(FloeError) -> [Entry] {
    var found: [Entry] = []
    for part in text.split(separator: ",") {
      guard let cut = part.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
        throw FloeError("must be written class=rule,class=rule; '\(part)' has no '='")
      }
      found.append(
        Entry(name: trimmed(part[..<cut]), rule: trimmed(part[part.index(after: cut)...])))
    }
    return found
  }

  private static func trimmed(_ text: Substring) -> String {
    var left = text.drop(while: \.isWhitespace)
    while left.last?.isWhitespace == true { left.removeLast() }
    return String(left)
  }

  private static func entry(_ name: String, _ literal: ParameterLiteral) throws(FloeError) -> Entry {
    if let rule = literal.text { return Entry(name: name, rule: rule) }
    guard case .map(let keys) = literal else {
      throw FloeError(
        "must give a rule for '\(name)', or a map with rule, code, label and color, not '\(literal.description)'")
    }
    var entry = Entry(name: name, rule: "")
    for key in keys {
      guard let text = key.value.text else {
        throw FloeError("must give one text for '\(key.key)' of '\(name)', not '\(key.value.description)'")
      }
      switch key.key {
      case "rule": entry.rule = text
      case "label": entry.label = text
      case "code":
        guard let code = Int(text), (0...254).contains(code) else {
          throw FloeError("must give '\(name)' a code from 0 to 254, not '\(text)'")
        }
        entry.code = code
      case "color", "colour":
        guard let color = RGB(hex: text) else {
          throw FloeError("must give '\(name)' a color such as \"#004488\", not '\(text)'")
        }
        entry.color = color
      default:
        throw FloeError("must describe '\(name)' with rule, code, label and color, not '\(key.key)'")
      }
    }
    guard !entry.rule.isEmpty else { throw FloeError("must give '\(name)' a rule, for example rule: dark") }
    return entry
  }

  var literal: ParameterLiteral {
    .map(
      entries.map { entry in
        guard entry.isOwn else { return .init(entry.name, .text(entry.rule)) }
        var keys: [ParameterLiteral.Entry] = [.init("rule", .text(entry.rule))]
        if let code = entry.code { keys.append(.init("code", .text(String(code)))) }
        if let label = entry.label { keys.append(.init("label", .text(label))) }
        if let color = entry.color { keys.append(.init("color", .text("#" + color.hex))) }
        return .init(entry.name, .map(keys))
      })
  }

  /// The four classes of the altimeter's flag with those that the names bring or change.
  ///
  /// - Throws: what a code is taken by, or that a class of its own has none.
  func table() throws(FloeError) -> ClassTable {
    var classes = ClassTable.seaIce.entries
    for entry in entries where entry.isOwn || ClassTable.seaIce.named(entry.name) == nil {
      let known = ClassTable.seaIce.named(entry.name)
      guard entry.name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }),
        !entry.name.isEmpty
      else { throw FloeError("names has '\(entry.name)'; a class is named with letters, digits, '_' and '-'") }
      guard let code = entry.code ?? known?.code else {
        let near =
          Spelling.nearest(entry.name, among: ClassTable.seaIce.entries.map(\.name)).map { " (did you mean '\($0)'?)" }
          ?? ""
        throw FloeError(
          """
          names has no class '\(entry.name)'\(near); classes are \
          \(ClassTable.seaIce.entries.map(\.name).joined(separator: ", ")), and a class of your own needs a code, in a \
          pipeline names: { \(entry.name): { rule: "\(entry.rule)", code: 10 } }, in a flag the same in quotes: \
          --names '{ \(entry.name): { rule: "\(entry.rule)", code: 10 } }'
          """)
      }
      if let known, code != known.code { classes.removeAll { $0.code == known.code } }
      if let other = classes.first(where: { $0.code == code && $0.name != entry.name }) {
        throw FloeError(
          "names gives '\(entry.name)' the code \(code), which is that of '\(other.name)'; 4 to 254 are free")
      }
      classes.removeAll { $0.code == code }
      let label = entry.label ?? known?.label ?? Self.label(entry.name)
      let color = entry.color ?? known?.color ?? ClassTable.clusters(code + 1)[code]?.color ?? RGB(120, 120, 120)
      classes.append(ClassEntry(code: code, name: entry.name, label: label, color: color))
    }
    return ClassTable(classes)
  }

  /// `thin_ice` as `Thin ice`.
  private static func label(_ name: String) -> String {
    let words = String(name.map { $0 == "_" ? " " : $0 })
    return words.prefix(1).uppercased() + words.dropFirst()
  }
}

extension RGB {
  /// A colour from six hexadecimal digits, with or without `#`.
  init?(hex text: String) {
    let digits = text.hasPrefix("#") ? text.dropFirst() : text[...]
    guard digits.count == 6, digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else { return nil }
    self.init(
      UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value))
  }
}
