import FloeSDK
internal import Foundation

/// Numbers and names as people read them.
package enum ReportFormat {
  /// Up to `digits` significant digits, without an exponent for usual sizes, with a real minus; `–` for a missing
  /// value.
  package static func number(_ v: Double?, _ digits: Int = 4) -> String {
    guard let v, v.isFinite else { return "–" }
    if v == v.rounded(), abs(v) < 1e9 { return count(Int(v)) }
    if abs(v) >= 1e4, abs(v) < 1e9 { return count(Int(v.rounded())) }
    let text = String(format: "%.\(digits)g", v)
    guard let letter = text.firstIndex(of: "e") else { return signed(text) }
    // A number with more digits before its point than are asked for.
    if abs(v) >= 1, abs(v) < 1e9 { return count(Int(v.rounded())) }
    let power = Int(text[text.index(after: letter)...]) ?? 0
    let raised = String(abs(power)).compactMap { $0.wholeNumberValue.map { Array("⁰¹²³⁴⁵⁶⁷⁸⁹")[$0] } }
    return "\(signed(String(text[..<letter]))) × 10\(power < 0 ? "⁻" : "")\(String(raised))"
  }
  /// `0.158 ± 0.014`: both with the decimals that the deviation's two leading digits have.
  package static func spread(_ mean: Double?, _ deviation: Double?) -> String {
    guard let mean, mean.isFinite, let deviation, deviation.isFinite, deviation > 1e-6, abs(mean) < 1e9,
      deviation < 1e9
    else { return "\(number(mean)) ± \(number(deviation, 2))" }
    let decimals = max(0, 1 - Int(log10(deviation).rounded(.down)))
    func text(_ v: Double) -> String { decimals == 0 ? count(Int(v.rounded())) : fixed(v, decimals) }
    return "\(text(mean)) ± \(text(deviation))"
  }
  /// `1 lead`, `12 345 leads`.
  package static func counted(_ n: Int, _ word: String, _ plural: String = "s") -> String {
    "\(count(n)) \(word)\(n == 1 ? "" : plural)"
  }
  /// A fixed number of decimals.
  package static func fixed(_ v: Double?, _ decimals: Int) -> String {
    guard let v, v.isFinite else { return "–" }
    let text = String(format: "%.\(decimals)f", v)
    return text.contains { $0 != "-" && $0 != "0" && $0 != "." } ? signed(text) : text.replacing("-", with: "")
  }
  /// A number with a real minus.
  private static func signed(_ text: String) -> String { text.replacing("-", with: "−") }
  /// Thousands parted by thin spaces.
  package static func count(_ n: Int) -> String {
    let digits = String(n.magnitude)
    guard digits.count > 4 else { return (n < 0 ? "−" : "") + digits }
    var out = ""
    for (i, c) in digits.enumerated() {
      if i > 0, (digits.count - i) % 3 == 0 { out += "\u{202f}" }
      out.append(c)
    }
    return (n < 0 ? "−" : "") + out
  }
  /// The nearest whole number; `–` for one that is missing or beyond counting.
  static func count(_ v: Double) -> String { abs(v) < 1e15 ? count(Int(v.rounded())) : "–" }
  static func share(_ v: Double) -> String { fixed(v * 100, 1) + " %" }
  /// `name (unit)`; a dimensionless one has its name alone. A unit at the name's end is not repeated.
  static func axis(_ name: String, _ unit: PhysicalUnit) -> String {
    if unit == .dimensionless || unit.rawValue.isEmpty || unit.rawValue == "1" { return words(name) }
    let ending = "_" + unit.rawValue
    let own = name.hasSuffix(ending) && name != ending ? String(name.dropLast(ending.count)) : name
    return "\(words(own)) (\(unit.rawValue))"
  }
  /// A text that begins with a capital letter.
  static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
  /// What a band holds, in a few words: what its summary says before its definition, else its name.
  static func title(_ band: BandSpec) -> String {
    let head = words(String(band.summary.prefix { $0 != ":" && $0 != ";" }))
    if !head.isEmpty, head.count < 50 { return sentence(head) }
    return head.isEmpty ? band.name : "\(sentence(words(band.quantity))) (\(band.name))"
  }
  /// Features by the names that people use for them.
  static func feature(_ name: String) -> String {
    switch ColumnName(rawValue: name) {
    case .backscatter: "Backscatter (dB)"
    case .stackDeviation: "Stack standard deviation (looks)"
    case .peakiness: "Peakiness"
    case .leadingEdgeWidth: "Leading edge width (bins)"
    default: name
    }
  }
  /// A name of a pipeline as words: `altimeter_and_scene` is "altimeter and scene".
  package static func words(_ name: String) -> String { name.replacing("_", with: " ") }
  /// What a comparison calls its sides, in words: `column fp_majority` is what that column of floe's holds.
  static func side(_ text: String) -> String {
    guard text.hasPrefix("column ") else { return words(text) }
    let column = String(text.dropFirst(7))
    switch ColumnName(rawValue: column) {
    case .classCode: return "class of the record"
    case .esaClass: return "ESA's flag"
    case .footprintMajority: return "most frequent class in the footprint"
    case .pixelClass: return "class of the pixel under the point"
    case .cluster: return "cluster number"
    default: return column == "rule_code" ? "published limits" : text
    }
  }
  /// Letters, digits and `-`, for files and anchors.
  static func slug(_ text: String) -> String {
    var out = ""
    for c in text.lowercased() {
      if c.isASCII, c.isLetter || c.isNumber {
        out.append(c)
      } else if !out.hasSuffix("-"), !out.isEmpty {
        out.append("-")
      }
    }
    return out.hasSuffix("-") ? String(out.dropLast()) : out
  }
  /// The slugs of several names, each with a number where it is empty or another one's.
  package static func slugs(_ names: [String]) -> [String] {
    var used: Set<String> = []
    return names.map { name in
      let short = slug(name)
      return distinct(short.isEmpty ? "unnamed" : short, from: &used)
    }
  }
  /// The name, or with the first number that parts it from the used ones, which it joins.
  static func distinct(_ name: String, from used: inout Set<String>) -> String {
    var found = name
    var n = 2
    while !used.insert(found).inserted {
      found = "\(name)-\(n)"
      n += 1
    }
    return found
  }
  /// "a", "a and b", "a, b and c".
  static func list(_ parts: [String]) -> String {
    parts.count < 2 ? parts.joined() : parts.dropLast().joined(separator: ", ") + " and " + parts[parts.count - 1]
  }
  /// How data were thinned; empty where they were not.
  package static func thinned(_ step: Int, _ what: String) -> String {
    guard step > 1 else { return "" }
    let ending = step % 100 / 10 == 1 ? "th" : [1: "st", 2: "nd", 3: "rd"][step % 10] ?? "th"
    return "every \(step)\(ending) \(what) is drawn"
  }
}

extension ReportFormat {
  /// A number in a data file: seven significant digits.
  static func data(_ v: Double) -> String {
    v == v.rounded() && abs(v) < 1e9 ? String(Int(v)) : String(format: "%.7g", v)
  }
}
