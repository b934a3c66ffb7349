import FloeCore

/// How four pixels become one in an overview.
enum OverviewRule: Sendable {
  /// The most frequent value; among equals the one further up, then further left. For codes.
  case mode
  /// The mean, halves rounded up in integers. For measurements.
  case average

  /// Codes are never averaged: a mean of codes is a code that is not there.
  init(_ spec: RasterSpec) {
    let codes: Set<String> = ["class", "classes", "label", "labels", "mask", "cluster", "flag", "flags"]
    let style = spec.style == .classes || spec.style == .labels
    self = spec.classes != nil || style || spec.bands.contains { codes.contains($0.quantity) } ? .mode : .average
  }
}

/// Overviews by halving: each pixel stands for the two by two below it, fewer at an odd right or lower edge.
///
/// No data counts only where all of the pixels are no data.
enum COGOverviews {
  /// The factors 2, 4, 8 … until the longer side is at most 512.
  static func factors(width: Int, height: Int) -> [Int] {
    var result: [Int] = []
    var factor = 1
    while (max(width, height) + factor - 1) / factor > 512 {
      factor *= 2
      result.append(factor)
    }
    return result
  }

  /// Halves `rows` rows of `width` pixels into `(rows + 1) / 2` rows of `(width + 1) / 2`.
  static func halve(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, width: Int, rows: Int,
    type: PixelType, rule: OverviewRule, noData: Double?
  ) {
    switch type {
    case .uint8: integers(UInt8.self, source, target, width, rows, rule, noData)
    case .int16: integers(Int16.self, source, target, width, rows, rule, noData)
    case .uint16: integers(UInt16.self, source, target, width, rows, rule, noData)
    case .int32: integers(Int32.self, source, target, width, rows, rule, noData)
    case .uint32: integers(UInt32.self, source, target, width, rows, rule, noData)
    case .float32: floats(Float.self, source, target, width, rows, rule, noData)
    case .float64: floats(Double.self, source, target, width, rows, rule, noData)
    }
  }

  private static func integers<T: FixedWidthInteger & PixelValue>(
    _: T.Type, _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ width: Int, _ rows: Int,
    _ rule: OverviewRule, _ noData: Double?
  ) {
    let missing = noData.flatMap { T(exactly: $0) }
    let s = source.bindMemory(to: T.self)
    let t = target.bindMemory(to: T.self)
    switch (rule, missing) {
    case (.mode, let missing?):
      reduce(s, t, width, rows) { a, b, c, d in mode(a, b, c, d) { $0 != missing } ?? missing }
    case (.mode, nil): reduce(s, t, width, rows) { a, b, c, d in fullMode(a, b, c, d) }
    case (.average, let missing?): reduce(s, t, width, rows) { a, b, c, d in mean(a, b, c, d, missing) }
    case (.average, nil):
      reduce(s, t, width, rows) { a, b, c, d in T(truncatingIfNeeded: (Int(a) + Int(b) + Int(c) + Int(d) + 2) >> 2) }
    }
  }

  private static func floats<T: BinaryFloatingPoint & PixelValue>(
    _: T.Type, _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ width: Int, _ rows: Int,
    _ rule: OverviewRule, _ noData: Double?
  ) {
    let s = source.bindMemory(to: T.self)
    let t = target.bindMemory(to: T.self)
    let missing = noData.map { T($0) } ?? .nan
    switch rule {
    case .mode: reduce(s, t, width, rows) { a, b, c, d in mode(a, b, c, d) { $0 != missing && $0 == $0 } ?? missing }
    case .average:
      reduce(s, t, width, rows) { a, b, c, d in
        var sum = 0.0
        var n = 0.0
        if a != missing && a == a {
          sum += Double(a)
          n += 1
        }
        if b != missing && b == b {
          sum += Double(b)
          n += 1
        }
        if c != missing && c == c {
          sum += Double(c)
          n += 1
        }
        if d != missing && d == d {
          sum += Double(d)
          n += 1
        }
        return n == 0 ? missing : T(sum / n)
      }
    }
  }

  /// Runs `four` over upper left, upper right, lower left, lower right; at an odd edge the last pixels stand twice.
  ///
  /// Doubling leaves mode and mean of the pixels that are there as they are.
  @inline(__always)
  private static func reduce<T>(
    _ source: UnsafeBufferPointer<T>, _ target: UnsafeMutableBufferPointer<T>, _ width: Int, _ rows: Int,
    _ four: (T, T, T, T) -> T
  ) {
    let outWidth = (width + 1) / 2
    let pairs = width / 2
    for row in 0..<(rows + 1) / 2 {
      let upper = UnsafeBufferPointer(rebasing: source[2 * row * width..<(2 * row + 1) * width])
      let second = min(2 * row + 1, rows - 1)
      let lower = UnsafeBufferPointer(rebasing: source[second * width..<(second + 1) * width])
      let out = UnsafeMutableBufferPointer(rebasing: target[row * outWidth..<(row + 1) * outWidth])
      for i in 0..<pairs { out[i] = four(upper[2 * i], upper[2 * i + 1], lower[2 * i], lower[2 * i + 1]) }
      if width % 2 == 1 {
        let a = upper[width - 1]
        let b = lower[width - 1]
        out[pairs] = four(a, a, b, b)
      }
    }
  }

  /// The mode where every value is valid. A value that occurs once more than another of the four wins; in a tie the
  /// first.
  @inline(__always)
  private static func fullMode<T: Equatable>(_ a: T, _ b: T, _ c: T, _ d: T) -> T {
    if a == b || a == c || a == d { return a }
    if b == c || b == d { return b }
    return c == d ? c : a
  }

  @inline(__always)
  private static func mode<T: Equatable>(_ a: T, _ b: T, _ c: T, _ d: T, _ valid: (T) -> Bool) -> T? {
    // Nearly all blocks of four are of one value.
    if a == b && a == c && a == d { return valid(a) ? a : nil }
    let ab = a == b ? 1 : 0
    let ac = a == c ? 1 : 0
    let ad = a == d ? 1 : 0
    let bc = b == c ? 1 : 0
    let bd = b == d ? 1 : 0
    let cd = c == d ? 1 : 0
    var best: T?
    var count = 0
    if valid(a) {
      best = a
      count = 1 + ab + ac + ad
    }
    if valid(b), 1 + ab + bc + bd > count {
      best = b
      count = 1 + ab + bc + bd
    }
    if valid(c), 1 + ac + bc + cd > count {
      best = c
      count = 1 + ac + bc + cd
    }
    if valid(d), 1 + ad + bd + cd > count { best = d }
    return best
  }

  @inline(__always)
  private static func mean<T: FixedWidthInteger & PixelValue>(_ a: T, _ b: T, _ c: T, _ d: T, _ missing: T) -> T {
    var sum = 0
    var n = 0
    if a != missing {
      sum += Int(a)
      n += 1
    }
    if b != missing {
      sum += Int(b)
      n += 1
    }
    if c != missing {
      sum += Int(c)
      n += 1
    }
    if d != missing {
      sum += Int(d)
      n += 1
    }
    let value: Int
    switch n {
    case 4: value = (sum + 2) >> 2
    case 3: value = (2 * sum + 3 - ((2 * sum + 3) % 6 + 6) % 6) / 6
    case 2: value = (sum + 1) >> 1
    case 1: value = sum
    default: return missing
    }
    let rounded = T(truncatingIfNeeded: value)
    // A mean that happens to be the no-data value must not become a hole.
    if rounded == missing { return a != missing ? a : b != missing ? b : c != missing ? c : d }
    return rounded
  }
}
