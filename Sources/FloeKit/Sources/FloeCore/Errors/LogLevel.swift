/// How serious a note of the run is.
public enum LogLevel: String, Sendable, Codable, Comparable, CaseIterable {
  case debug, info, notice, warning, error
  public static func < (a: LogLevel, b: LogLevel) -> Bool {
    (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
  }
}
