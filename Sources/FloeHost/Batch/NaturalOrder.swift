/// The order of names in which numbers inside of them count as numbers: S1, S2, S10.
package enum NaturalOrder {
  /// Whether one name comes before another one. Names that differ in zeros before their numbers alone are told apart by
  /// their bytes.
  package static func precedes(_ a: String, _ b: String) -> Bool {
    let (own, other) = (runs(Array(a.utf8)), runs(Array(b.utf8)))
    for (x, y) in zip(own, other) where x != y {
      if isNumber(x), isNumber(y) {
        let (p, q) = (Array(x.drop { $0 == 48 }), Array(y.drop { $0 == 48 }))
        if p == q { continue }
        return p.count != q.count ? p.count < q.count : p.lexicographicallyPrecedes(q)
      }
      return x.lexicographicallyPrecedes(y)
    }
    return own.count != other.count ? own.count < other.count : a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  private static func isNumber(_ run: [UInt8]) -> Bool { run.first.map(isDigit) ?? false }
  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  /// Runs of digits and runs of other bytes, in turn.
  private static func runs(_ bytes: [UInt8]) -> [[UInt8]] {
    var found: [[UInt8]] = []
    for byte in bytes {
      if let last = found.last, isNumber(last) == isDigit(byte) {
        found[found.count - 1].append(byte)
      } else {
        found.append([byte])
      }
    }
    return found
  }
}
