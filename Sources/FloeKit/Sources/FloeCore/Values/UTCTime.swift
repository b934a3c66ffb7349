/// An instant in UTC as seconds since 1970-01-01, leap seconds not counted.
public struct UTCTime: Sendable, Hashable, Comparable, Codable {
  /// Seconds since 1970-01-01T00:00:00Z.
  public let seconds: Double
  /// An instant from its seconds since 1970.
  public init(seconds: Double) { self.seconds = seconds }
  /// 2000-01-01T00:00:00Z, from which Sentinel-3's times count.
  public static let year2000 = UTCTime(seconds: 946_684_800)

  public static func < (a: UTCTime, b: UTCTime) -> Bool { a.seconds < b.seconds }

  /// Reads `YYYY-MM-DDThh:mm:ss[.fff][Z]` and the compact `YYYYMMDDThhmmss`; nil for anything else.
  public init?(_ text: some StringProtocol) {
    var digits: [Int] = []
    var fraction = 0.0
    var weight = 0.0
    for c in text.utf8 {
      switch c {
      case 48...57:
        if weight > 0 {
          fraction += Double(c - 48) * weight
          weight /= 10
        } else {
          digits.append(Int(c - 48))
        }
      case UInt8(ascii: "."):
        guard digits.count == 14, weight == 0 else { return nil }
        weight = 0.1
      case UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "T"), UInt8(ascii: "Z"), UInt8(ascii: " "): continue
      default: return nil
      }
    }
    guard digits.count == 14 || digits.count == 8 else { return nil }
    func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
    let year = number(0..<4)
    let month = number(4..<6)
    let day = number(6..<8)
    guard (1...12).contains(month), (1...31).contains(day) else { return nil }
    var time = 0
    if digits.count == 14 {
      let h = number(8..<10)
      let m = number(10..<12)
      let s = number(12..<14)
      guard h < 24, m < 60, s <= 60 else { return nil }
      time = h * 3600 + m * 60 + s
    }
    seconds = Double(Self.days(year, month, day) * 86400 + time) + fraction
  }

  /// `YYYY-MM-DDThh:mm:ss.fffZ`, rounded to milliseconds.
  public var iso8601: String {
    let millis = Int((seconds * 1000).rounded())
    let day = millis >= 0 ? millis / 86_400_000 : (millis - 86_399_999) / 86_400_000
    let rest = millis - day * 86_400_000
    let (y, m, d) = Self.civil(day)
    func pad(_ n: Int, _ width: Int) -> String {
      let s = String(n)
      return String(repeating: "0", count: max(0, width - s.count)) + s
    }
    let s = rest / 1000
    return
      """
      \(pad(y, 4))-\(pad(m, 2))-\(pad(d, 2))T\(pad(s / 3600, 2)):\(pad(s / 60 % 60, 2)):\(pad(s % 60, 2)).\
      \(pad(rest % 1000, 3))Z
      """
  }

  /// Days since 1970-01-01 of a date of the Gregorian calendar, by era of 400 years (March-based years).
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yoe = y - era * 400
    let doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
  }

  private static func civil(_ days: Int) -> (Int, Int, Int) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let doe = z - era * 146_097
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
    let mp = (5 * doy + 2) / 153
    let m = mp < 10 ? mp + 3 : mp - 9
    return (yoe + era * 400 + (m <= 2 ? 1 : 0), m, doy - (153 * mp + 2) / 5 + 1)
  }
}
