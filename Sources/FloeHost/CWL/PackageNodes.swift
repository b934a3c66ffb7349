import FloeIO
import Foundation
import Yams

/// What a package's document is put together from.
extension ApplicationPackage {
  /// A text; a package goes to others, so that URLs in it are without what they hide.
  static func text(_ value: String) -> Node {
    Node(RemotePath.redacted(value), Tag(.str), value.contains("\n") ? .literal : .doubleQuoted)
  }
  static func number(_ value: Int) -> Node { Node(String(value), Tag(.int)) }
  static func list(_ values: [Node]) -> Node { .sequence(.init(values)) }
  static func map(_ pairs: [(Node, Node)]) -> Node { .mapping(.init(pairs)) }

  /// A text of JavaScript in double quotes.
  static func quoted(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\" + String(scalar)
      case "\u{20}"..."\u{7e}": result.unicodeScalars.append(scalar)
      default: result += String(scalar.utf16.map { unit in "\\u" + hex(unit) }.joined())
      }
    }
    return "\"\(result)\""
  }

  private static func hex(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}
