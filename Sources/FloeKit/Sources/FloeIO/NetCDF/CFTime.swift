import FloeCore

/// The unit of a time after CF 1.13, section 4.4: `days since 1950-01-01 00:00:00`.
struct CFTime {
  /// Seconds of one unit.
  let step: Double
  /// Seconds since 1970 of the reference.
  let origin: Double

  /// Calendars in which a day has one name with ours; the first two change from Julian to Gregorian in October 1582.
  private static let calendars = ["standard", "gregorian", "proleptic_gregorian"]
  private static let mixed = ["standard", "gregorian"]
  private static let steps: [(names: [String], seconds: Double)] = [
    (["microsecond", "microseconds", "microsec", "microsecs"], 1e-6),
    (["millisecond", "milliseconds", "millisec", "millisecs", "msec", "msecs", "ms"], 1e-3),
    (["second", "seconds", "sec", "secs", "s"], 1), (["minute", "minutes", "min", "mins"], 60),
    (["hour", "hours", "hr", "hrs", "h"], 3600), (["day", "days", "d"], 86_400),
  ]

  /// Whether a unit is one of times at all, `something since something`.
  static func isTime(_ unit: String) -> Bool {
    let words = unit.lowercased().split(separator: " ")
    return words.count > 2 && words[1] == "since"
  }

  /// - Parameters:
  ///   - unit: the attribute `units`.
  ///   - calendar: the attribute `calendar`; nil for the standard one.
  /// - Throws: what of it is not known, as the end of a sentence.
  init(_ unit: String, calendar: String?) throws(FloeError) {
    let name = (calendar ?? "standard").lowercased()
    guard Self.calendars.contains(name) else {
      throw FloeError("its calendar '\(name)' has other days than ours")
    }
    let words = unit.split(separator: " ", maxSplits: 2).map(String.init)
    guard words.count == 3, words[1].lowercased() == "since" else { throw FloeError("its unit is '\(unit)'") }
    let own = words[0].lowercased()
    guard let step = Self.steps.first(where: { $0.names.contains(own) })?.seconds else {
      throw FloeError("'\(words[0])' is no unit of one length (seconds, minutes, hours and days are)")
    }
    guard let origin = Self.reference(words[2], isMixed: Self.mixed.contains(name)) else {
      throw FloeError("its reference '\(words[2])' is no date")
    }
    self.step = step
    self.origin = origin
  }

  /// Seconds since 1970 of a stored number.
  func seconds(_ value: Double) -> Double { origin + value * step }

  /// Seconds since 1970 of `1-1-1`, `2000-01-01 00:00:0.0`, `1970-01-01T00:00:00Z`, `1990-1-1 12:00 -6:00`.
  private static func reference(_ text: String, isMixed: Bool) -> Double? {
    var words = text.split(separator: " ").map(String.init)
    guard var first = words.first else { return nil }
    words.removeFirst()
    if let mark = first.firstIndex(of: "T") {
      words.insert(String(first[first.index(after: mark)...]), at: 0)
      first = String(first[..<mark])
    }
    let numbers = first.split(separator: "-", omittingEmptySubsequences: false)
    let date = numbers.compactMap { Int($0) }
    guard numbers.count == 3, date.count == 3 else { return nil }
    var clock = [0.0, 0.0, 0.0]
    var offset = 0.0
    var hasClock = false
    for var word in words {
      if word.last == "Z" { word.removeLast() }
      if word.isEmpty || ["UTC", "GMT"].contains(word.uppercased()) { continue }
      // An offset may stand after the clock without a blank.
      if let sign = word.lastIndex(where: { $0 == "+" || $0 == "-" }) {
        guard let found = Self.offset(String(word[sign...])) else { return nil }
        offset = found
        word = String(word[..<sign])
        if word.isEmpty { continue }
      }
      let parts = word.split(separator: ":", omittingEmptySubsequences: false)
      let numbers = parts.compactMap { Double($0) }
      guard !hasClock, numbers.count == parts.count, (1...3).contains(parts.count) else { return nil }
      for (i, number) in numbers.enumerated() { clock[i] = number }
      hasClock = true
    }
    guard clock[0] >= 0, clock[0] < 24, clock[1] >= 0, clock[1] < 60, clock[2] >= 0, clock[2] < 60 else { return nil }
    guard (0...9999).contains(date[0]), (1...12).contains(date[1]), (1...31).contains(date[2]) else { return nil }
    let day: Double
    if isMixed, (date[0], date[1], date[2]) < (1582, 10, 15) {
      day = Double(julianDay(date[0], date[1], date[2]))
    } else {
      let civil = CalendarTime(year: date[0], month: date[1], day: date[2], hour: 0, minute: 0, second: 0)
      guard civil.exists() else { return nil }
      day = civil.seconds / 86_400
    }
    return day * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2] - offset
  }

  /// Days since 1970-01-01 of a date of the Julian calendar, from the year 0 on (Richards, in the
  /// Explanatory Supplement, chapter 15).
  private static func julianDay(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let a = (14 - month) / 12
    let y = year + 4800 - a
    let m = month + 12 * a - 3
    return day + (153 * m + 2) / 5 + 365 * y + y / 4 - 32_083 - 2_440_588
  }

  /// Seconds east of Greenwich of `+1`, `-6:00` and `+0530`.
  private static func offset(_ text: String) -> Double? {
    let sign = text.first == "-" ? -1.0 : 1
    let rest = text.dropFirst()
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    var hours: Int?
    var minutes: Int? = 0
    if parts.count == 2 {
      (hours, minutes) = (Int(parts[0]), Int(parts[1]))
    } else if rest.count > 2 {
      (hours, minutes) = (Int(rest.dropLast(2)), Int(rest.suffix(2)))
    } else {
      hours = Int(rest)
    }
    guard let hours, let minutes, (0...14).contains(hours), (0..<60).contains(minutes) else { return nil }
    return sign * Double(hours * 3600 + minutes * 60)
  }
}
