import FloeSDK

/// A scene of a season, with what was counted in it.
struct SeasonScene: Sendable {
  let name: String
  let counts: SceneCounts
  /// `YYYY-MM-DD` in UTC.
  var day: String { String(counts.time.iso8601.prefix(10)) }
  /// `YYYY-MM`.
  var month: String { String(day.prefix(7)) }
  /// The class, in km2.
  var area: Double { Double(counts.total.found) * counts.pixelArea / 1e6 }
  /// All that was seen, in km2.
  var observed: Double { Double(counts.total.observed) * counts.pixelArea / 1e6 }
  /// What a shift of all borders by half a pixel adds or takes, in km2.
  var edge: Double { Double(counts.edge) * counts.pixelArea / 2e6 }
  /// The class as a share of what was seen.
  var share: Double { counts.total.observed > 0 ? Double(counts.total.found) / Double(counts.total.observed) : 0 }
}
