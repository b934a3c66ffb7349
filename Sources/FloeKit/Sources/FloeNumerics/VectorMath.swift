/// exp of eight single-precision numbers at once, for arguments from -87 to 88; below, it returns about 1e-38.
///
/// Cody-Waite reduction to |r| <= ln 2 / 2 and the polynomial of Cephes' `expf` (S. Moshier, 1989). The relative
/// error stays under 2e-7; `exponential` is the exact version. Rounding is done by adding 1.5 * 2^23, because the
/// baseline x86-64 has no rounding instruction, and products are not fused, because it has no fused ones either.
@inlinable @inline(__always)
public func vectorExp(_ argument: SIMD8<Float>) -> SIMD8<Float> {
  let floor = SIMD8<Float>(repeating: -87)
  let ceiling = SIMD8<Float>(repeating: 88)
  var x = argument.replacing(with: floor, where: argument .< floor)
  x.replace(with: ceiling, where: x .> ceiling)
  let magic = SIMD8<Float>(repeating: 12_582_912)
  let shifted = x * 1.442_695_04 + magic
  let n = shifted - magic
  let r = (x - n * 0.693_359_375) - n * -2.121_944_4e-4
  var p = r * 1.987_569_15e-4 + 1.398_199_95e-3
  p = p * r + 8.333_451_9e-3
  p = p * r + 4.166_579_6e-2
  p = p * r + 1.666_666_55e-1
  p = p * r + 5.000_000_1e-1
  let mantissa = p * (r * r) + (r + 1)
  // Safe because both types are eight lanes of 32 bits; the lanes become the powers of two 2^n, n in -126 ... 127.
  let bits = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- 0x4B40_0000
  return mantissa * unsafeBitCast((bits &+ 127) &<< 23, to: SIMD8<Float>.self)
}

/// The natural logarithm of eight normal, positive single-precision numbers at once.
///
/// The polynomial of Cephes' `logf`; the absolute error stays under 2e-7 times the larger of 1 and the result.
/// `naturalLog` is the exact version. Zero, negative, infinite and NaN arguments give meaningless numbers.
@inlinable @inline(__always)
public func vectorLog(_ argument: SIMD8<Float>) -> SIMD8<Float> {
  // Safe because both types are eight lanes of 32 bits.
  let bits = unsafeBitCast(argument, to: SIMD8<Int32>.self)
  // The mantissa comes to lie in sqrt(1/2) ... sqrt(2): subtracting the bits of sqrt(1/2) carries into the exponent.
  let exponent = (bits &- 0x3F35_04F3) &>> 23
  let x = unsafeBitCast(bits &- (exponent &<< 23), to: SIMD8<Float>.self) - 1
  // Adding 1.5 * 2^23 in the bits turns a small integer into a float without a conversion per lane.
  let e = unsafeBitCast(exponent &+ 0x4B40_0000, to: SIMD8<Float>.self) - 12_582_912
  let z = x * x
  var p = x * 7.037_683_6e-2 - 1.151_461_03e-1
  p = p * x + 1.167_699_87e-1
  p = p * x - 1.242_014_08e-1
  p = p * x + 1.424_932_28e-1
  p = p * x - 1.666_805_77e-1
  p = p * x + 2.000_071_5e-1
  p = p * x - 2.499_999_4e-1
  p = p * x + 3.333_333_1e-1
  var y = x * z * p
  y = y + e * -2.121_944_4e-4
  y = y - z * 0.5
  return x + y + e * 0.693_359_375
}
