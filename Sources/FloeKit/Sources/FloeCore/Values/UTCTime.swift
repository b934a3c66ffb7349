/// An instant in UTC as seconds since 1970-01-01, leap seconds not counted.
public struct UTCTime: Sendable, Hashable, Comparable, Codable {
  /// Seconds since 1970-01-01T00:00:00Z.
  public let seconds: Double
  /// An instant from its seconds since 1970.
  public init(seconds: Double) { self.seconds = seconds }
  /// 2000-01-01T00:00:00Z, from which Sentinel-3's times count.
  public static let year2000 = UTCTime(seconds: 946_684_800)

  public static func < (a: UTCTime, b: UTCTime) -> Bool { a.seconds < b.seconds }

  /// Reads `YYYY-MM-DD`, `YYYY-MM-DDThh:mm:ss[.fff]`, the same without seconds or without minutes, and the compact
  /// `YYYYMMDDThhmmss`, the fraction after a point or a comma, all with or without `Z` or an offset such as `+02:00`
  /// after the time; nil for anything else, for days that no calendar has, and for a second 60 that was no leap
  /// second.
  public init?(_ text: some StringProtocol) {
    var digits: [Int] = []
    var hasClock = false
    var rest = Array(text.utf8)[...]
    while rest.first == 32 { rest.removeFirst() }
    while rest.last == 32 { rest.removeLast() }
    scan: while let c = rest.first, digits.count < 14 {
      switch c {
      case 48...57: digits.append(Int(c - 48))
      case UInt8(ascii: "-") where digits.count == 4 || digits.count == 6: break
      case UInt8(ascii: ":") where digits.count == 10 || digits.count == 12: break
      case UInt8(ascii: "T"), UInt8(ascii: " "):
        guard digits.count == 8, !hasClock else { return nil }
        hasClock = true
      case UInt8(ascii: "Z") where digits.count == 8 && !hasClock && rest.count == 1: break
      // The offset after a time of hours, or of hours and minutes.
      case UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"):
        guard hasClock, digits.count == 10 || digits.count == 12 else { return nil }
        break scan
      default: return nil
      }
      rest.removeFirst()
    }
    var fraction = 0.0
    if digits.count == 14, rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",") {
      rest.removeFirst()
      var weight = 0.1
      while let c = rest.first, (48...57).contains(c) {
        fraction += Double(c - 48) * weight
        weight /= 10
        rest.removeFirst()
      }
    }
    let isWhole = hasClock ? [10, 12, 14].contains(digits.count) : digits.count == 8 || digits.count == 14
    guard isWhole, let offset = Self.offset(rest) else { return nil }
    func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
    let year = number(0..<4)
    let month = number(4..<6)
    let day = number(6..<8)
    guard GregorianCalendar.has(year, month, day) else { return nil }
    var time = 0
    var isSixty = false
    if digits.count > 8 {
      let h = number(8..<10)
      let m = digits.count > 10 ? number(10..<12) : 0
      let s = digits.count > 12 ? number(12..<14) : 0
      guard h < 24, m < 60, s <= 60 else { return nil }
      time = h * 3600 + m * 60 + s
      isSixty = s == 60
    }
    let whole = GregorianCalendar.days(year, month, day) * 86400 + time - offset
    guard !isSixty || Self.followsLeapSecond(whole) else { return nil }
    seconds = Double(whole) + fraction
  }

  /// Seconds east of Greenwich of what stands after a time: nothing, `Z`, `+hh`, `+hhmm` or `+hh:mm`; nil for others.
  private static func offset(_ text: ArraySlice<UInt8>) -> Int? {
    guard let sign = text.first else { return 0 }
    if sign == UInt8(ascii: "Z") { return text.count == 1 ? 0 : nil }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
    let digits = text.dropFirst().filter { $0 != UInt8(ascii: ":") }
    guard [2, 4].contains(digits.count), text.count - digits.count <= 2, digits.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    let numbers = digits.map { Int($0 - 48) }
    let hours = numbers[0] * 10 + numbers[1]
    let minutes = numbers.count == 4 ? numbers[2] * 10 + numbers[3] : 0
    guard hours <= 14, minutes < 60 else { return nil }
    return (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
  }

  /// Years whose 1 July, and whose 1 January, follows a leap second (IERS Bulletin C).
  private static let leapsBeforeJuly: Set = [1972, 1981, 1982, 1983, 1985, 1992, 1993, 1994, 1997, 2012, 2015]
  private static let leapsBeforeJanuary: Set = [
    1973, 1974, 1975, 1976, 1977, 1978, 1979, 1980, 1988, 1990, 1991, 1996, 1999, 2006, 2009, 2017,
  ]
  /// The first year whose leap seconds are not known: any may have them.
  private static let firstUnknown = 2027

  /// Whether the second before an instant, in seconds since 1970, is a leap second.
  private static func followsLeapSecond(_ seconds: Int) -> Bool {
    guard seconds % 86_400 == 0 else { return false }
    let (year, month, day) = GregorianCalendar.date(seconds / 86_400)
    guard day == 1 else { return false }
    switch month {
    case 1: return leapsBeforeJanuary.contains(year) || year >= firstUnknown
    case 7: return leapsBeforeJuly.contains(year) || year >= firstUnknown
    default: return false
    }
  }

  /// The nearest instant that a text can name; NaN becomes the year 0000.
  public static func clamped(_ seconds: Double) -> Double {
    max(calendar.lowerBound, min(calendar.upperBound, seconds.isNaN ? -.infinity : seconds))
  }

  /// The seconds of the years 0000 to 9999, which texts of times can name.
  static let calendar = -62_167_219_200.0...253_402_300_799.999

  /// `YYYY-MM-DDThh:mm:ss.fffZ`, rounded to milliseconds; instants outside of the years 0000 to 9999 are written as the
  /// nearest of those.
  public var iso8601: String {
    let millis = Int((Self.clamped(seconds) * 1000).rounded())
    let day = millis >= 0 ? millis / 86_400_000 : (millis - 86_399_999) / 86_400_000
    let rest = millis - day * 86_400_000
    let (y, m, d) = GregorianCalendar.date(day)
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
}
