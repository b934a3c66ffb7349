import FloeSDK

/// Numbers with a fixed number of decimals.
enum Decimals {
  /// For example `0.9800`; the value must be finite and of moderate size.
  static func text(_ value: Double, _ digits: Int) -> String {
    var power = 1.0
    for _ in 0..<digits { power *= 10 }
    let scaled = Int((abs(value) * power).rounded())
    let whole = scaled / Int(power)
    let rest = String(scaled % Int(power))
    return (value < 0 && scaled > 0 ? "-" : "") + "\(whole)." + String(repeating: "0", count: digits - rest.count)
      + rest
  }
}
