import FloeIO
import FloeSDK
import Foundation

/// An entry's file, open for reading: it stays readable when its name is taken away or given to another.
///
/// ```
///  sections, each from a multiple of 4096 | description (binary property list) | "floe-cache 1 OFFSET COUNT SHA256\n"
/// ```
final class CacheFile: Sendable {
  /// The last line's beginning; it changes with the form of the file.
  static let mark = "floe-cache 1"
  /// Bytes of the last line.
  static let tail = 12 + 1 + 16 + 1 + 16 + 1 + 64 + 1

  let path: String
  let head: CacheHead
  private let descriptor: Int32

  /// Opens an entry.
  ///
  /// - Returns: nil where there is none.
  /// - Throws: a sentence for one that cannot be read or is damaged.
  init?(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      guard errno == ENOENT else { throw FloeError("it cannot be read: \(String(cString: strerror(errno)))") }
      return nil
    }
    do { head = try Self.head(descriptor) } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  private static func head(_ file: Int32) throws -> CacheHead {
    var info = stat()
    guard fstat(file, &info) == 0, info.st_size >= tail else { throw FloeError("it is cut short") }
    let line = try bytes(file, from: Int(info.st_size) - tail, count: tail)
    let words = String(decoding: line, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 5, words[0...1].joined(separator: " ") == mark, let offset = Int(words[2], radix: 16),
      let count = Int(words[3], radix: 16), offset >= 0, count >= 0, offset <= Int(info.st_size) - tail,
      count == Int(info.st_size) - tail - offset
    else { throw FloeError("its last line is not that of an entry") }
    let text = try bytes(file, from: offset, count: count)
    guard try SHA256.hexadecimal(of: text) + "\n" == words[4] else { throw FloeError("its description is damaged") }
    let head: CacheHead
    do { head = try PropertyListDecoder().decode(CacheHead.self, from: Data(text)) } catch {
      throw FloeError("its description is of another floe")
    }
    for section in head.ports.values.flatMap(\.sections)
    where section.offset < 0 || section.count < 0 || section.offset > offset || section.count > offset - section.offset
    {
      throw FloeError("its description is damaged")
    }
    return head
  }

  /// Tells that it was used, for the order in which entries go.
  func touch() {
    // Where others own the entry its time stays; it goes earlier then.
    _ = futimens(descriptor, nil)
  }

  /// The bytes of a section.
  func bytes(_ section: CacheSection) throws -> [UInt8] {
    try Self.bytes(descriptor, from: section.offset, count: section.count)
  }

  /// Whether a section's bytes are those that were written.
  func isWhole(_ section: CacheSection) throws -> Bool {
    try SHA256.hexadecimal(of: bytes(section)) == section.sha256
  }

  /// Reads into memory.
  func read(_ target: UnsafeMutableRawBufferPointer, from offset: Int) throws {
    try Self.read(descriptor, target, from: offset)
  }

  private static func bytes(_ file: Int32, from offset: Int, count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      try read(
        file, UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]), from: offset)
      filled = count
    }
  }

  private static func read(_ file: Int32, _ target: UnsafeMutableRawBufferPointer, from offset: Int) throws {
    var done = 0
    while done < target.count {
      let n = pread(file, target.baseAddress?.advanced(by: done), target.count - done, off_t(offset + done))
      if n < 0 && errno == EINTR { continue }
      guard n > 0 else { throw FloeError(n == 0 ? "it is cut short" : String(cString: strerror(errno))) }
      done += n
    }
  }
}
