/// Numbers in tags.
enum JSONValueText {
  /// Without fraction where there is none.
  static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }
}
