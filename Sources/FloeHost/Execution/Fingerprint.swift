import FloeSDK
import Foundation

/// Tells whether an input was the same: SHA-256 over content that is quick to read.
///
/// A file of up to 16 MiB counts whole, a larger one by its size and its first and last MiB. A folder counts by the
/// sorted list of relative names and sizes of its files, and by the whole content of those that end in `.xml` or
/// `.safe`.
public struct Fingerprint {
  /// The fingerprint of a file or folder as hexadecimal digits.
  public static func of(_ path: String) throws -> String {
    let hash = try SHA256()
    guard let found = look(path) else { return "absent" }
    if found.isFolder {
      for (name, size) in files(in: path).sorted(by: { $0.name < $1.name }) {
        update(hash, Data("\(name)\n\(size)\n".utf8))
        if name.hasSuffix(".xml") || name.hasSuffix(".safe") { try add("\(path)/\(name)", size: size, to: hash) }
      }
    } else {
      try add(path, size: found.size, to: hash)
    }
    return hash.finalize()
  }

  /// The files under a folder, by relative name. Links count as what they lead to; one that leads back up is not
  /// followed.
  private static func files(in folder: String, _ prefix: String = "", _ above: Set<FileNumber> = []) -> [(
    name: String, size: Int
  )] {
    guard let own = look(folder)?.number, !above.contains(own) else { return [] }
    // A folder that cannot be listed has nothing that a step could read.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.flatMap { name -> [(name: String, size: Int)] in
      guard let found = look("\(folder)/\(name)") else { return [] }
      return found.isFolder
        ? files(in: "\(folder)/\(name)", "\(prefix)\(name)/", above.union([own])) : [("\(prefix)\(name)", found.size)]
    }
  }

  private struct FileNumber: Hashable { let device: UInt, inode: UInt }

  /// What is at a path, links followed.
  private static func look(_ path: String) -> (isFolder: Bool, size: Int, number: FileNumber)? {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    return (
      info.st_mode & S_IFMT == S_IFDIR, Int(info.st_size),
      FileNumber(device: UInt(info.st_dev), inode: UInt(info.st_ino))
    )
  }

  /// SHA-256 of a whole file as hexadecimal digits.
  public static func sha256(ofFile path: String) throws -> String {
    let hash = try SHA256()
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { closeReadOnly(file) }
    while let piece = try file.read(upToCount: 4 << 20), !piece.isEmpty { update(hash, piece) }
    return hash.finalize()
  }

  private static func add(_ path: String, size: Int, to hash: SHA256) throws {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    defer { closeReadOnly(file) }
    if size <= 16 << 20 {
      while let piece = try file.read(upToCount: 4 << 20), !piece.isEmpty { update(hash, piece) }
    } else {
      update(hash, Data("\(size)".utf8))
      if let head = try file.read(upToCount: 1 << 20) { update(hash, head) }
      try file.seek(toOffset: UInt64(size - (1 << 20)))
      if let tail = try file.read(upToCount: 1 << 20) { update(hash, tail) }
    }
  }

  /// Closing a file that was only read loses nothing, so a failure there has nobody to tell.
  private static func closeReadOnly(_ file: FileHandle) { try? file.close() }

  private static func update(_ hash: SHA256, _ data: Data) { data.withUnsafeBytes(hash.update) }
}
