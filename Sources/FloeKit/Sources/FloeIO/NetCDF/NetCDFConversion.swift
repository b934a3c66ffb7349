import FloeCore

/// How the stored numbers of a variable become physical ones, and which of them mean "missing".
///
/// After the NetCDF Users Guide, appendix A, and CF 1.10, sections 2.5.1 and 8.1: `_FillValue`, `missing_value` and
/// numbers outside of `valid_min`, `valid_max` or `valid_range` are missing; `_Unsigned` says what the bits of classic
/// files mean. Numbers that an attribute holds as text are taken for numbers.
struct NetCDFConversion: Sendable {
  /// Stored numbers that are missing, with their sign decided.
  let missing: [Double]
  /// Stored numbers below or above are missing.
  let low: Double, high: Double
  let scale: Double, offset: Double

  init(_ v: NetCDFVariable, path: String) throws {
    let who = "variable '\(v.name)' of '\(path)'"
    func numbers(_ name: String) throws -> [Double]? {
      guard let attribute = v.attributes[name] else { return nil }
      if let found = attribute.numbers { return found }
      let words = (attribute.text ?? "").split { $0 == " " || $0 == "," || $0 == "\0" }
      let found = words.compactMap { Double($0) }
      guard !words.isEmpty, found.count == words.count else {
        throw FloeError("\(who) has the attribute \(name) '\(attribute.text ?? "")', which is no number")
      }
      return found
    }
    let scale = try numbers("scale_factor")?.first ?? 1
    let offset = try numbers("add_offset")?.first ?? 0
    (self.scale, self.offset) = (scale, offset)
    guard scale.isFinite, offset.isFinite, scale != 0 else {
      throw FloeError("\(who) has scale_factor \(scale) and add_offset \(offset), with which no number can be read")
    }
    let span = v.type.isInteger && v.isReallyUnsigned ? (v.type.bits >= 64 ? 0x1p64 : Double(1 << v.type.bits)) : 0
    /// A number of an attribute as the variable's own type holds it.
    func stored(_ value: Double) -> Double {
      if v.type == .float32 { return Double(Float(value)) }
      if span > 0, value < 0 { return value + span }
      return v.isReallySigned && value >= Double(1 << (v.type.bits - 1)) ? value - Double(1 << v.type.bits) : value
    }
    let fill = try numbers("_FillValue") ?? v.defaultFill.map { [$0] } ?? []
    // A number that the type cannot hold equals no stored one; netCDF4-python leaves it out of account too.
    let declared = try numbers("missing_value") ?? []
    let odd = declared.filter { !v.holds($0) }
    if !odd.isEmpty, v.attributes["missing_value"]?.numbers != nil {
      LibraryNotices.add(
        "\(who) declares the missing value \(odd[0]), which its type \(v.type.rawValue) cannot hold; it masks nothing")
    }
    missing = (fill + declared.filter(v.holds)).map(stored)

    var low = -Double.infinity
    var high = Double.infinity
    let isPacked = v.type.isInteger && (v.attributes["scale_factor"] != nil || v.attributes["add_offset"] != nil)
    func limit(_ name: String, _ place: Int, _ count: Int) throws -> Double? {
      guard let found = try numbers(name) else { return nil }
      guard found.count == count else {
        throw FloeError("\(who) has the attribute \(name) with \(found.count) numbers; \(count) are right")
      }
      return found[place]
    }
    func isPhysical(_ name: String) -> Bool {
      guard isPacked, case .numbers(_, let type)? = v.attributes[name] else { return false }
      return type == .float32 || type == .float64
    }
    for (name, lowest, highest) in [
      ("valid_range", try limit("valid_range", 0, 2), try limit("valid_range", 1, 2)),
      ("valid_min", try limit("valid_min", 0, 1), nil), ("valid_max", nil, try limit("valid_max", 0, 1)),
    ] as [(String, Double?, Double?)] {
      var (a, b) = (lowest, highest)
      if isPhysical(name) {
        // Limits in the type of the unpacked numbers are about those; a small tolerance is left for rounding.
        let packed = [a, b].map { $0.map { ($0 - offset) / scale } }
        (a, b) = scale > 0 ? (packed[0], packed[1]) : (packed[1], packed[0])
        a = a.map { ($0 - 1e-6).rounded(.up) }
        b = b.map { ($0 + 1e-6).rounded(.down) }
      } else {
        (a, b) = (a.map(stored), b.map(stored))
      }
      if let a, a > low { low = a }
      if let b, b < high { high = b }
    }
    guard low <= high else { throw FloeError("\(who) calls no number valid: its limits are \(low) and \(high)") }
    (self.low, self.high) = (low, high)
  }

  /// Stored numbers in place become physical ones, NaN where missing.
  func apply(to values: inout [Double]) {
    for fill in missing { for i in values.indices where values[i] == fill { values[i] = .nan } }
    if low > -.infinity || high < .infinity {
      for i in values.indices where values[i] < low || values[i] > high { values[i] = .nan }
    }
    // Left alone where nothing is scaled, so that whole numbers and -0 stay what they are.
    if scale != 1 || offset != 0 { for i in values.indices { values[i] = values[i] * scale + offset } }
  }

  /// The limits as a whole-number type holds them; nil where every number of the type lies within.
  func range<T: FixedWidthInteger>(of: T.Type) -> ClosedRange<T>? {
    let a = low <= Double(T.min) ? T.min : T(exactly: low.rounded(.up)) ?? T.max
    let b = high >= Double(T.max) ? T.max : T(exactly: high.rounded(.down)) ?? T.min
    return a == T.min && b == T.max || a > b ? nil : a...b
  }
}
