import FloeIO
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
    var sum = 0.0
    var first = 0.0
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
    var two = 0.0
    var four = 0.0
    for v in y where v.isFinite {
      two += v * v
      four += v * v * v * v
    }
    return four > 0 ? 0.5 * two * two / four : .nan
  }

  /// The least-squares fit by Levenberg and Marquardt's method in double precision.
  ///
  /// It starts at the maximum, the first moment and the root second moment, and goes on to the minimum. Values that are
  /// not finite are left out. Nil where it does not converge.
  /// `plain` asks for the reference version of the sums, which takes the exponential of every sample.
  public init?(_ y: [Double], iterations: Int = 2000, plain: Bool = false) {
    guard let start = Self.moments(y), start.root > 0 else { return nil }
    var top = 0.0
    var finite = 0
    for v in y where v.isFinite {
      top = max(top, v)
      finite += 1
    }
    guard top > 0, finite >= 3 else { return nil }
    // The problem is solved for a maximum of 1, so that tolerances mean the same for any scale of power.
    let scale = 1 / top
    let v = y.map { $0 * scale }
    let takesEach = plain || !v.allSatisfy(\.isFinite)
    func sums(_ p: SIMD3<Double>) -> GaussianSums {
      v.withUnsafeBufferPointer { takesEach ? GaussianSums(plain: $0, p) : GaussianSums($0, p) }
    }
    var p = SIMD3(1, start.mean, start.root)
    var at = sums(p)
    var damping = 1e-3
    var converged = false
    loop: for _ in 0..<iterations {
      while damping < 1e12 {
        guard let step = Self.solve(at, damping) else {
          damping *= 10
          continue
        }
        let trial = p + step
        guard trial.z != 0 else {
          damping *= 10
          continue
        }
        let next = sums(trial)
        if next.error.isFinite, next.error <= at.error {
          let small = (step * step).sum().squareRoot() <= 1e-9 * ((p * p).sum().squareRoot() + 1e-9)
          let flat = at.error - next.error <= 1e-14 * at.error
          p = trial
          at = next
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

  /// The fit that scipy's `curve_fit` gives from the same start with its default tolerances, which may end up to some
  /// hundredths of a sample before the minimum. Nil where it raises an error, and with missing values.
  public static func curveFit(_ y: [Double]) -> GaussianFit? {
    guard let start = moments(y), let top = y.max(), top > 0, y.allSatisfy(\.isFinite) else { return nil }
    let found = LeastSquares.fit([top, start.mean, start.root], count: y.count) { p, residuals in
      for i in residuals.indices {
        let d = Double(i) - p[1]
        residuals[i] = p[0] * exp(-(d * d) / (2 * p[2] * p[2])) - y[i]
      }
    }
    return found.map { GaussianFit(amplitude: $0[0], centre: $0[1], sigma: abs($0[2])) }
  }

  private init(amplitude: Double, centre: Double, sigma: Double) {
    self.amplitude = amplitude
    self.centre = centre
    self.sigma = sigma
  }

  /// Cholesky's solution of (JᵀJ + damping * diag) step = Jᵀr; nil where it is not positive definite.
  private static func solve(_ a: GaussianSums, _ damping: Double) -> SIMD3<Double>? {
    let d0 = a.a00 * (1 + damping) + 1e-300
    guard d0 > 0 else { return nil }
    let l00 = d0.squareRoot()
    let l10 = a.a10 / l00
    let l20 = a.a20 / l00
    let d1 = a.a11 * (1 + damping) - l10 * l10
    guard d1 > 0 else { return nil }
    let l11 = d1.squareRoot()
    let l21 = (a.a21 - l20 * l10) / l11
    let d2 = a.a22 * (1 + damping) - l20 * l20 - l21 * l21
    guard d2 > 0 else { return nil }
    let l22 = d2.squareRoot()
    let y0 = a.gradient.x / l00
    let y1 = (a.gradient.y - l10 * y0) / l11
    let y2 = (a.gradient.z - l20 * y0 - l21 * y1) / l22
    let s2 = y2 / l22
    let s1 = (y1 - l21 * s2) / l11
    return SIMD3((y0 - l10 * s1 - l20 * s2) / l00, s1, s2)
  }
}
