import FloeSDK

/// What a step reported while it ran: facts, counts of what it left out, warnings. Provenance and records hold them, so
/// that they are kept with the step's outputs.
struct StepEvents: Codable, Sendable {
  /// Something left out.
  struct Dropped: Codable, Sendable {
    let count: Int, unit: String, reason: String
  }
  let step: String
  let facts: [String: ExactJSON]
  let dropped: [Dropped]
  let warnings: [String]
}
