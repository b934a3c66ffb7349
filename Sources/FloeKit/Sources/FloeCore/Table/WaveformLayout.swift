/// How the samples of an echo lie in range, and what they were divided by: what differs between altimeters.
///
/// It travels with the echo's column (`Column.waveform`), so that steps read the column and depend on no sensor.
///
/// ```
/// range of sample i = tracker range + (i - nominalBin) * rangeGate
/// ```
public struct WaveformLayout: Sendable, Hashable {
  /// What each echo was divided by.
  public enum Normalisation: String, Sendable, CaseIterable {
    /// The samples are in the column's unit.
    case none
    /// Each echo was divided by its own largest sample.
    case maximum
  }

  /// How the radar worked: many looks along the track, the same with a second antenna, or pulse-limited.
  public enum Mode: String, Sendable, CaseIterable { case sar, sarin, lrm }

  /// The distance between two samples in metres of one-way range; nil where it is not known.
  public var rangeGate: Double?
  /// The sample to which the tracker range belongs, counted from 0; nil where it is not known.
  public var nominalBin: Double?
  /// What each echo was divided by.
  public var normalisation: Normalisation
  /// How the radar worked; nil where it is not known.
  public var mode: Mode?

  /// A layout.
  public init(
    rangeGate: Double? = nil, nominalBin: Double? = nil, normalisation: Normalisation = .none, mode: Mode? = nil
  ) {
    self.rangeGate = rangeGate
    self.nominalBin = nominalBin
    self.normalisation = normalisation
    self.mode = mode
  }
}

extension Column {
  private enum Key {
    static let rangeGate = "range_gate_m"
    static let nominalBin = "nominal_bin"
    static let normalisation = "normalisation"
    static let mode = "radar_mode"
    static let definition = "definition"
    static let waveform = [rangeGate, nominalBin, normalisation, mode]
  }

  /// How the samples of an echo column lie in range; nil for a column that does not say.
  ///
  /// Kept in `attributes`, so that it survives where these do, for example in a netCDF file.
  public var waveform: WaveformLayout? {
    get {
      guard Key.waveform.contains(where: { attributes[$0] != nil }) else { return nil }
      return WaveformLayout(
        rangeGate: attributes[Key.rangeGate].flatMap { Double($0) },
        nominalBin: attributes[Key.nominalBin].flatMap { Double($0) },
        normalisation: attributes[Key.normalisation].flatMap(WaveformLayout.Normalisation.init) ?? .none,
        mode: attributes[Key.mode].flatMap(WaveformLayout.Mode.init))
    }
    set {
      attributes[Key.rangeGate] = newValue?.rangeGate.map { "\($0)" }
      attributes[Key.nominalBin] = newValue?.nominalBin.map { "\($0)" }
      attributes[Key.normalisation] = newValue?.normalisation.rawValue
      attributes[Key.mode] = newValue?.mode?.rawValue
    }
  }

  /// Which of several definitions of one name the values follow, for example of peakiness; thresholds belong to it.
  public var definition: String? {
    get { attributes[Key.definition] }
    set { attributes[Key.definition] = newValue }
  }
}
