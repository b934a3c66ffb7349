import FloeSDK

/// Counts codes along spans of pixels, eight classes at a time.
struct CodeCounter: ~Copyable {
  private let groups: Int, classes: Int
  /// For each group of eight classes and each code a one in the lane of its class; codes without a class have none.
  private let ones: UnsafeMutablePointer<SIMD8<UInt16>>

  /// - Parameter place: the class of each of the 256 codes; `classes` for none.
  init(place: [Int], classes: Int) {
    self.classes = classes
    groups = (classes + 7) / 8
    ones = .allocate(capacity: max(1, groups) * 256)
    ones.initialize(repeating: SIMD8(repeating: 0), count: max(1, groups) * 256)
    for (code, k) in place.enumerated() where k < classes { ones[k / 8 * 256 + code][k % 8] = 1 }
  }

  deinit { ones.deallocate() }

  /// Replaces `counts`, one entry a class, by those of a footprint; returns the number of its pixels, those beyond the
  /// window too.
  func count(
    _ codes: UnsafeBufferPointer<UInt8>, _ w: PixelWindow, rows: ClosedRange<Int>, _ spans: FootprintSpans,
    into counts: inout [Int]
  ) -> Int {
    var total = 0
    for k in counts.indices { counts[k] = 0 }
    for group in 0..<groups {
      let ones = ones + group * 256
      var sum = SIMD8<UInt16>(repeating: 0)
      var room = Int(UInt16.max)
      func flush() {
        for lane in 0..<min(8, classes - group * 8) { counts[group * 8 + lane] += Int(sum[lane]) }
        sum = SIMD8(repeating: 0)
        room = Int(UInt16.max)
      }
      for row in rows {
        let (first, last) = spans.columns(row: row)
        if group == 0 { total += max(0, last - first + 1) }
        guard row >= w.row, row < w.endRow else { continue }
        var from = max(first, w.column)
        let to = min(last, w.endColumn - 1)
        let line = (row - w.row) * w.width - w.column
        while from <= to {
          let end = min(to + 1, from + room)
          for column in from..<end { sum &+= ones[Int(codes[line + column])] }
          room -= end - from
          from = end
          if room == 0 { flush() }
        }
      }
      flush()
    }
    return total
  }
}
