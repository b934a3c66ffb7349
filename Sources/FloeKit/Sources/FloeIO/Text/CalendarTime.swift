import FloeCore

/// Date and time of day in UTC, as OGR's date fields take them apart.
struct CalendarTime {
  var year, month, day, hour, minute: Int
  var second: Double

  /// Seconds since 1970, days counted in the Gregorian calendar.
  var seconds: Double {
    Double(GregorianCalendar.days(year, month, day) * 86_400 + hour * 3600 + minute * 60) + second
  }

  /// Whether a calendar and a clock have it, one that is so many minutes ahead of UTC; second 60 is a leap second,
  /// where there was one.
  func exists(minutesEast: Int = 0) -> Bool {
    GregorianCalendar.has(year, month, day) && (0..<24).contains(hour) && (0..<60).contains(minute) && second >= 0
      && second < 61 && (second < 60 || UTCTime(told + Self.offset(minutesEast)) != nil)
  }

  /// What stands after a time of that clock: `+05:30`.
  private static func offset(_ minutes: Int) -> String {
    func pad(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
    let sign = minutes < 0 ? "-" : "+"
    return "\(sign)\(pad(abs(minutes) / 60)):\(pad(abs(minutes) % 60))"
  }

  /// The parts as they are, `2019-02-31`, with the time of day where there is one: for sentences.
  var told: String {
    func pad(_ n: Int, _ width: Int = 2) -> String {
      let digits = String(n)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = "\(pad(year, 4))-\(pad(month))-\(pad(day))"
    guard hour != 0 || minute != 0 || second != 0 else { return date }
    let whole = second == second.rounded() && abs(second) < 1e9
    return "\(date)T\(pad(hour)):\(pad(minute)):\(whole ? pad(Int(second)) : "\(second)")"
  }

  init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Double) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// The parts of an instant, rounded to milliseconds.
  init(seconds: Double) {
    let millis = Int((UTCTime.clamped(seconds) * 1000).rounded())
    let days = millis >= 0 ? millis / 86_400_000 : (millis - 86_399_999) / 86_400_000
    let rest = millis - days * 86_400_000
    (year, month, day) = GregorianCalendar.date(days)
    hour = rest / 3_600_000
    minute = rest / 60_000 % 60
    second = Double(rest % 60_000) / 1000
  }
}

extension CalendarTime {
  /// Bytes of `write`'s text.
  static let textLength = 24

  /// `YYYY-MM-DDThh:mm:ss.fffZ`, the form that GeoPackage prescribes, in `textLength` bytes.
  func write(to text: UnsafeMutableRawBufferPointer) {
    func put(_ value: Int, _ place: Int, _ digits: Int) {
      var rest = value
      for k in (0..<digits).reversed() {
        text[place + k] = UInt8(48 + abs(rest) % 10)
        rest /= 10
      }
    }
    let millis = Int((second * 1000).rounded())
    put(year, 0, 4)
    put(month, 5, 2)
    put(day, 8, 2)
    put(hour, 11, 2)
    put(minute, 14, 2)
    put(millis / 1000, 17, 2)
    put(millis % 1000, 20, 3)
    for (place, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "."), (23, "Z")]
      as [(Int, Unicode.Scalar)]
    { text[place] = UInt8(ascii: mark) }
  }
}
