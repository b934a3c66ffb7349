import FloeCore
import Glibc

/// A file without a name for scratch: it vanishes with its descriptor, however the process ends. Read with pread, never mapped.
final class UnnamedFile: Sendable {
  let descriptor: Int32
  /// The folder it was made in.
  let directory: String

  /// A new file in a folder, which should not lie on a memory file system.
  init(in directory: String) throws {
    self.directory = directory
    // Together with O_DIRECTORY this is O_TMPFILE, a combined macro that Swift does not see.
    let unnamed = open(directory, 0o20_000_000 | O_DIRECTORY | O_RDWR | O_CLOEXEC, 0o600)
    if unnamed >= 0 {
      descriptor = unnamed
      return
    }
    var template = Array("\(directory)/floe-scratch-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw Self.failure(errno, directory, 0) }
    unlink(template)
  }

  deinit { Self.closeAside(descriptor) }

  /// The sentence that scratch of so many bytes cannot be written.
  func failure(_ code: Int32, _ byteCount: Int) -> FloeError { Self.failure(code, directory, byteCount) }
  /// The sentence that scratch cannot be read.
  func readingFailure(_ code: Int32) -> FloeError { FloeError("the scratch file in '\(directory)' cannot be read: \(String(cString: strerror(code)))") }

  private static func failure(_ code: Int32, _ directory: String, _ byteCount: Int) -> FloeError {
    let reason = String(cString: strerror(code))
    return FloeError(
      "scratch of \(byteCount) bytes cannot be written to the folder '\(directory)': \(reason); choose another folder with more room")
  }

  /// Closes on a thread of its own: the system gives back a large file's pages for a third of a second, and nobody needs to wait for that.
  private static func closeAside(_ descriptor: Int32) {
    guard descriptor >= 0 else { return }
    var thread = pthread_t(), attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    // The number travels in the pointer, one higher since a descriptor may be 0.
    let status = pthread_create(&thread, &attributes, { raw in
      close(Int32(Int(bitPattern: raw) - 1))
      return nil
    }, UnsafeMutableRawPointer(bitPattern: Int(descriptor) + 1))
    if status != 0 { close(descriptor) }
  }
}

/// Writes all bytes at a place of a file; the error number where that fails, else 0.
func writeWhole(_ bytes: [UInt8], to descriptor: Int32, at offset: Int) -> Int32 {
  var done = 0
  while done < bytes.count {
    let n = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done, offset + done) }
    if n < 0 && errno == EINTR { continue }
    guard n > 0 else { return n < 0 ? errno : ENOSPC }
    done += n
  }
  return 0
}
