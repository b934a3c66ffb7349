import FloeSDK
import Glibc

/// A Gaussian a * exp(-(x - x0)² / 2 sigma²) fitted to samples at x = 0, 1, 2, ...
public struct GaussianFit: Sendable, Equatable {
  public var amplitude: Double
  /// The centre x0 in samples.
  public var centre: Double
  /// |sigma| in samples.
  public var sigma: Double

  /// First moment and root second moment about it of non-negative samples, in samples; nil without power.
  public static func moments(_ y: [Double]) -> (mean: Double, root: Double)? {
    var sum = 0.0, first = 0.0
    for (i, v) in y.enumerated() where v.isFinite {
      sum += v
      first += v * Double(i)
    }
    guard sum > 0 else { return nil }
    let mean = first / sum
    var second = 0.0
    for (i, v) in y.enumerated() where v.isFinite { second += v * (Double(i) - mean) * (Double(i) - mean) }
    return (mean, max(0, second / sum).squareRoot())
  }

  /// 0.5 (sum y²)² / sum y⁴: the course notebook's other measure of width, which it never uses; NaN without power.
  public static func notebookWidth(_ y: [Double]) -> Double {
    var two = 0.0, four = 0.0
    for v in y where v.isFinite {
      two += v * v
      four += v * v * v * v
    }
    return four > 0 ? 0.5 * two * two / four : .nan
  }

  /// The least-squares fit by Levenberg and Marquardt's method in double precision.
  ///
  /// It starts at the maximum, the first moment and the root second moment, as the course's call of scipy's `curve_fit`
  /// does, and agrees with that within its tolerance. Values that are not finite are left out. Nil where it does not converge.
  public init?(_ y: [Double], iterations: Int = 200) {
    guard let start = Self.moments(y), start.root > 0, let top = y.filter(\.isFinite).max(), top > 0 else { return nil }
    // The problem is solved for a maximum of 1, so that tolerances mean the same for any scale of power.
    let x = y.indices.filter { y[$0].isFinite }.map(Double.init), v = y.filter(\.isFinite).map { $0 / top }
    guard v.count >= 3 else { return nil }
    var p = SIMD3(1, start.mean, start.root)
    // exp(-u²/2) at each sample serves the error of a step and, once the step is taken, the next equations.
    var bell = [Double](repeating: 0, count: v.count), trialBell = bell
    var error = Self.residual(x, v, p, &bell), damping = 1e-3, converged = false
    loop: for _ in 0..<iterations {
      let (normal, gradient) = Self.normalEquations(x, v, p, bell)
      while damping < 1e12 {
        guard let step = Self.solve(normal, gradient, damping) else {
          damping *= 10
          continue
        }
        let trial = p + step, next = Self.residual(x, v, trial, &trialBell)
        if next.isFinite, next <= error, trial.z != 0 {
          let small = (step * step).sum().squareRoot() <= 1e-9 * ((p * p).sum().squareRoot() + 1e-9)
          let flat = error - next <= 1e-14 * error
          p = trial
          error = next
          swap(&bell, &trialBell)
          damping = max(damping / 10, 1e-14)
          if small || flat {
            converged = true
            break loop
          }
          continue loop
        }
        damping *= 10
      }
      // No step of any length lowers the error: this is the minimum to working precision.
      converged = true
      break
    }
    guard converged, p.x.isFinite, p.y.isFinite, p.z.isFinite else { return nil }
    amplitude = p.x * top
    centre = p.y
    sigma = abs(p.z)
  }

  private static func residual(_ x: [Double], _ y: [Double], _ p: SIMD3<Double>, _ bell: inout [Double]) -> Double {
    var sum = 0.0
    let width = 1 / p.z
    for i in x.indices {
      let u = (x[i] - p.y) * width
      let e = u * u > 1400 ? 0 : exp(-0.5 * u * u), d = y[i] - p.x * e
      bell[i] = e
      sum += d * d
    }
    return sum
  }

  /// The lower triangle of JᵀJ (00, 10, 11, 20, 21, 22) and Jᵀr.
  private static func normalEquations(
    _ x: [Double], _ y: [Double], _ p: SIMD3<Double>, _ bell: [Double]
  ) -> (Triangle, SIMD3<Double>) {
    var a = Triangle(), g0 = 0.0, g1 = 0.0, g2 = 0.0
    let width = 1 / p.z
    for i in x.indices {
      let u = (x[i] - p.y) * width, e = bell[i]
      let j1 = p.x * e * u * width, j2 = j1 * u, r = y[i] - p.x * e
      a.a00 += e * e
      a.a10 += j1 * e
      a.a11 += j1 * j1
      a.a20 += j2 * e
      a.a21 += j2 * j1
      a.a22 += j2 * j2
      g0 += e * r
      g1 += j1 * r
      g2 += j2 * r
    }
    return (a, SIMD3(g0, g1, g2))
  }

  private struct Triangle { var a00 = 0.0, a10 = 0.0, a11 = 0.0, a20 = 0.0, a21 = 0.0, a22 = 0.0 }

  /// Cholesky's solution of (JᵀJ + damping * diag) step = Jᵀr; nil where it is not positive definite.
  private static func solve(_ a: Triangle, _ g: SIMD3<Double>, _ damping: Double) -> SIMD3<Double>? {
    let d0 = a.a00 * (1 + damping) + 1e-300
    guard d0 > 0 else { return nil }
    let l00 = d0.squareRoot(), l10 = a.a10 / l00, l20 = a.a20 / l00
    let d1 = a.a11 * (1 + damping) - l10 * l10
    guard d1 > 0 else { return nil }
    let l11 = d1.squareRoot(), l21 = (a.a21 - l20 * l10) / l11
    let d2 = a.a22 * (1 + damping) - l20 * l20 - l21 * l21
    guard d2 > 0 else { return nil }
    let l22 = d2.squareRoot()
    let y0 = g.x / l00, y1 = (g.y - l10 * y0) / l11, y2 = (g.z - l20 * y0 - l21 * y1) / l22
    let s2 = y2 / l22, s1 = (y1 - l21 * s2) / l11
    return SIMD3((y0 - l10 * s1 - l20 * s2) / l00, s1, s2)
  }
}
