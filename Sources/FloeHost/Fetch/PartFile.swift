import FloeIO
import FloeSDK
import Foundation

/// What a server says about a file, by which a part of it is known again.
struct ServerFile: Codable, Sendable, Equatable {
  /// The address, without what the URL hides.
  var address: String
  /// The entity tag, weak ones too.
  var etag: String?
  /// `Last-Modified`, as the server writes it.
  var modified: String?
  /// All of the file's bytes; nil where the server does not say.
  var size: Int?

  /// What a request for the rest is bound to, so that a server whose file has changed begins anew (`If-Range`,
  /// RFC 9110, 13.1.5, which takes no weak tags).
  var condition: String? { etag.flatMap { $0.hasPrefix("W/") ? nil : $0 } ?? modified }
  /// Whether anything distinguishes the file from another one at the same address.
  var isKnownAgain: Bool { etag != nil || modified != nil }

  /// Whether a later answer is about the same file.
  func isSame(_ other: ServerFile) -> Bool {
    let sizes = [size, other.size].compactMap { $0 }
    return address == other.address && etag == other.etag && modified == other.modified
      && (sizes.count < 2 || sizes[0] == sizes[1])
  }
}

/// A file that grows in `.NAME.part` beside its place until it is whole.
///
/// A note beside it, `.NAME.part.json`, says which file of which server it is a part of: a part without a note is of
/// unknown origin and not gone on with.
final class PartFile {
  let path: String
  private let note: String
  private let descriptor: Int32
  private let lock: FileLock

  /// Opens the part of a file, or begins it.
  ///
  /// - Throws: a sentence where it cannot be written, or another process writes it.
  init(of place: String, name: String) throws {
    path = "\(Folder.parent(of: place))/.\((place as NSString).lastPathComponent).part"
    note = path + ".json"
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard opened >= 0 else { throw FloeError("\(path) cannot be written: \(String(cString: strerror(errno)))") }
    guard let taken = FileLock(path, waits: false) else {
      close(opened)
      throw FloeError("\(name) is being fetched into this folder by another process")
    }
    descriptor = opened
    lock = taken
  }

  deinit { close(descriptor) }

  /// Bytes that are there.
  var count: Int { Int(lseek(descriptor, 0, SEEK_END)) }

  /// The file that the part belongs to; nil where there is no note.
  var server: ServerFile? {
    // Where the note is missing or damaged the part is begun anew.
    guard let bytes = try? VirtualFile.read(note, limit: 1 << 16) else { return nil }
    return try? JSONText.decode(ServerFile.self, from: bytes, name: note)
  }

  /// Notes what the part is of.
  func tell(_ server: ServerFile) throws {
    try VirtualFile.write(try JSONText.encode(encodable: server), to: note)
  }

  /// Gives up what lies after so many bytes.
  func cut(to count: Int) throws {
    guard ftruncate(descriptor, off_t(count)) == 0 else {
      throw FloeError("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
  }

  /// Writes bytes at a place; the error number where that fails, else 0.
  func put(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int32 {
    var done = 0
    while done < bytes.count {
      let n = pwrite(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset + done))
      if n < 0, errno == EINTR { continue }
      guard n > 0 else { return n < 0 ? errno : ENOSPC }
      done += n
    }
    return 0
  }

  /// Gives the whole file its name.
  ///
  /// - Throws: a sentence where its bytes, or the name, do not come to the disk; disks of other machines tell of too
  ///   little room only here.
  func finish(as place: String) throws {
    // Some file systems know no fsync.
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else {
      throw FloeError("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
    guard rename(path, place) == 0 else {
      throw FloeError("\(place) cannot be put in place: \(String(cString: strerror(errno)))")
    }
    unlink(note)
  }

  /// Throws the part away.
  func discard() {
    unlink(path)
    unlink(note)
  }
}
