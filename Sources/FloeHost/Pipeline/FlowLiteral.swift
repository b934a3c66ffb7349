import FloeSDK
import Foundation
import Yams

/// Lists and maps on the command line, written as a pipeline writes them: `[B02, B03]`, `{ lead: dark }`.
public enum FlowLiteral {
  /// What a text says for a parameter of a type; nil for a text that is no list or map of that form, such as `B02,B03`
  /// and `lead=dark,sea_ice=rest`.
  ///
  /// - Throws: the second half of a sentence whose first is the parameter's name.
  public static func read(_ text: String, type: String) throws(FloeError) -> ParameterLiteral? {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    let form: String
    if type == "map", trimmed.contains("{") {
      form = trimmed.hasPrefix("{") || trimmed.hasPrefix("[") ? trimmed : "{ \(trimmed) }"
    } else if type.hasPrefix("list"), trimmed.hasPrefix("["), trimmed.hasSuffix("]") {
      form = trimmed
    } else {
      return nil
    }
    let root: Node?
    do { root = try YamlText.compose(form) } catch {
      throw FloeError("cannot be read as a map or list: '\(text)' \(mistake(error)); \(advice)")
    }
    guard let literal = root?.literal, literal.text == nil else {
      throw FloeError("cannot be read as a map or list: '\(text)'; \(advice)")
    }
    if case .map(let entries) = literal,
      let stray = entries.first(where: { $0.value == .text("") && $0.key.contains("=") })
    {
      throw FloeError("has '\(stray.key)' between braces, where a map is written name: value; \(advice)")
    }
    return literal
  }

  /// Two values of one flag as one, the later after the earlier.
  ///
  /// - Throws: the second half of a sentence whose first is the parameter's name.
  public static func joined(
    _ earlier: ParameterLiteral, _ later: ParameterLiteral, type: String
  ) throws(FloeError) -> ParameterLiteral {
    if let first = earlier.text, let second = later.text { return .text("\(first),\(second)") }
    if type == "map" {
      let first = try entries(earlier)
      let second = try entries(later)
      return .map(first + second)
    }
    return .list(items(earlier) + items(later))
  }

  private static func items(_ literal: ParameterLiteral) -> [ParameterLiteral] {
    switch literal {
    case .list(let items): items
    case .text(let text):
      text.split(separator: ",").map { .text($0.trimmingCharacters(in: .whitespaces)) }
    case .map: [literal]
    }
  }

  private static func entries(_ literal: ParameterLiteral) throws(FloeError) -> [ParameterLiteral.Entry] {
    var found: [ParameterLiteral.Entry] = []
    switch literal {
    case .map(let entries): found = entries
    case .list(let items): for item in items { found += try entries(item) }
    case .text(let text):
      for part in text.split(separator: ",") {
        guard let cut = part.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
          throw FloeError("must be written key=value,key=value; '\(part)' has no '='")
        }
        let value = part[part.index(after: cut)...].trimmingCharacters(in: .whitespaces)
        found.append(.init(part[..<cut].trimmingCharacters(in: .whitespaces), .text(value)))
      }
    }
    return found
  }

  private static func mistake(_ error: any Error) -> String {
    (error as? YamlError)?.problem(in: "").message ?? "is not YAML"
  }

  private static let advice = """
    write it as a pipeline does, in quotes: '{ thin_ice: { rule: "brightness < 0.75", code: 10, color: "#5aae61" }, \
    sea_ice: rest }' (a text with '#' or ',' needs quotes of its own), or short: lead=dark,sea_ice=rest
    """
}
