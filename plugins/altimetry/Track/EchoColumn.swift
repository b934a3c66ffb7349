import FloeSDK

/// An array column of a track taken apart: `values[row][bin]`.
struct EchoColumn: Sendable {
  let name: String
  let values: [Float]
  let width: Int
  /// How the samples stand for the product's counts, in all rows or in each.
  private let scale: SampleScale
  private let rowScales: [Double]?
  /// An array of at most so many values is no echo.
  static let least = 8
  /// Where echoes come from, for the end of a sentence about a track without any.
  static func origin(of track: Table) -> String {
    track.acquisition?.instrument == "SIRAL"
      ? "; CryoSat-2's echoes are in level 1B (SIR_SAR_1B, SIR_SIN_1B), which cryosat2.read reads"
      : "; echoes are in the enhanced product (SR_2_LAN_SI, enhanced_measurement.nc) and are read by sentinel3.sral"
  }

  /// The array column of a name, or the sentence that says why not.
  init(_ table: Table, _ name: String) throws(FloeError) {
    guard let column = table[name] else {
      throw FloeError("the track has no column '\(name)'\(Self.origin(of: table))")
    }
    guard case .array(let values, let width) = column.values, width > Self.least else {
      throw FloeError("column '\(name)' is \(column.values.kind); an array of echo samples is needed")
    }
    self.name = name
    self.values = values
    self.width = width
    let tag = table.tags[SampleScale.tag(name)]
    scale = SampleScale(tag.flatMap { Double($0) })
    rowScales = tag.flatMap { table[$0]?.numbers }
  }

  /// How the samples of a row stand for the product's counts.
  func scale(of row: Int) -> SampleScale { rowScales.map { SampleScale($0[row]) } ?? scale }

  /// One row's samples; its indices do not begin at 0.
  func row(_ i: Int) -> ArraySlice<Float> { values[i * width..<(i + 1) * width] }
}
