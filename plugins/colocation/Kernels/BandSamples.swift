/// What one band says of records and their footprints, one entry a record of the track, filled by many workers.
struct BandSamples: Sendable {
  let value: SharedBuffer<Double>
  /// Nil where not asked for.
  let bilinear: SharedBuffer<Double>?, mean: SharedBuffer<Double>?, deviation: SharedBuffer<Double>?

  init(count: Int, bilinear: Bool, statistics: Bool) {
    value = SharedBuffer(count, repeating: .nan)
    self.bilinear = bilinear ? SharedBuffer(count, repeating: .nan) : nil
    mean = statistics ? SharedBuffer(count, repeating: .nan) : nil
    deviation = statistics ? SharedBuffer(count, repeating: .nan) : nil
  }
}
