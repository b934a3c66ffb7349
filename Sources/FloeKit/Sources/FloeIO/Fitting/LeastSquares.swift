internal import CMinpack

/// Nonlinear least squares by MINPACK's `lmdif`, with the settings of scipy's `curve_fit` and `leastsq`.
///
/// Derivatives are forward differences; it ends when the sum of squares or the parameters change by less than 1.49e-8
/// of themselves. That is a rule for ending and not the minimum to the last digit: whoever wants Python's numbers needs
/// the same rule. Source: More, Garbow and Hillstrom 1980, User Guide for MINPACK-1 (cminpack).
public enum LeastSquares {
  /// The residuals of a problem, called with the parameters and room for them.
  public typealias Residuals = (UnsafeBufferPointer<Double>, UnsafeMutableBufferPointer<Double>) -> Void

  /// Fits parameters so that the sum of squared residuals is least; nil where MINPACK does not come to an end, and for
  /// fewer residuals than parameters.
  ///
  /// - Parameters:
  ///   - start: the parameters to begin with.
  ///   - count: the number of residuals.
  public static func fit(_ start: [Double], count: Int, _ residuals: Residuals) -> [Double]? {
    let n = start.count
    guard n > 0, count >= n, let m = Int32(exactly: count) else { return nil }
    return withoutActuallyEscaping(residuals) { residuals in
      var problem = Problem(residuals: residuals)
      var x = start
      var f = [Double](repeating: 0, count: count)
      var jacobian = [Double](repeating: 0, count: count * n)
      var work = [Double](repeating: 0, count: 5 * n + count)
      var order = [Int32](repeating: 0, count: n)
      var calls: Int32 = 0
      let info = withUnsafeMutablePointer(to: &problem) { problem in
        work.withUnsafeMutableBufferPointer { work -> Int32 in
          guard let w = work.baseAddress else { return 0 }
          // In MINPACK's order: tolerances of the sum, the parameters and the gradient, most calls, step of the
          // differences (0: of working precision), scales, scaling by columns, first step, no printing.
          return lmdif(
            { told, m, n, x, f, _ in
              guard let told, let x, let f else { return -1 }
              told.assumingMemoryBound(to: Problem.self).pointee.residuals(
                UnsafeBufferPointer(start: x, count: Int(n)), UnsafeMutableBufferPointer(start: f, count: Int(m)))
              return 0
            }, problem, m, Int32(n), &x, &f, tolerance, tolerance, 0, Int32(200 * (n + 1)), 0, w, 1, 100, 0, &calls,
            &jacobian, m, &order, w + n, w + 2 * n, w + 3 * n, w + 4 * n, w + 5 * n)
        }
      }
      return (1...4).contains(info) && x.allSatisfy(\.isFinite) ? x : nil
    }
  }

  private struct Problem {
    let residuals: Residuals
  }

  /// scipy's default of `ftol` and `xtol`.
  private static let tolerance = 1.49012e-8
}
