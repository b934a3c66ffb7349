internal import CGDAL
import FloeCore
import Glibc

/// Whole files and folders under any path that GDAL reads: local ones, `/vsizip/{archive.zip}/inside`, `/vsimem/`.
public enum VirtualFile {
  /// The path by which the inside of a zip archive is addressed.
  public static func zip(_ archive: String) -> String { "/vsizip/{\(archive)}" }

  /// Whether there is a file or folder.
  public static func exists(_ path: String) -> Bool { status(path) != nil }
  /// Whether there is a folder.
  public static func isDirectory(_ path: String) -> Bool { status(path)?.isDirectory ?? false }

  /// What is known of a file or folder.
  public enum Presence: Sendable, Equatable {
    case present, absent
    /// The server refuses to say; the sentence says how.
    case refused(String)
  }

  /// Whether there is a file or folder, where a server may refuse to say.
  public static func presence(_ path: String) -> Presence {
    if exists(path) { return .present }
    guard path.hasPrefix("/vsicurl/") else { return .absent }
    do {
      _ = try RemoteFile.find(String(path.dropFirst("/vsicurl/".count)))
      return .absent
    } catch { return .refused("\(error)") }
  }

  /// The size of a file in bytes.
  ///
  /// - Throws: a sentence where there is no such file, or a server refuses it.
  public static func size(_ path: String) throws -> Int {
    guard let found = status(path) else {
      if RemotePath.isRemote(path), let failure = NetworkTraffic.failure { throw FloeError(failure) }
      // A server that refuses a file has its own sentence.
      if path.hasPrefix("/vsicurl/") { _ = try RemoteFile.find(String(path.dropFirst("/vsicurl/".count))) }
      throw FloeError("there is no file '\(path)'")
    }
    return found.size
  }

  /// The names in a folder, sorted, without `.` and `..`; with `recursive` paths relative to it (folders end in `/`).
  ///
  /// - Throws: a sentence where there is no such folder, or it cannot be listed.
  public static func list(_ path: String, recursive: Bool = false) throws -> [String] {
    try GDALMessages.collect { messages in
      settle(path)
      let found = recursive ? VSIReadDirRecursive(path) : VSIReadDirEx(path, 0)
      defer { CSLDestroy(found) }
      if found == nil && !isDirectory(path) {
        throw FloeError("'\(path)' cannot be listed as a folder: \(messages.failures.first ?? "there is none")")
      }
      return strings(found).filter { $0 != "." && $0 != ".." }.sorted()
    }
  }

  /// The bytes of a whole file, or only the first `limit` of them.
  ///
  /// - Throws: a sentence for a folder, a pipe or a device, and where the file is missing or cannot be read to its end.
  public static func read(_ path: String, limit: Int = .max) throws -> [UInt8] {
    try LocalFile.checkInput(path)
    return try GDALMessages.collect { messages in
      settle(path)
      guard !isDirectory(path) else { throw FloeError("'\(path)' is a folder, a file is needed") }
      guard let file = VSIFOpenL(path, "rb") else {
        throw FloeError(
          "'\(path)' cannot be read: \(messages.failures.first ?? "there is no such file, or it may not be read")")
      }
      defer { VSIFCloseL(file) }
      let size = try size(path)
      var bytes: [UInt8] = []
      bytes.reserveCapacity(min(size, limit))
      var chunk = [UInt8](repeating: 0, count: min(1 << 20, max(1, min(size, limit))))
      while bytes.count < limit {
        let got = VSIFReadL(&chunk, 1, min(chunk.count, limit - bytes.count), file)
        if got == 0 { break }
        bytes.append(contentsOf: chunk[0..<got])
      }
      if let failure = messages.failures.first { throw FloeError("'\(path)' cannot be read: \(failure)") }
      if bytes.count < min(size, limit) {
        throw FloeError("'\(path)' ends after \(bytes.count) of \(min(size, limit)) bytes; the file is damaged")
      }
      return bytes
    }
  }

  /// Bytes of a file at an offset.
  ///
  /// - Throws: a sentence where there are not so many.
  public static func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8] {
    try LocalFile.checkInput(path)
    return try GDALMessages.collect { messages in
      settle(path)
      guard let file = VSIFOpenL(path, "rb") else {
        throw FloeError(
          "'\(path)' cannot be read: \(messages.failures.first ?? "there is no such file, or it may not be read")")
      }
      defer { VSIFCloseL(file) }
      guard offset >= 0, count >= 0 else { throw FloeError("'\(path)' has no byte \(offset)") }
      var bytes = [UInt8](repeating: 0, count: count)
      VSIFSeekL(file, vsi_l_offset(offset), SEEK_SET)
      let got = VSIFReadL(&bytes, 1, count, file)
      if let failure = messages.failures.first { throw FloeError("'\(path)' cannot be read: \(failure)") }
      guard got == count else { throw FloeError("'\(path)' has no \(count) bytes at byte \(offset); it is cut short") }
      return bytes
    }
  }

  /// Hands over a file's bytes piece by piece.
  static func pieces(of path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try GDALMessages.collect(about: path) { messages in
      settle(path)
      guard let file = VSIFOpenL(path, "rb") else {
        throw FloeError("'\(path)' cannot be read: \(systemReason(messages))")
      }
      defer { VSIFCloseL(file) }
      var piece = [UInt8](repeating: 0, count: 1 << 20)
      while true {
        let got = VSIFReadL(&piece, 1, piece.count, file)
        if got == 0 { break }
        try piece.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
      }
      if let failure = messages.failures.first { throw FloeError("'\(path)' cannot be read: \(failure)") }
    }
  }

  /// The text of a whole file in UTF-8; texts beyond 256 MB are refused.
  public static func readText(_ path: String) throws -> String {
    let size = try size(path)
    guard size <= 256 << 20 else {
      throw FloeError("'\(path)' has \(size) bytes; texts of up to \(256 << 20) bytes are read")
    }
    let bytes = try read(path)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw FloeError("'\(path)' is not UTF-8 text") }
    return text
  }

  /// Writes a whole file, replacing what was there.
  ///
  /// - Throws: a sentence with the system's reason; part of the file may be there then.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    try GDALMessages.collect { messages in
      guard let file = VSIFOpenL(path, "wb") else {
        throw FloeError("'\(path)' cannot be created: \(systemReason(messages))")
      }
      let written = VSIFWriteL(bytes, 1, bytes.count, file)
      let closed = VSIFCloseL(file)
      if written != bytes.count || closed != 0 {
        throw FloeError("'\(path)' cannot be written (\(bytes.count) bytes): \(systemReason(messages))")
      }
    }
  }

  /// Writes a text as UTF-8, replacing what was there.
  public static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  /// Copies a file, for instance from a zip archive, to a local path, replacing what was there.
  ///
  /// - Throws: a sentence where one cannot be read or the other not written.
  public static func extract(_ path: String, to localPath: String) throws {
    settle(path)
    if path.hasPrefix("/vsicurl/"), let file = try RemoteFile.find(String(path.dropFirst("/vsicurl/".count))),
      !file.facts.isFolder
    {
      return try fetch(file, to: localPath)
    }
    try GDALMessages.collect { messages in
      let size = try size(path)
      guard let source = VSIFOpenL(path, "rb") else {
        throw FloeError("'\(path)' cannot be read: \(systemReason(messages))")
      }
      defer { VSIFCloseL(source) }
      guard let target = VSIFOpenL(localPath, "wb") else {
        throw FloeError("'\(localPath)' cannot be created: \(systemReason(messages))")
      }
      var chunk = [UInt8](repeating: 0, count: 1 << 20)
      var total = 0
      var failed = false
      while true {
        let got = VSIFReadL(&chunk, 1, chunk.count, source)
        if got == 0 { break }
        total += got
        if VSIFWriteL(chunk, 1, got, target) != got {
          failed = true
          break
        }
      }
      if VSIFCloseL(target) != 0 { failed = true }
      if !failed, let failure = messages.failures.first { throw FloeError("'\(path)' cannot be read: \(failure)") }
      if failed { throw FloeError("'\(localPath)' cannot be written (\(size) bytes): \(systemReason(messages))") }
      if total != size { throw FloeError("'\(path)' ends after \(total) of \(size) bytes; the archive is damaged") }
    }
  }

  private static func fetch(_ file: RemoteFile, to localPath: String) throws {
    func failure(_ code: Int32) -> FloeError {
      FloeError("'\(localPath)' cannot be written (\(file.facts.size) bytes): \(String(cString: strerror(code)))")
    }
    let descriptor = open(localPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(errno) }
    var code: Int32 = 0
    do { code = try file.copy(to: descriptor) } catch {
      close(descriptor)
      throw error
    }
    if close(descriptor) != 0, code == 0 { code = errno }
    guard code == 0 else { throw failure(code) }
  }

  /// Removes a file if it is there.
  public static func remove(_ path: String) { _ = VSIUnlink(path) }

  /// Decides whether the network may be reached where a path leads there; a plain local file names no others.
  private static func settle(_ path: String) {
    if RemotePath.isRemote(path) { NetworkAccess.settle(for: path) }
  }

  private static func status(_ path: String) -> (size: Int, isDirectory: Bool)? {
    GDALMessages.collect { _ in
      settle(path)
      var isDirectory: Int32 = 0
      let size = floe_stat(path, &isDirectory)
      return size < 0 ? nil : (Int(size), isDirectory != 0)
    }
  }
}

/// What GDAL said, else what the system's last error says.
func systemReason(_ messages: GDALMessages) -> String {
  messages.failures.first ?? String(cString: strerror(errno))
}
