import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// Writes an entry's file aside; `finish` brings it to the disk and gives it its name.
final class CacheWriter: Sendable {
  private let temporary: String
  private let descriptor: Int32
  private let end = Mutex(0)
  private static let page = 4096

  /// A new file in the cache's folder, under a name that no other process of any machine has.
  init(in folder: String) throws {
    temporary = try TemporaryFiles.make(StepCache.unfinished, in: folder)
    descriptor = open(temporary, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(errno) }
    // Made for its owner alone; entries are for whoever may read the folder, as other files are.
    let mask = umask(0)
    umask(mask)
    fchmod(descriptor, 0o666 & ~mask)
  }

  deinit { close(descriptor) }

  /// Adds bytes; several threads may do so at once.
  func add(_ bytes: UnsafeRawBufferPointer) throws -> CacheSection {
    let offset = end.withLock { end in
      defer { end += (bytes.count + Self.page - 1) / Self.page * Self.page }
      return end
    }
    let hash = try SHA256()
    hash.update(bytes)
    try write(bytes, at: offset)
    return CacheSection(offset: offset, count: bytes.count, sha256: hash.finalize())
  }

  /// Adds an array's values as they lie in memory.
  func add<T: BitwiseCopyable>(_ values: [T]) throws -> CacheSection { try values.withUnsafeBytes { try add($0) } }

  /// Writes the description, brings all to the disk, and puts the file in place of an older one.
  ///
  /// - Parameter limit: the most that the file may have, in bytes.
  /// - Returns: the file's size in bytes; a larger one than the limit is not put in place.
  func finish(_ head: CacheHead, as path: String, within limit: Int) throws -> Int {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    let text = [UInt8](try encoder.encode(head))
    let offset = end.withLock { $0 }
    func number(_ value: Int) -> String {
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }
    let last = "\(CacheFile.mark) \(number(offset)) \(number(text.count)) \(try SHA256.hexadecimal(of: text))\n"
    let size = offset + text.count + last.utf8.count
    guard size <= limit else { return size }
    try (text + Array(last.utf8)).withUnsafeBytes { try write($0, at: offset) }
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw Self.failure(errno) }
    // The name as well; a file system that cannot do that for folders keeps it in its own time.
    let folder = open(Folder.parent(of: path), O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
    return size
  }

  /// Takes the file away again.
  func discard() { unlink(temporary) }

  private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let n = pwrite(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset + done))
      if n < 0 && errno == EINTR { continue }
      guard n > 0 else { throw Self.failure(n < 0 ? errno : ENOSPC) }
      done += n
    }
  }

  private static func failure(_ code: Int32) -> FloeError { FloeError(String(cString: strerror(code))) }
}
