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
  /// early").
  public static func course(_ echo: ArraySlice<Float>, peak: Int, pythonWindow: Bool = false) -> Double {
    echo.withUnsafeBufferPointer { course($0, peak: peak, pythonWindow: pythonWindow) }
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
  public static func value(_ echo: ArraySlice<Float>, _ definition: PeakinessDefinition, pythonWindow: Bool = false)
    -> Double
  {
    guard let peak = peak(echo) else { return .nan }
    return value(echo, definition, peak: peak, pythonWindow: pythonWindow)
  }

  /// The same of an echo whose peak is known.
  static func value(_ echo: ArraySlice<Float>, _ definition: PeakinessDefinition, peak: Int, pythonWindow: Bool)
    -> Double
  {
    switch definition {
    case .course: course(echo, peak: peak, pythonWindow: pythonWindow)
    case .maxMean: maxMean(echo, peak: peak)
    case .peacockLaxon: peacockLaxon(echo, peak: peak)
    }
  }

  private static func course(_ echo: UnsafeBufferPointer<Float>, peak: Int, pythonWindow: Bool) -> Double {
    if pythonWindow && peak < 50 { return .nan }
    let start = max(0, peak - 50)
    let end = min(echo.count, peak + 78)
    let first = max(0, peak - 40)
    let last = min(echo.count, peak - 30)
    guard last - first >= (pythonWindow ? 1 : 5) else { return .nan }
    var noise = 0.0
    for i in first..<last { noise += Double(echo[i]) }
    noise /= Double(last - first)
    var sum = 0.0
    var count = 0.0
    for i in start..<end {
      // Chosen without a branch: half of the samples lie to either side in no order.
      let v = Double(echo[i])
      let isAbove = v > noise
      sum += isAbove ? v : 0
      count += isAbove ? 1 : 0
    }
    return count == 0 ? .nan : Double(echo[peak]) / (sum / count)
  }
}
