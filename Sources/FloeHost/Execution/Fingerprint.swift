import Crypto
import FloeSDK
import Foundation

/// Tells whether an input was the same: SHA-256 over content that is quick to read.
///
/// A file of up to 16 MiB counts whole, a larger one by its size and its first and last MiB. A folder counts by the sorted
/// list of relative names and sizes of its files, and by the whole content of those that end in `.xml` or `.safe`.
public struct Fingerprint {
  /// The fingerprint of a file or folder as hexadecimal digits.
  public static func of(_ path: String) throws -> String {
    var hash = SHA256()
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return "absent" }
    if isFolder.boolValue {
      for name in (FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? []).sorted() {
        let file = "\(path)/\(name)"
        let size = (try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), !isFolder.boolValue else { continue }
        hash.update(data: Data("\(name)\n\(size)\n".utf8))
        if name.hasSuffix(".xml") || name.hasSuffix(".safe") { try add(file, size: size, to: &hash) }
      }
    } else {
      let size = (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
      try add(path, size: size, to: &hash)
    }
    return hex(hash.finalize())
  }

  /// SHA-256 of a whole file as hexadecimal digits.
  public static func sha256(ofFile path: String) throws -> String {
    var hash = SHA256()
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { closeReadOnly(file) }
    while let piece = try file.read(upToCount: 4 << 20), !piece.isEmpty { hash.update(data: piece) }
    return hex(hash.finalize())
  }

  private static func add(_ path: String, size: Int, to hash: inout SHA256) throws {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { closeReadOnly(file) }
    if size <= 16 << 20 {
      while let piece = try file.read(upToCount: 4 << 20), !piece.isEmpty { hash.update(data: piece) }
    } else {
      hash.update(data: Data("\(size)".utf8))
      if let head = try file.read(upToCount: 1 << 20) { hash.update(data: head) }
      try file.seek(toOffset: UInt64(size - (1 << 20)))
      if let tail = try file.read(upToCount: 1 << 20) { hash.update(data: tail) }
    }
  }

  /// Closing a file that was only read loses nothing, so a failure there has nobody to tell.
  private static func closeReadOnly(_ file: FileHandle) { try? file.close() }

  private static func hex(_ digest: some Sequence<UInt8>) -> String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
