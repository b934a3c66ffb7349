import FloeSDK

/// The largest time difference between scene and record.
struct TimeLimit: ParameterValue, Equatable {
  /// In minutes; nil for any difference.
  var minutes: Double?
  /// Whether the user asked for it: then times are needed.
  var isGiven = false

  static let typeName = "number or none"

  /// Half an hour, which times are not needed for.
  static let standard = TimeLimit(minutes: 30)

  init(minutes: Double?) { self.minutes = minutes }

  init(literal: ParameterLiteral) throws(FloeError) {
    isGiven = true
    if literal.text?.lowercased() == "none" { return }
    guard let text = literal.text, let value = Double(text), value.isFinite else {
      throw FloeError("must be a number of minutes, or none for any difference, not '\(literal.description)'")
    }
    minutes = value
  }

  var literal: ParameterLiteral { minutes?.literal ?? .text("none") }
  var rangedNumbers: [Double] { minutes.map { [$0] } ?? [] }
}

/// How far ice may move between scene and record.
///
/// Ice drifts at about 2 % of the wind's speed (Nansen 1902; Thorndike and Colony 1982): 0.1 m/s in a wind of 5 m/s,
/// 0.3 m/s in one of 15 m/s.
enum IceMotion {
  /// Slow and fast drift in m/s.
  static let speeds = SIMD2(0.1, 0.3)

  /// The distances after a time in seconds, in metres.
  static func distances(after seconds: Double) -> SIMD2<Double> { speeds * abs(seconds) }

  /// The sentence for the largest time difference in seconds.
  static func sentence(_ seconds: Double) -> String {
    let d = distances(after: seconds)
    func metres(_ v: Double) -> String { "\(Int(min(1e15, v.rounded())))" }
    return """
      up to \(PixelDistances.minutes(seconds)) min between scene and records: ice may have moved \(metres(d.x)) to \
      \(metres(d.y)) m (at \(speeds.x) to \(speeds.y) m/s, 2 % of winds of 5 to 15 m/s)
      """
  }
}
