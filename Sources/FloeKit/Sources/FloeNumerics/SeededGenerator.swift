/// A seeded random generator: xoshiro256++ 1.0 of Blackman and Vigna, its state filled by SplitMix64.
///
/// The same seed gives the same numbers on every machine. Not for secrets.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var s0, s1, s2, s3: UInt64
  /// The second number of the last Gaussian pair.
  private var spare: Double?

  /// A generator from a seed; `stream` gives independent sequences of one seed, for example one a start.
  public init(seed: UInt64, stream: UInt64 = 0) {
    var mix = SplitMix64(state: seed &+ stream &* 0xD134_2543_DE82_EF95)
    s0 = mix.next()
    s1 = mix.next()
    s2 = mix.next()
    s3 = mix.next()
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let sum = s0 &+ s3
    let result = (sum << 23 | sum >> 41) &+ s0
    let t = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = s3 << 45 | s3 >> 19
    return result
  }

  /// A uniform number in 0 ..< 1, a multiple of 2^-53.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A uniform number in `low ..< high`.
  public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

  /// A uniform integer in 0 ..< count, by Lemire's multiplication with rejection; 0 for a count below 2.
  public mutating func index(below count: Int) -> Int {
    guard count > 1 else { return 0 }
    let n = UInt64(count)
    let limit = (0 &- n) % n
    while true {
      let product = next().multipliedFullWidth(by: n)
      if product.low >= limit { return Int(product.high) }
    }
  }

  /// A number of the standard normal distribution, by Marsaglia's polar method.
  public mutating func gaussian() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    while true {
      let u = uniform(-1, 1)
      let v = uniform(-1, 1)
      let s = u * u + v * v
      guard s > 0, s < 1 else { continue }
      let factor = (-2 * naturalLog(s) / s).squareRoot()
      spare = v * factor
      return u * factor
    }
  }
}

/// Steele, Lea and Flood's SplitMix64: fills states from seeds and hashes counters.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64
  /// A generator from its state.
  public init(state: UInt64) { self.state = state }
  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
