import FloeSDK

/// Reads expressions by recursive descent, weakest operator first; operators bind as in Python.
struct ExpressionParser {
  /// A name, number or sign.
  private struct Token {
    let text: String
    /// The character at which it begins, from 1.
    let place: Int
    /// Whether it stood in double quotes, so that it is a band's name whatever it looks like.
    let isQuoted: Bool
  }
  private let tokens: [Token]
  private let text: String, names: [String]
  private var next = 0, depth = 0
  private(set) var used: Set<Int> = []
  /// Each operator takes stack while it is computed; nobody writes this many.
  private static let most = 2000

  /// - Throws: a sentence when a quote is not closed.
  init(text: String, names: [String]) throws(FloeError) {
    self.text = text
    self.names = names
    tokens = try Self.tokens(of: text)
  }

  /// The whole text as one expression.
  mutating func whole() throws(FloeError) -> Expression.Node {
    if tokens.isEmpty { throw FloeError("is empty; write for example (B02 - B04) / (B02 + B04)") }
    guard tokens.count <= Self.most else {
      throw FloeError("has \(tokens.count) names, numbers and signs; \(Self.most) are possible")
    }
    let node = try logical("or")
    if next < tokens.count { throw unexpected("an operator or the end") }
    return node
  }

  private static let comparisons = ["<", "<=", ">", ">=", "==", "!="]

  /// `or`, below it `and`.
  private mutating func logical(_ word: String) throws(FloeError) -> Expression.Node {
    func operand(_ parser: inout Self) throws(FloeError) -> Expression.Node {
      if word == "or" { return try parser.logical("and") }
      return try parser.negation()
    }
    var left = try operand(&self)
    while peek == word {
      next += 1
      left = .call(word == "or" ? .or : .and, [left, try operand(&self)])
    }
    return left
  }

  /// `not`, which binds weaker than comparisons.
  private mutating func negation() throws(FloeError) -> Expression.Node {
    guard peek == "not" else { return try comparison() }
    try descend()
    defer { depth -= 1 }
    next += 1
    return .call(.not, [try negation()])
  }

  /// `a < b < c` means `a < b and b < c`.
  private mutating func comparison() throws(FloeError) -> Expression.Node {
    var left = try sum(0)
    var pairs: [Expression.Node] = []
    while let sign = peek, Self.comparisons.contains(sign), let operation = Expression.Operation(rawValue: sign) {
      next += 1
      let right = try sum(0)
      pairs.append(.call(operation, [left, right]))
      left = right
    }
    guard var result = pairs.first else { return left }
    for pair in pairs.dropFirst() { result = .call(.and, [result, pair]) }
    return result
  }

  private static let levels: [[String]] = [["+", "-"], ["*", "/"]]

  private mutating func sum(_ level: Int) throws(FloeError) -> Expression.Node {
    guard level < Self.levels.count else { return try unary() }
    var left = try sum(level + 1)
    while let sign = peek, Self.levels[level].contains(sign), let operation = Expression.Operation(rawValue: sign) {
      next += 1
      left = .call(operation, [left, try sum(level + 1)])
    }
    return left
  }

  private mutating func unary() throws(FloeError) -> Expression.Node {
    try descend()
    defer { depth -= 1 }
    if peek == "-" {
      next += 1
      return .call(.negate, [try unary()])
    }
    if peek == "not" { throw unexpected("a band, a number or '('; put the 'not' and what it is about in parentheses") }
    let base = try atom()
    if peek == "*", next + 1 < tokens.count, tokens[next + 1].text == "*", !tokens[next + 1].isQuoted {
      throw FloeError("has '**' at character \(tokens[next].place) of '\(text)'; powers are written with '^'")
    }
    guard peek == "^" else { return base }
    next += 1
    return .call(.power, [base, try unary()])
  }

  private mutating func atom() throws(FloeError) -> Expression.Node {
    guard next < tokens.count else { throw unexpected("a band, a number or '('") }
    let token = tokens[next]
    let word = token.text
    next += 1
    if token.isQuoted { return try band(word) }
    if word == "(" {
      let inner = try logical("or")
      try expect(")")
      return inner
    }
    if let first = word.first, first.isNumber || first == "." {
      guard let v = Double(word), v.isFinite else {
        throw FloeError("'\(word)' at character \(token.place) is no number")
      }
      return .number(v)
    }
    if peek == "(", let operation = Expression.Operation(rawValue: word), let arity = operation.arity {
      next += 1
      var arguments = [try logical("or")]
      while peek == "," {
        next += 1
        arguments.append(try logical("or"))
      }
      try expect(")")
      if arguments.count != arity { throw FloeError("'\(word)' takes \(arity) arguments, not \(arguments.count)") }
      return .call(operation, arguments)
    }
    return try band(word)
  }

  private mutating func band(_ word: String) throws(FloeError) -> Expression.Node {
    if let band = names.firstIndex(of: word) {
      used.insert(band)
      return .band(band)
    }
    let token = tokens[next - 1]
    guard token.isQuoted || word.first.map({ $0.isLetter || $0 == "_" }) == true else {
      next -= 1
      throw unexpected("a band, a number or '('")
    }
    let functions = Expression.Operation.allCases.filter { $0.arity != nil }.map(\.rawValue)
    if !token.isQuoted, functions.contains(word) {
      throw FloeError("has '\(word)' at character \(token.place) of '\(text)' without '(' after it, as functions need")
    }
    let near =
      Spelling.nearest(word, among: names + (token.isQuoted ? [] : functions)).map { " (did you mean '\($0)'?)" } ?? ""
    throw FloeError("names '\(word)', which is no band\(near); the raster has \(names.joined(separator: ", "))")
  }

  /// The next sign or word; nil for a quoted name, which is neither.
  private var peek: String? { next < tokens.count && !tokens[next].isQuoted ? tokens[next].text : nil }

  private mutating func descend() throws(FloeError) {
    depth += 1
    if depth > 200 { throw FloeError("is nested more than 200 deep") }
  }

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

  /// Names (letters, digits, `_`), numbers and signs; `"name"` quotes a band with other characters.
  private static func tokens(of text: String) throws(FloeError) -> [Token] {
    let c = Array(text)
    var result: [Token] = []
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
        guard i < c.count else {
          throw FloeError("has a quote at character \(start + 1) of '\(text)' that is not closed")
        }
        result.append(Token(text: String(c[start + 1..<i]), place: start + 1, isQuoted: true))
        i += 1
        continue
      }
      if c[i].isNumber || c[i] == "." {
        while i < c.count, c[i].isNumber || c[i] == "." || isExponent(c, i, start) { i += 1 }
      } else if c[i].isLetter || c[i] == "_" {
        while i < c.count, c[i].isLetter || c[i].isNumber || c[i] == "_" { i += 1 }
      } else {
        i += i + 1 < c.count && c[i + 1] == "=" && "<>=!".contains(c[i]) ? 2 : 1
      }
      result.append(Token(text: String(c[start..<i]), place: start + 1, isQuoted: false))
    }
    return result
  }

  /// Whether a character within a number is its `e` or the sign after it.
  private static func isExponent(_ c: [Character], _ i: Int, _ start: Int) -> Bool {
    if c[i] == "e" || c[i] == "E" { return true }
    return (c[i] == "-" || c[i] == "+") && i > start && (c[i - 1] == "e" || c[i - 1] == "E")
  }
}

extension Expression {
  /// Reads an expression over bands of the given names.
  ///
  /// - Throws: a sentence with the place and what would be right.
  init(_ text: String, bands names: [String]) throws(FloeError) {
    var parser = try ExpressionParser(text: text, names: names)
    root = try parser.whole()
    bands = parser.used.sorted()
  }
}
