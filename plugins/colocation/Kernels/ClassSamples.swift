/// What a class band says of records and their footprints, one entry a record of the track, filled by many workers.
struct ClassSamples: Sendable {
  /// The code under the point and the footprint's most frequent one; the table's no data where there is none.
  let code: SharedBuffer<Int16>, majority: SharedBuffer<Int16>
  /// Pixel centres in the whole footprint, and those that hold a class.
  let total: SharedBuffer<Int>, valid: SharedBuffer<Int>
  /// Pixels by class, in the table's order: `counts[record * classes + class]`.
  let counts: SharedBuffer<Int>

  init(count: Int, classes: Int, noData: Int16) {
    code = SharedBuffer(count, repeating: noData)
    majority = SharedBuffer(count, repeating: noData)
    total = SharedBuffer(count, repeating: 0)
    valid = SharedBuffer(count, repeating: 0)
    counts = SharedBuffer(count * classes, repeating: 0)
  }
}
