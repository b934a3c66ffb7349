/// A number for a sentence: two decimals near one, three significant digits for small ones.
func short(_ x: Double) -> String {
  guard x.isFinite, abs(x) < 1e15 else { return "\(x)" }
  var digits = 100.0
  while abs(x) * digits < 10 && x != 0 && digits < 1e8 { digits *= 10 }
  let rounded = (x * digits).rounded() / digits
  return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
}
