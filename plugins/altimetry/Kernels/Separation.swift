import FloeSDK

/// How far two classes lie apart in one feature.
public enum Separation {
  /// The Jeffries-Matusita distance 2 (1 - exp(-B)) of two sets of numbers taken as Gaussians; 0 is none, 2 is
  /// complete.
  ///
  /// B is Bhattacharyya's distance. NaN below two numbers in a set or without spread; NaN values are left out.
  public static func jeffriesMatusita(_ a: [Double], _ b: [Double]) -> Double {
    let x = RunningStatistics(a.filter(\.isFinite))
    let y = RunningStatistics(b.filter(\.isFinite))
    guard x.count > 1, y.count > 1 else { return .nan }
    let v = x.sampleVariance
    let w = y.sampleVariance
    guard v > 0, w > 0 else { return .nan }
    let d = x.mean - y.mean
    let distance = d * d / (4 * (v + w)) + 0.5 * naturalLog((v + w) / (2 * (v * w).squareRoot()))
    return 2 * (1 - exponential(-distance))
  }
}
