import FloeSDK

/// The definitions of pulse peakiness; thresholds belong to one of them.
public enum PeakinessDefinition: String, ChoiceParameter, Sendable {
  case course
  case maxMean = "max-mean"
  case peacockLaxon = "peacock-laxon"
}

/// Pulse peakiness, dimensionless; NaN where the definition gives none.
public enum Peakiness {
  /// The place of the first largest sample; nil for an echo without positive finite power.
  public static func peak(_ echo: ArraySlice<Float>) -> Int? {
    let peak = echo.withUnsafeBufferPointer { EchoScan($0).peak }
    return peak < 0 ? nil : peak
  }

  /// max / mean of the samples above the noise floor, in 128 bins from 50 before the peak (CPOM, the course).
  ///
  /// The noise floor is the mean of bins 10...19 of those 128, that is peak-40...peak-31. With `pythonWindow` they are
  /// counted inside the cut as the course's code does, where a peak before bin 50 makes a negative start index and so
  /// an empty slice and NaN. Without it they are counted in the whole echo; fewer than 5 of them give NaN ("peak too
  /// early"). Missing samples take no part. Samples are compared with the floor in double precision, see `SampleScale`.
  public static func course(
    _ echo: ArraySlice<Float>, peak: Int, pythonWindow: Bool = false, scale: SampleScale = .none
  ) -> Double {
    echo.withUnsafeBufferPointer { course($0, peak: peak, pythonWindow: pythonWindow, scale: scale) }
  }

  /// max / mean over all bins (`peakiness_1` of the product; pysiral writes max / sum * bins, the same number).
  public static func maxMean(_ echo: ArraySlice<Float>, peak: Int) -> Double {
    echo.withUnsafeBufferPointer { Double($0[peak]) / (EchoScan.total($0) / Double($0.count)) }
  }

  /// 31.5 * max / sum over all bins (Peacock and Laxon 2004; the factor is that of ERS and not verified for SRAL).
  public static func peacockLaxon(_ echo: ArraySlice<Float>, peak: Int) -> Double {
    echo.withUnsafeBufferPointer { 31.5 * Double($0[peak]) / EchoScan.total($0) }
  }

  /// The peakiness by a named definition; NaN for an echo without power.
  public static func value(
    _ echo: ArraySlice<Float>, _ definition: PeakinessDefinition, pythonWindow: Bool = false, scale: SampleScale = .none
  ) -> Double {
    guard let peak = peak(echo) else { return .nan }
    return value(echo, definition, peak: peak, pythonWindow: pythonWindow, scale: scale)
  }

  /// The same of an echo whose peak is known.
  static func value(
    _ echo: ArraySlice<Float>, _ definition: PeakinessDefinition, peak: Int, pythonWindow: Bool, scale: SampleScale
  ) -> Double {
    switch definition {
    case .course: course(echo, peak: peak, pythonWindow: pythonWindow, scale: scale)
    case .maxMean: maxMean(echo, peak: peak)
    case .peacockLaxon: peacockLaxon(echo, peak: peak)
    }
  }

  private static func course(
    _ echo: UnsafeBufferPointer<Float>, peak: Int, pythonWindow: Bool, scale: SampleScale
  ) -> Double {
    if pythonWindow && peak < 50 { return .nan }
    let start = max(0, peak - 50)
    let end = min(echo.count, peak + 78)
    let noise = noiseFloor(
      echo, max(0, peak - 40)..<max(0, min(echo.count, peak - 30)), least: pythonWindow ? 1 : 5, scale: scale)
    guard let noise else { return .nan }
    var sum = 0.0
    var count = 0.0
    for i in start..<end {
      // Chosen without a branch: half of the samples lie to either side in no order. NaN lies above nothing.
      let v = scale.exact(echo[i])
      let isAbove = v > noise
      sum += isAbove ? v : 0
      count += isAbove ? 1 : 0
    }
    return count == 0 ? .nan : scale.exact(echo[peak]) / (sum / count)
  }

  /// The mean of the samples that are numbers; nil where fewer than `least` are.
  ///
  /// Summed in the order of `numpy.sum` (from eight values on pairs of pairs of the first eight, then the others one by
  /// one), because samples that equal the mean but for its last bit are common.
  private static func noiseFloor(
    _ echo: UnsafeBufferPointer<Float>, _ bins: Range<Int>, least: Int, scale: SampleScale
  ) -> Double? {
    var held: (Double, Double, Double, Double, Double, Double, Double, Double) = (0, 0, 0, 0, 0, 0, 0, 0)
    return withUnsafeMutableBytes(of: &held) { raw in
      let first = raw.bindMemory(to: Double.self)
      var sum = 0.0
      var found = 0
      for (at, i) in bins.enumerated() {
        // numpy puts zeros in the place of missing samples.
        let v = scale.exact(echo[i])
        let term = v.isNaN ? 0 : v
        if !v.isNaN { found += 1 }
        if bins.count >= 8 && at < 8 {
          first[at] = term
          if at == 7 {
            sum = ((first[0] + first[1]) + (first[2] + first[3])) + ((first[4] + first[5]) + (first[6] + first[7]))
          }
        } else {
          sum += term
        }
      }
      return found >= max(1, least) ? sum / Double(found) : nil
    }
  }
}
