import FloeSDK

/// Reads expressions by recursive descent, weakest operator first.
struct ExpressionParser {
  private let tokens: [(text: String, place: Int)]
  private let text: String, names: [String]
  private var next = 0, depth = 0
  private(set) var used: Set<Int> = []

  init(text: String, names: [String]) {
    self.text = text
    self.names = names
    tokens = Self.tokens(of: text)
  }

  /// The whole text as one expression.
  mutating func whole() throws(FloeError) -> Expression.Node {
    if tokens.isEmpty { throw FloeError("is empty; write for example (B02 - B04) / (B02 + B04)") }
    let node = try binary(0)
    if next < tokens.count { throw unexpected("an operator or the end") }
    return node
  }

  private static let levels: [[String]] = [
    ["or"], ["and"], ["<", "<=", ">", ">=", "==", "!="], ["+", "-"], ["*", "/"],
  ]

  private mutating func binary(_ level: Int) throws(FloeError) -> Expression.Node {
    guard level < Self.levels.count else { return try unary() }
    var left = try binary(level + 1)
    while let sign = peek, Self.levels[level].contains(sign), let operation = Expression.Operation(rawValue: sign) {
      next += 1
      left = .call(operation, [left, try binary(level + 1)])
    }
    return left
  }

  private mutating func unary() throws(FloeError) -> Expression.Node {
    depth += 1
    defer { depth -= 1 }
    // Each level takes stack; nobody writes this many.
    if depth > 200 { throw FloeError("is nested more than 200 deep") }
    if peek == "-" {
      next += 1
      return .call(.negate, [try unary()])
    }
    if peek == "not" {
      next += 1
      return .call(.not, [try unary()])
    }
    let base = try atom()
    guard peek == "^" else { return base }
    next += 1
    return .call(.power, [base, try unary()])
  }

  private mutating func atom() throws(FloeError) -> Expression.Node {
    guard let word = peek else { throw unexpected("a band, a number or '('") }
    next += 1
    if word == "(" {
      let inner = try binary(0)
      try expect(")")
      return inner
    }
    if let first = word.first, first.isNumber || first == "." {
      guard let v = Float(word) else {
        throw FloeError("'\(word)' at character \(tokens[next - 1].place) is no number")
      }
      return .number(v)
    }
    if peek == "(", let operation = Expression.Operation(rawValue: word), let arity = operation.arity {
      next += 1
      var arguments = [try binary(0)]
      while peek == "," {
        next += 1
        arguments.append(try binary(0))
      }
      try expect(")")
      if arguments.count != arity { throw FloeError("'\(word)' takes \(arity) arguments, not \(arguments.count)") }
      return .call(operation, arguments)
    }
    if let band = names.firstIndex(of: word) {
      used.insert(band)
      return .band(band)
    }
    next -= 1
    guard let first = word.first, first.isLetter || first == "_" else { throw unexpected("a band, a number or '('") }
    let functions = Expression.Operation.allCases.filter { $0.arity != nil }.map(\.rawValue)
    let near = Spelling.nearest(word, among: names + functions).map { " (did you mean '\($0)'?)" } ?? ""
    throw FloeError("names '\(word)', which is no band\(near); the raster has \(names.joined(separator: ", "))")
  }

  private var peek: String? { next < tokens.count ? tokens[next].text : nil }

  private mutating func expect(_ sign: String) throws(FloeError) {
    guard peek == sign else { throw unexpected("'\(sign)'") }
    next += 1
  }

  private func unexpected(_ wanted: String) -> FloeError {
    next < tokens.count
      ? FloeError(
        "has '\(tokens[next].text)' at character \(tokens[next].place) of '\(text)', where \(wanted) is needed")
      : FloeError("'\(text)' ends where \(wanted) is needed")
  }

  /// Names (letters, digits, `_`), numbers and signs with their places from 1; `"name"` quotes a band with other
  /// characters.
  private static func tokens(of text: String) -> [(text: String, place: Int)] {
    let c = Array(text)
    var result: [(String, Int)] = []
    var i = 0
    while i < c.count {
      let start = i
      if c[i].isWhitespace {
        i += 1
        continue
      }
      if c[i] == "\"" {
        i += 1
        while i < c.count, c[i] != "\"" { i += 1 }
        result.append((String(c[start + 1..<i]), start + 1))
        i += 1
        continue
      }
      if c[i].isNumber || c[i] == "." {
        while i < c.count,
          c[i].isNumber || c[i] == "." || c[i] == "e" || c[i] == "E"
            || (c[i] == "-" || c[i] == "+") && "eE".contains(c[i - 1]) && i > start
        { i += 1 }
      } else if c[i].isLetter || c[i] == "_" {
        while i < c.count, c[i].isLetter || c[i].isNumber || c[i] == "_" { i += 1 }
      } else {
        i += i + 1 < c.count && c[i + 1] == "=" && "<>=!".contains(c[i]) ? 2 : 1
      }
      result.append((String(c[start..<i]), start + 1))
    }
    return result
  }
}

extension Expression {
  /// Reads an expression over bands of the given names.
  ///
  /// - Throws: a sentence with the place and what would be right.
  init(_ text: String, bands names: [String]) throws(FloeError) {
    var parser = ExpressionParser(text: text, names: names)
    root = try parser.whole()
    bands = parser.used.sorted()
  }
}
