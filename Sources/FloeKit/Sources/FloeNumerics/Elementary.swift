import Glibc

/// The natural logarithm; NaN below zero.
public func naturalLog(_ x: Double) -> Double { log(x) }

/// The exponential function.
public func exponential(_ x: Double) -> Double { exp(x) }

/// The number halfway: `a` at `t` 0, `b` at `t` 1.
@inlinable public func interpolate<T: BinaryFloatingPoint>(_ a: T, _ b: T, at t: T) -> T { a + (b - a) * t }

/// The value at `x` of the line through (`xs`, `ys`); `xs` rises strictly. Outside the ends' values hold; NaN for no
/// points.
public func interpolate(_ x: Double, xs: [Double], ys: [Double]) -> Double {
  guard let firstX = xs.first, let lastX = xs.last, xs.count == ys.count else { return .nan }
  if x.isNaN { return .nan }
  if x <= firstX { return ys[0] }
  if x >= lastX { return ys[ys.count - 1] }
  var low = 0
  var high = xs.count - 1
  while high - low > 1 {
    let middle = (low + high) / 2
    if xs[middle] <= x { low = middle } else { high = middle }
  }
  return interpolate(ys[low], ys[high], at: (x - xs[low]) / (xs[high] - xs[low]))
}
