import FloeSDK

/// What is asked of a catalogue.
struct SearchQuestion: Sendable {
  let collections: [String]
  /// Closed rings within -180...180; none for everywhere.
  let areas: [[SIMD2<Double>]]
  /// West, south, east, north, where the area is such a box.
  let box: [Double]?
  let begin: UTCTime?, end: UTCTime?
  let cloud: Double?
  let text: String?
  let limit: Int
}

/// What a catalogue answered, all pages together.
struct SearchAnswer: Sendable {
  /// In order of time and name.
  let items: [CatalogueItem]
  /// In the catalogue's form.
  let answer: JSONValue
  /// What is known of products beyond the limit; nil where there are none.
  let more: String?
  /// What the catalogue announced and did not return; nil for nothing.
  let lack: String?
  /// Products left out since they state no cloud cover.
  let cloudless: Int
}
