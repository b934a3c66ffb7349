import Glibc

/// The squared error of a Gaussian p.x * exp(-(x - p.y)² / 2 p.z²) beside samples at x = 0, 1, 2, ... and the sums of
/// its normal equations.
///
/// The samples are one apart, so each exponential is the one before times a factor that itself changes by a constant
/// factor: a few exponentials serve all samples. The reference takes one for each and leaves out what is not finite.
struct GaussianSums {
  /// The sum of squared residuals.
  var error = 0.0
  /// The lower triangle of JᵀJ.
  var a00 = 0.0, a10 = 0.0, a11 = 0.0, a20 = 0.0, a21 = 0.0, a22 = 0.0
  /// Jᵀr.
  var gradient = SIMD3<Double>.zero

  /// The sums over finite samples, one exponential each.
  init(plain y: UnsafeBufferPointer<Double>, _ p: SIMD3<Double>) {
    let width = 1 / p.z
    var sums = Sums<SIMD2<Double>>()
    for (i, v) in y.enumerated() where v.isFinite {
      let u = (Double(i) - p.y) * width
      sums.add(SIMD2(u, 0), SIMD2(u * u > 1400 ? 0 : exp(-0.5 * u * u), 0), SIMD2(v, 0), p.x)
    }
    self.init(sums, p)
  }

  /// The sums over samples that are all finite.
  ///
  /// Two lanes: nine sums of four would not fit into the sixteen registers that every processor of this kind has.
  init(_ y: UnsafeBufferPointer<Double>, _ p: SIMD3<Double>) {
    let width = 1 / p.z
    let n = y.count
    // Both ways lead from the sample nearest to the centre outward, so that no value grows.
    let nearest = p.y > 0 ? (p.y < Double(n - 1) ? Int(p.y.rounded()) : n - 1) : 0
    var sums = Sums<SIMD2<Double>>()
    let w2 = width * width
    let amplitude = p.x
    func bell(_ x: Double) -> Double { exp(-0.5 * (x - p.y) * (x - p.y) * w2) }
    // e(d + 2) = e(d) * exp(-(4 d + 4) w² / 2), and that factor changes by exp(-4 w²).
    let c = exp(-4 * w2)
    for sign in [1.0, -1.0] {
      let first = sign > 0 ? nearest : nearest - 1
      let count = sign > 0 ? n - nearest : nearest
      guard count > 0, let base = y.baseAddress else { continue }
      // d is the distance from the centre along the way.
      let d0 = (Double(first) - p.y) * sign
      let f = Double(first)
      var e = SIMD2(bell(f), bell(f + sign))
      var q = SIMD2(exp(-(2 * d0 + 2) * w2), exp(-(2 * d0 + 4) * w2))
      var u = SIMD2(d0, d0 + 1) * (width * sign)
      let step = SIMD2<Double>(repeating: 2 * width * sign)
      let stride = sign > 0 ? 1 : -1
      var at = base + first
      var left = count
      while left >= 2 {
        sums.add(u, e, SIMD2(at[0], at[stride]), amplitude)
        e *= q
        q *= c
        u += step
        at += 2 * stride
        left -= 2
      }
      if left == 1 { sums.add(u, SIMD2(e.x, 0), SIMD2(at[0], 0), amplitude) }
    }
    self.init(sums, p)
  }

  private init<V>(_ s: Sums<V>, _ p: SIMD3<Double>) {
    let width = 1 / p.z
    let k = p.x * width
    error = s.error.sum()
    a00 = s.e2.sum()
    a10 = k * s.e2u.sum()
    a20 = k * s.e2u2.sum()
    a11 = k * a20
    a21 = k * k * s.e2u3.sum()
    a22 = k * k * s.e2u4.sum()
    gradient = SIMD3(s.er.sum(), k * s.eru.sum(), k * s.eru2.sum())
  }
}

/// Sums of products of e = exp(-u²/2), u and r = y - amplitude * e, lane by lane.
private struct Sums<V: SIMD> where V.Scalar == Double {
  var error = V.zero, e2 = V.zero, e2u = V.zero, e2u2 = V.zero, e2u3 = V.zero, e2u4 = V.zero, er = V.zero, eru = V.zero,
    eru2 = V.zero

  @inline(__always) mutating func add(_ u: V, _ e: V, _ y: V, _ amplitude: Double) {
    let r = y - e * amplitude
    let s = e * e
    let t = e * r
    let su = s * u
    let tu = t * u
    let su2 = su * u
    let su3 = su2 * u
    error += r * r
    e2 += s
    e2u += su
    e2u2 += su2
    e2u3 += su3
    e2u4 += su3 * u
    er += t
    eru += tu
    eru2 += tu * u
  }
}
