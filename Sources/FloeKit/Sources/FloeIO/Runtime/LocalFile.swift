import FloeCore
internal import Foundation
import Glibc

/// What stands at a path of the local disk.
public enum LocalFile {
  /// Refuses pipes, sockets and devices as inputs: opening a pipe that nobody writes to waits forever, and inputs are
  /// read more than once.
  ///
  /// Folders, files, links to either and paths inside of archives pass; whether something is there at all is left to
  /// whoever opens it.
  ///
  /// - Parameter name: a path, or a dataset inside of a file (`NETCDF:"f.nc":var`).
  public static func checkInput(_ name: String) throws {
    let path = DatasetName(name)?.file ?? name
    guard let kind = kind(of: path) else { return }
    throw FloeError(
      "'\(path)' is \(kind), a file is needed, since inputs are read more than once; write its content to a file first")
  }

  /// What is at a path, in words, when it is neither a file nor a folder; nil for these and for what is not there.
  public static func kind(of path: String) -> String? {
    var info = stat()
    guard !path.isEmpty, !path.hasPrefix("/vsi"), stat(path, &info) == 0 else { return nil }
    switch info.st_mode & S_IFMT {
    case S_IFREG, S_IFDIR: return nil
    case S_IFIFO: return "a named pipe"
    case S_IFSOCK: return "a socket"
    default: return "a device"
    }
  }

  /// Whether there is a folder, or a link to one.
  static func isDirectory(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder, sorted, without `.` and `..`.
  static func list(_ path: String) throws -> [String] {
    do { return try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
      throw FloeError("'\(path)' cannot be listed as a folder: \(error.localizedDescription)")
    }
  }

  /// The bytes of a whole file, or only the first `limit` of them.
  static func read(_ path: String, limit: Int) throws -> [UInt8] {
    try checkInput(path)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, "read") }
    defer { close(descriptor) }
    var info = stat()
    guard fstat(descriptor, &info) == 0 else { throw failure(path, "read") }
    var bytes = [UInt8](repeating: 0, count: min(limit, Int(info.st_size)))
    var done = 0
    while done < bytes.count {
      let got = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(done))
      }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw failure(path, "read") }
      guard got > 0 else { throw FloeError("'\(path)' ends after \(done) of \(bytes.count) bytes") }
      done += got
    }
    return bytes
  }

  /// Writes a whole file, replacing what was there.
  static func write(_ text: String, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(path, "created") }
    let code = writeWhole(Array(text.utf8), to: descriptor, at: 0)
    // Some disks refuse only now.
    let isClosed = close(descriptor) == 0
    guard code == 0 else { throw FloeError("'\(path)' cannot be written: \(String(cString: strerror(code)))") }
    guard isClosed else { throw failure(path, "written") }
  }

  private static func failure(_ path: String, _ what: String) -> FloeError {
    FloeError("'\(path)' cannot be \(what): \(String(cString: strerror(errno)))")
  }
}

/// Writes all bytes at a place of a file; the error number where that fails, else 0.
func writeWhole(_ bytes: [UInt8], to descriptor: Int32, at offset: Int) -> Int32 {
  bytes.withUnsafeBytes { writeWhole($0, to: descriptor, at: offset) }
}

/// The same for bytes that lie anywhere.
func writeWhole(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int) -> Int32 {
  var done = 0
  while done < bytes.count {
    let n = pwrite(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, offset + done)
    if n < 0 && errno == EINTR { continue }
    guard n > 0 else { return n < 0 ? errno : ENOSPC }
    done += n
  }
  return 0
}
