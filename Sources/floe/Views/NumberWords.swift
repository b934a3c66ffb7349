import Foundation

/// Numbers as `floe info` prints them: to be copied into other programs, without marks between thousands.
enum NumberWords {
  /// At most ten significant digits: `7900020`, `0.0001`, `NaN`.
  static func text(_ value: Double) -> String { value.isNaN ? "NaN" : String(format: "%.10g", value) }

  /// How stored numbers become physical ones: `DN * 0.0001 - 0.1`; the stored number's name alone where they are equal.
  static func linear(_ stored: String, scale: Double, offset: Double) -> String {
    let scaled = scale == 1 ? stored : "\(stored) * \(text(scale))"
    return offset == 0 ? scaled : "\(scaled) \(offset < 0 ? "-" : "+") \(text(abs(offset)))"
  }
}
