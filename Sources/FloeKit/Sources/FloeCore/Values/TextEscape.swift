/// Texts of files and pipelines made harmless inside of another language.
///
/// All work on bytes: a quote that a combining mark follows is one character of Swift's and still a quote for SQL,
/// gnuplot and XML.
public enum TextEscape {
  /// A text between single quotes as gnuplot takes it without reading anything into it; one line, no control codes.
  ///
  /// `]]>` is broken up, since gnuplot's SVG holds texts as CDATA.
  public static func gnuplot(_ text: String) -> String {
    var out: [UInt8] = [UInt8(ascii: "'")]
    for byte in oneLine(text).utf8 {
      if byte == UInt8(ascii: "'") { out.append(byte) }
      if byte == UInt8(ascii: ">"), out.suffix(2) == [UInt8(ascii: "]"), UInt8(ascii: "]")] { out.append(32) }
      out.append(byte)
    }
    return String(decoding: out + [UInt8(ascii: "'")], as: UTF8.self)
  }

  /// A text on one line without control codes, for comments and titles; each code and line break becomes a space.
  public static func oneLine(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(isControl(scalar) ? " " : scalar) }
    return String(result)
  }

  /// A text as an SQL literal; a zero byte would end the statement and is left out.
  public static func sql(_ text: String) -> String { quoted(text, by: UInt8(ascii: "'")) }

  /// A name as an SQL identifier.
  public static func sqlName(_ text: String) -> String { quoted(text, by: UInt8(ascii: "\"")) }

  /// A cell of a CSV file, between quotes where it has to be (RFC 4180).
  public static func csv(_ text: String) -> String {
    let special = text.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }
    guard special || text.utf8.first == 32 || text.utf8.last == 32 else { return text }
    return quoted(text, by: UInt8(ascii: "\""), keepsZero: true)
  }

  /// A text inside of an element or an attribute of XML or HTML; what XML 1.0 forbids becomes U+FFFD.
  public static func xml(_ text: String) -> String {
    var out = ""
    out.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      case "\t", "\n": out.unicodeScalars.append(scalar)
      case "\r": out += "&#13;"
      case _ where isControl(scalar) || scalar.value & 0xfffe == 0xfffe: out.unicodeScalars.append("\u{fffd}")
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// A text as a terminal shows it without obeying: control codes in caret-less form, `\u{1B}`; line breaks and tabs
  /// stay.
  ///
  /// Marks that turn the direction of writing are shown likewise, since they make a name look like another.
  public static func terminal(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { !(isControl($0) || isTurn($0)) || $0 == "\n" || $0 == "\t" }
    if isPlain { return text }
    var out = ""
    for scalar in text.unicodeScalars {
      if scalar == "\n" || scalar == "\t" || !(isControl(scalar) || isTurn(scalar)) {
        out.unicodeScalars.append(scalar)
      } else {
        out += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      }
    }
    return out
  }

  /// A text for people to read, on a page: control codes and marks that turn the direction of writing become U+FFFD;
  /// line breaks and tabs stay.
  public static func visible(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isHidden = (isControl(scalar) || isTurn(scalar)) && scalar != "\n" && scalar != "\t"
      result.append(isHidden ? "\u{fffd}" : scalar)
    }
    return String(result)
  }

  private static func quoted(_ text: String, by quote: UInt8, keepsZero: Bool = false) -> String {
    var out: [UInt8] = [quote]
    for byte in text.utf8 where byte != 0 || keepsZero {
      if byte == quote { out.append(byte) }
      out.append(byte)
    }
    return String(decoding: out + [quote], as: UTF8.self)
  }

  /// C0, DEL and C1 controls, and the line and paragraph separators of Unicode.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 32 || (127...159).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
  }

  private static func isTurn(_ scalar: Unicode.Scalar) -> Bool {
    (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
  }
}
