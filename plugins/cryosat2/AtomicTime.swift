import FloeSDK

/// International atomic time, from which CryoSat-2's records count: "TAI time counted in seconds since 2000-01-01".
enum AtomicTime {
  /// From each UTC date on, TAI is so many seconds ahead (IERS Bulletin C); those since the launch of 2010-04-08.
  static let steps: [(from: UTCTime, seconds: Double)] = [
    (year(2009, month: 1), 34), (year(2012, month: 7), 35), (year(2015, month: 7), 36), (year(2017, month: 1), 37),
  ]

  /// UTC of a count of TAI seconds since 2000-01-01T00:00:00 TAI.
  static func utc(secondsSince2000 seconds: Double) -> Double {
    let atomic = UTCTime.year2000.seconds + seconds
    let ahead = steps.last { atomic - $0.seconds >= $0.from.seconds }?.seconds ?? steps[0].seconds
    return atomic - ahead
  }

  private static func year(_ year: Int, month: Int) -> UTCTime {
    let text = month < 10 ? "0\(month)" : "\(month)"
    return UTCTime("\(year)\(text)01T000000") ?? .year2000
  }
}
