/// One thing that the doctor looked at.
public struct Finding: Sendable, Codable {
  /// Its severity: `wrong` keeps floe from working, a `remark` does not.
  public enum State: String, Sendable, Codable {
    case fine, remark, wrong
  }
  /// What was looked at, for example `GDAL`.
  public let subject: String
  /// The outcome.
  public let state: State
  /// What was found.
  public let text: String
  /// How to mend it; nil where nothing needs mending.
  public let remedy: String?

  /// A finding.
  public init(_ subject: String, _ state: State, _ text: String, remedy: String? = nil) {
    self.subject = subject
    self.state = state
    self.text = text
    self.remedy = remedy
  }

  /// Tries something and says what came of it.
  static func trying(_ subject: String, _ text: String, remedy: String, _ body: () throws -> Void) -> Finding {
    do {
      try body()
      return Finding(subject, .fine, text)
    } catch {
      return Finding(subject, .wrong, "\(error)", remedy: remedy)
    }
  }
}
