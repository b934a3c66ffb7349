/// Anderson's mixing of depth one for Lloyd's steps, kept safe by the inertia.
///
/// With f = T(c) - c, the next centres are T(c) - g (T(c) - T(c')), g = <f, f - f'> / |f - f'|², primes standing for the step before.
/// Where the inertia at the mixed centres is larger than before, the plain step is taken instead and the memory cleared: Lloyd's
/// own steps never raise it. Source: Walker and Ni 2011, SIAM J. Numer. Anal. 49(4).
struct LloydAcceleration {
  /// `values[cluster * features + feature]` in the feature space.
  private var lastStep: [Double]?
  private var lastTarget: [Double] = []
  private var lastInertia = Double.infinity
  /// The plain step's centres, to fall back on.
  private var safe: [[Double]] = []

  /// The centres of the next pass.
  ///
  /// - Parameters:
  ///   - centres: those of the pass just done; target: the means that it gave; inertia: the one at `centres`.
  mutating func advance(from centres: [[Double]], to target: [[Double]], inertia: Double, space: FeatureSpace) -> [[Double]] {
    guard inertia <= lastInertia else {
      lastStep = nil
      lastInertia = .infinity
      return safe
    }
    lastInertia = inertia
    safe = target
    let from = centres.flatMap { space.working($0) }, to = target.flatMap { space.working($0) }
    let step = zip(to, from).map { $0 - $1 }
    defer {
      lastStep = step
      lastTarget = to
    }
    guard let before = lastStep else { return target }
    var product = 0.0, square = 0.0
    for i in step.indices {
      let change = step[i] - before[i]
      product += step[i] * change
      square += change * change
    }
    guard square > 0 else { return target }
    // Beyond a hundredfold the two steps are too alike to tell where they lead.
    let weight = min(max(product / square, -100), 1)
    let d = space.mean.count
    return target.indices.map { j in
      target[j].indices.map { f in
        let moved = (to[j * d + f] - lastTarget[j * d + f]) * (space.isStandardised ? space.spread[f] : 1)
        return target[j][f] - weight * moved
      }
    }
  }
}
