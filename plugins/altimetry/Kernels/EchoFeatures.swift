import FloeSDK

/// What is computed of each record's echo and range-integrated power.
public struct EchoFeatures: Sendable, Equatable {
  /// The largest sample, in the echo's unit; NaN for an empty echo.
  public var maximum = Double.nan
  /// The place of the first largest sample.
  public var peakBin = Double.nan
  /// The mean of bins 0...5, in the echo's unit.
  public var noiseFloor = Double.nan
  /// From 5 % to 95 % of the first maximum on the leading edge, in bins.
  public var leadingEdgeWidth = Double.nan
  public var peakiness = Double.nan
  /// |sigma| of the Gaussian fitted to the range-integrated power, in looks.
  public var ssd = Double.nan
  public var ssdMoment = Double.nan
  public var ssdNotebook = Double.nan

  /// Nothing known yet.
  public init() {}

  /// The features of an echo.
  public mutating func read(
    echo: ArraySlice<Float>, _ definition: PeakinessDefinition, pythonWindow: Bool, scale: SampleScale = .none
  ) {
    let (scan, edge) = echo.withUnsafeBufferPointer { samples in
      let scan = EchoScan(samples)
      return (scan, Retracker().edge(samples, scan))
    }
    guard scan.peak >= 0 else { return }
    maximum = Double(scan.top)
    peakBin = Double(scan.peak)
    noiseFloor = echo.prefix(6).reduce(0.0) { $0 + Double($1) } / 6
    leadingEdgeWidth = edge?.width ?? .nan
    peakiness = Peakiness.value(echo, definition, peak: scan.peak, pythonWindow: pythonWindow, scale: scale)
  }

  /// The features of a range-integrated power, of which the first `looks` values are used; all of them where that is
  /// nil, with 0 for missing ones, as the course does.
  ///
  /// - Parameter asCurveFit: end where scipy's `curve_fit` does, not at the minimum.
  public mutating func read(power: ArraySlice<Float>, looks: Int?, others: Bool, asCurveFit: Bool = false) {
    let y = looks.map { power.prefix(max(0, $0)).map(Double.init) } ?? power.map { $0.isNaN ? 0 : Double($0) }
    ssd = (asCurveFit ? GaussianFit.curveFit(y) : GaussianFit(y))?.sigma ?? .nan
    guard others else { return }
    ssdMoment = GaussianFit.moments(y)?.root ?? .nan
    ssdNotebook = GaussianFit.notebookWidth(y)
  }
}
