import Foundation

/// Patterns of the shell that floe itself reads, given in quotes.
public enum FilePattern {
  /// Whether a text has signs of a pattern.
  public static func isPattern(_ text: String) -> Bool { text.contains { "*?[".contains($0) } }

  /// Paths that match a pattern of the shell, in the order of their bytes.
  public static func matches(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, GLOB_NOSORT | GLOB_TILDE, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
      .map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
