/// Which part of a file an answer holds: `bytes 0-32767/223339` (RFC 9110, 14.4).
///
/// It may be shorter than what was asked for (RFC 9110, 15.3.7); its total is the file's size.
public struct ContentRange: Sendable, Equatable {
  /// The first byte and the last.
  public let first: Int, last: Int
  /// The size of the file; nil where the server does not state it (`*`).
  public let total: Int?

  /// Nil for an answer without the header, and for one that is none of bytes.
  public init?(_ header: String?) {
    guard let header, header.lowercased().hasPrefix("bytes ") else { return nil }
    let parts = header.dropFirst("bytes ".count).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
      .compactMap { Int(Self.trimmed($0)) }
    guard ends.count == 2, ends[0] >= 0, ends[0] <= ends[1] else { return nil }
    let size = Int(Self.trimmed(parts[1]))
    if let size, size <= ends[1] { return nil }
    (first, last, total) = (ends[0], ends[1], size)
  }

  /// The size that an answer without any part states: `bytes */223339`, with status 416.
  public static func totalOfNone(_ header: String?) -> Int? {
    guard let header, header.lowercased().hasPrefix("bytes */") else { return nil }
    return Int(trimmed(header.dropFirst("bytes */".count)))
  }

  private static func trimmed(_ text: Substring) -> String { String(text).filter { !$0.isWhitespace } }
}
