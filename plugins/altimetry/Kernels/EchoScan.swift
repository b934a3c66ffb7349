/// Statistics of an echo from one pass over its samples.
struct EchoScan {
  /// The place of the first largest finite sample above 0; -1 where there is none.
  var peak = -1
  /// That sample; 0 where there is none.
  var top: Float = 0
  /// Whether every sample is a number.
  var isFinite = true

  /// Looks at all samples, eight at once.
  init(_ echo: UnsafeBufferPointer<Float>) {
    let n = echo.count
    let raw = UnsafeRawBufferPointer(echo)
    var best = SIMD8<Float>.zero
    var ghost = SIMD8<Float>.zero
    var i = 0
    let limit = SIMD8<Float>(repeating: .infinity)
    while i + 8 <= n {
      let v = raw.loadUnaligned(fromByteOffset: 4 * i, as: SIMD8<Float>.self)
      best.replace(with: v, where: (v .> best) .& (v .< limit))
      // 0 for a number, NaN for anything else.
      ghost += v - v
      i += 8
    }
    for lane in 0..<8 {
      if best[lane] > top { top = best[lane] }
      if ghost[lane].isNaN { isFinite = false }
    }
    while i < n {
      let v = echo[i]
      if v > top && v.isFinite { top = v }
      if !v.isFinite { isFinite = false }
      i += 1
    }
    if top > 0 { peak = echo.firstIndex(of: top) ?? -1 }
  }

  /// The sum of the finite samples.
  static func total(_ echo: UnsafeBufferPointer<Float>) -> Double {
    var sums = SIMD4<Double>.zero
    var i = 0
    func term(_ v: Float) -> Double { v.isFinite ? Double(v) : 0 }
    while i + 4 <= echo.count {
      sums += SIMD4(term(echo[i]), term(echo[i + 1]), term(echo[i + 2]), term(echo[i + 3]))
      i += 4
    }
    while i < echo.count {
      sums[0] += term(echo[i])
      i += 1
    }
    return sums.sum()
  }
}
