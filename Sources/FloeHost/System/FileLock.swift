import FloeSDK
import Foundation

/// A lock that other processes see and that ends with its process, however that ends (flock).
final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock of a file or folder that exists.
  ///
  /// - Parameter waits: whether to wait for another process that holds it.
  /// - Returns: nil where another process holds it, or where the file cannot be opened.
  init?(_ path: String, waits: Bool) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    while flock(descriptor, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      // A file system without locks: the caller goes on without one, as before there were any.
      if errno == ENOLCK || errno == ENOTSUP || errno == EINVAL { return }
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }
}
