import FloeIO
import FloeSDK

/// Reads the echoes of level 1B in watts.
struct EchoReader: Sendable {
  let source: SIRALFile

  /// How the samples lie in range: the tracker range belongs to the middle sample (product text of `window_del_20_ku`:
  /// "distance from CoM to middle range window (at sample ns/2 from 0)").
  ///
  /// A bin of the 320 MHz chirp is c / (2 * 320 MHz) = 0.4684 m in low-resolution mode; zero padding halves it in the
  /// others.
  func layout(bins: Int) -> WaveformLayout {
    let bin = RadarEquation.lightSpeed / (2 * 320e6)
    return WaveformLayout(
      rangeGate: source.mode == .lrm ? bin : bin / 2, nominalBin: Double(bins / 2), mode: source.mode)
  }

  /// The variable with the echoes, checked.
  func variable() throws -> NetCDFVariable {
    let found = try source.variable(.echo)
    guard let found, found.shape.count == 2, found.dimensions.first == SIRALFile.records, found.shape[1] > 0 else {
      throw FloeError(
        """
        '\(source.product.file)' holds its echoes along (\(found?.dimensions.joined(separator: ", ") ?? "")); \
        (\(SIRALFile.records), samples) is needed
        """)
    }
    return found
  }

  /// The column without rows.
  func planned() throws -> Column { try column([]) }

  /// The column: stored sample * `echo_scale_factor_20_ku` * 2^`echo_scale_pwr_20_ku`, in watts (product text).
  ///
  /// The samples are scaled to 0 ... 65535 and have no fill value, so the largest stored number is the echo's peak and
  /// not netCDF's default fill of that type.
  func read() throws -> Column {
    let v = try variable()
    let scale = try scales()
    let width = v.shape[1]
    var samples: [Float] = []
    samples.reserveCapacity(scale.count * width)
    let step = max(1, (1 << 18) / width)
    for first in stride(from: 0, to: scale.count, by: step) {
      let count = min(step, scale.count - first)
      let stored = try source.file.readDoubles(v.name, start: [first, 0], count: [count, width])
      for row in 0..<count {
        let unit = scale[first + row]
        for i in row * width..<(row + 1) * width { samples.append(Float(stored[i] * unit)) }
      }
    }
    return try column(samples)
  }

  /// The column with the watts of one count of each record's echo.
  static let scaleColumn = "waveform_scale_20_ku"

  /// What one count of each record's echo is, in watts.
  func scale(isPlanned: Bool) throws -> Column {
    _ = try scaleVariables()
    return Column(
      Self.scaleColumn, unit: PhysicalUnit(rawValue: "W"), summary: "Power of one count of the echo",
      attributes: ["source_variable": "echo_scale_factor_20_ku * 2^echo_scale_pwr_20_ku"],
      values: .number(isPlanned ? [] : try scales()))
  }

  private func scaleVariables() throws -> (factor: NetCDFVariable, power: NetCDFVariable) {
    guard let factor = try source.variable(.echoFactor), let power = try source.variable(.echoPower) else {
      throw FloeError("'\(source.product.file)' has no scale of its echoes")
    }
    try source.check(factor)
    try source.check(power)
    return (factor, power)
  }

  private func scales() throws -> [Double] {
    let (factor, power) = try scaleVariables()
    return zip(try source.numbers(factor, gap: 0), try source.numbers(power, gap: 0)).map { $0 * exp2($1) }
  }

  private func column(_ samples: [Float]) throws -> Column {
    let v = try variable()
    var column = Column(
      .waveform, unit: PhysicalUnit(rawValue: "W"),
      summary: "Power of the echo", dimension: v.dimensions.last,
      attributes: [
        "source_variable": "pwr_waveform_20_ku * echo_scale_factor_20_ku * 2^echo_scale_pwr_20_ku"
      ],
      values: .array(samples, width: v.shape[1]))
    column.waveform = layout(bins: v.shape[1])
    return column
  }

  /// 2 to the power of a whole number; NaN for what is none.
  private func exp2(_ exponent: Double) -> Double {
    guard let whole = Int(exactly: exponent), abs(whole) < 1000 else { return .nan }
    return Double(sign: .plus, exponent: whole, significand: 1)
  }
}
