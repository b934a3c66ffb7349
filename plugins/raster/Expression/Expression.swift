import FloeSDK
import Glibc

/// A checked arithmetic expression over bands, for example `(B02 - B04) / (B02 + B04)`.
///
/// `+ - * / ^`, comparisons `< <= > >= == !=` (1 or 0), `and or not`, parentheses, numbers, band names, and the
/// functions `abs sqrt log log10 exp min max where`. `and`, `or` and `not` bind as in Python and give 1 or 0, of
/// numbers too. `where(c, a, b)` is a where c is not 0, else b, and looks at that one alone. NaN in gives NaN out.
struct Expression: Sendable {
  indirect enum Node: Sendable {
    case number(Double)
    case band(Int)
    case call(Operation, [Node])
  }
  enum Operation: String, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case power = "^"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case equal = "=="
    case notEqual = "!="
    case and, or, not, negate, abs, sqrt, log, log10, exp, min, max, `where`
    /// The number of arguments of a function; nil for an operator.
    var arity: Int? {
      switch self {
      case .abs, .sqrt, .log, .log10, .exp: 1
      case .min, .max: 2
      case .where: 3
      default: nil
      }
    }
  }
  let root: Node
  /// The places of the bands that are read, rising.
  let bands: [Int]

  /// Whether single precision holds the numbers that are written: within its range, whole ones exactly.
  var isSingle: Bool { Self.isSingle(root) }

  private static func isSingle(_ node: Node) -> Bool {
    switch node {
    case .number(let v):
      let single = Float(v)
      guard v != 0, v != v.rounded() else { return Double(single) == v }
      return single.isFinite && single.magnitude >= Float.leastNormalMagnitude
    case .band: return true
    case .call(_, let arguments): return arguments.allSatisfy { isSingle($0) }
    }
  }

  /// The values of every pixel; `band(i)` gives those of a band.
  func evaluate<T: ExpressionNumber>(count: Int, _ band: (Int) -> [T]) -> [T] { Self.evaluate(root, count, band) }

  private static func evaluate<T: ExpressionNumber>(_ node: Node, _ count: Int, _ band: (Int) -> [T]) -> [T] {
    switch node {
    case .number(let v): return [T](repeating: T(v), count: count)
    case .band(let i): return band(i)
    case .call(let operation, let arguments): return apply(operation, arguments.map { evaluate($0, count, band) })
    }
  }

  /// C's pow of anything and 0, and of 1 and anything, is 1, of NaN too; 0 to a negative power is a division by zero.
  private static func power<T: ExpressionNumber>(_ a: T, _ b: T) -> T {
    if a.isNaN || b.isNaN { return .nan }
    return a == 0 && b < 0 ? .nan : T.power(a, b)
  }

  private static func apply<T: ExpressionNumber>(_ operation: Operation, _ v: [[T]]) -> [T] {
    func one(_ f: (T) -> T) -> [T] { v[0].map(f) }
    func two(_ f: (T, T) -> T) -> [T] {
      var out = v[0]
      for i in out.indices { out[i] = f(out[i], v[1][i]) }
      return out
    }
    func truth(_ f: (T, T) -> Bool) -> [T] { two { $0.isNaN || $1.isNaN ? .nan : f($0, $1) ? 1 : 0 } }
    switch operation {
    case .add: return two { $0 + $1 }
    case .subtract: return two { $0 - $1 }
    case .multiply: return two { $0 * $1 }
    case .divide: return two { $1 == 0 ? .nan : $0 / $1 }
    case .power: return two { power($0, $1) }
    case .less: return truth { $0 < $1 }
    case .lessOrEqual: return truth { $0 <= $1 }
    case .greater: return truth { $0 > $1 }
    case .greaterOrEqual: return truth { $0 >= $1 }
    case .equal: return truth { $0 == $1 }
    case .notEqual: return truth { $0 != $1 }
    case .and: return truth { $0 != 0 && $1 != 0 }
    case .or: return truth { $0 != 0 || $1 != 0 }
    case .not: return one { $0.isNaN ? .nan : $0 == 0 ? 1 : 0 }
    case .negate: return one { -$0 }
    case .abs: return one { Swift.abs($0) }
    case .sqrt: return one { $0 < 0 ? .nan : $0.squareRoot() }
    case .log: return one { $0 > 0 ? T.naturalLogarithm($0) : .nan }
    case .log10: return one { $0 > 0 ? T.decimalLogarithm($0) : .nan }
    case .exp: return one { T.exponential($0) }
    case .min: return two { $0.isNaN || $1.isNaN ? .nan : Swift.min($0, $1) }
    case .max: return two { $0.isNaN || $1.isNaN ? .nan : Swift.max($0, $1) }
    case .where:
      var out = v[0]
      for i in out.indices { out[i] = out[i].isNaN ? .nan : out[i] != 0 ? v[1][i] : v[2][i] }
      return out
    }
  }
}

/// A precision in which expressions are computed.
protocol ExpressionNumber: BinaryFloatingPoint, Sendable {
  static func power(_ a: Self, _ b: Self) -> Self
  static func naturalLogarithm(_ a: Self) -> Self
  static func decimalLogarithm(_ a: Self) -> Self
  static func exponential(_ a: Self) -> Self
}

extension Float: ExpressionNumber {
  static func power(_ a: Float, _ b: Float) -> Float { Glibc.pow(a, b) }
  static func naturalLogarithm(_ a: Float) -> Float { Glibc.log(a) }
  static func decimalLogarithm(_ a: Float) -> Float { Glibc.log10(a) }
  static func exponential(_ a: Float) -> Float { Glibc.exp(a) }
}

extension Double: ExpressionNumber {
  static func power(_ a: Double, _ b: Double) -> Double { Glibc.pow(a, b) }
  static func naturalLogarithm(_ a: Double) -> Double { Glibc.log(a) }
  static func decimalLogarithm(_ a: Double) -> Double { Glibc.log10(a) }
  static func exponential(_ a: Double) -> Double { Glibc.exp(a) }
}
