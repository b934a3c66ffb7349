import FloeCore
import Glibc

/// Parts of tiles that earlier processes met in files without a TLM marker: small files in
/// `$XDG_CACHE_HOME/floe/tile-parts`, written aside and renamed.
///
/// What cannot be read or written costs requests and nothing else.
struct TilePartMemory: Sendable {
  private let path: String?

  /// The memory of a file as the server describes it; a file that it does not identify has none.
  init(_ url: String, _ facts: RemoteFileFacts) {
    guard facts.etag != nil || facts.modified != nil, let folder = Self.folder else {
      path = nil
      return
    }
    let key = [url, "\(facts.size)", facts.etag ?? "", facts.modified ?? ""].joined(separator: "\n")
    // Without a digest there is no name; the file is then met anew each time.
    path = (try? SHA256.hexadecimal(of: Array(key.utf8))).map { "\(folder)/\($0)" }
  }

  /// Has an index take up what is kept.
  func recall(into index: TilePartIndex) {
    // A file that is not there, or damaged, is as if nothing had been kept.
    guard let path, !index.isListed, let bytes = try? LocalFile.read(path, limit: 4 << 20) else { return }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
    let parts = lines.compactMap { line -> TilePartIndex.Part? in
      let numbers = line.compactMap { Int($0) }
      let header = numbers.dropFirst(2).compactMap { UInt8(exactly: $0) }
      guard numbers.count == 2 + TilePartIndex.headerSize, header.count == TilePartIndex.headerSize else { return nil }
      return TilePartIndex.Part(offset: numbers[0], end: numbers[1], header: header)
    }
    index.recall(parts)
  }

  /// Keeps what an index knows.
  func keep(_ index: TilePartIndex) {
    guard let path, !index.isListed, let folder = Self.folder else { return }
    var at = ""
    for name in folder.split(separator: "/") {
      at += "/" + name
      mkdir(at, 0o777)
    }
    let lines = index.parts.map { part in
      ([part.offset, part.end] + part.header.map { Int($0) }).map { "\($0)" }.joined(separator: " ") + "\n"
    }
    let aside = "\(path).\(getpid())"
    // Keeping is a help, nothing more.
    guard (try? LocalFile.write(lines.joined(), to: aside)) != nil, rename(aside, path) == 0 else {
      unlink(aside)
      return
    }
  }

  private static var folder: String? {
    let variable = { (name: String) in getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }
    return (variable("XDG_CACHE_HOME") ?? variable("HOME").map { $0 + "/.cache" }).flatMap {
      $0.hasPrefix("/") ? $0 + "/floe/tile-parts" : nil
    }
  }
}
