import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// What became of the scenes of a batch, a line of JSON for each, added as it happens: `batch.jsonl`.
///
/// Each line is one write at the end of the file, so that a process that is killed leaves at most one torn line, which
/// the next call leaves out. What is done stands in the scenes' own folders; the ledger tells what failed and why.
final class BatchLedger: Sendable {
  static let name = "batch.jsonl"

  /// How a scene ended.
  struct Entry: Codable, Sendable {
    let scene: String
    /// `done` or `failed`.
    let state: String
    /// SHA-256 over everything that the scene's run was given.
    let request: String
    let seconds: Double
    /// The step that failed; empty where it is not known.
    var step = ""
    /// Why it failed.
    var message = ""
    /// Whether the same run may end in another way: no room, no memory, no connection, a signal.
    var isPassing = false
  }
  private struct Header: Codable {
    let form: Int
    let pipeline: String
    enum CodingKeys: String, CodingKey {
      case form = "floe_batch"
      case pipeline
    }
  }

  private let path: String
  private let descriptor: Int32
  private let lock: FileLock
  /// The last entry of each scene.
  private let entries: Mutex<[String: Entry]>
  /// Sentences about lines that could not be read.
  let remarks: [String]
  private let length = Mutex(0)

  /// Opens the ledger of a folder, or begins it.
  ///
  /// - Throws: `RequestRefused` where another batch works in the folder, or the ledger is another pipeline's or none.
  init(folder: String, pipeline: String, isOverwriting: Bool) throws {
    path = "\(folder)/\(Self.name)"
    let file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else {
      throw RequestRefused.because("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
    descriptor = file
    guard let lock = FileLock(path, waits: false) else {
      close(file)
      throw RequestRefused.because("another batch works in \(folder): wait for it, or choose another folder with -o")
    }
    self.lock = lock
    let bytes: [UInt8]
    do { bytes = try VirtualFile.read(path) } catch {
      throw RequestRefused.because("the ledger \(path) cannot be read: \(error)")
    }
    var lines = bytes.split(separator: 10, omittingEmptySubsequences: true).map(Array.init)[...]
    var found: [String: Entry] = [:]
    var remarks: [String] = []
    if let first = lines.popFirst() {
      guard let header = try? JSONText.decode(Header.self, from: first, name: path), header.form == 1 else {
        throw RequestRefused.because(
          "\(path) is no ledger of a batch of floe's: choose another folder with -o, or move the file away")
      }
      guard header.pipeline == pipeline || isOverwriting else {
        throw RequestRefused.because(
          """
          \(folder) holds a batch of \(header.pipeline), this is one of \(pipeline): choose another folder with -o, or \
          give --overwrite
          """)
      }
    }
    for (i, line) in lines.enumerated() {
      if let entry = try? JSONText.decode(Entry.self, from: line, name: path) {
        found[entry.scene] = entry
      } else {
        remarks.append("line \(i + 2) of \(path) cannot be read; the scene that it tells of is looked at again")
      }
    }
    entries = Mutex(found)
    self.remarks = remarks
    if bytes.isEmpty {
      try add(try JSONText.encode(encodable: Header(form: 1, pipeline: pipeline)))
    } else if bytes.last != 10 {
      try add("")
    }
  }

  deinit { close(descriptor) }

  /// The last that is known of a scene.
  func entry(_ scene: String) -> Entry? { entries.withLock { $0[scene] } }

  /// Adds what became of a scene.
  func add(_ entry: Entry) throws {
    entries.withLock { $0[entry.scene] = entry }
    var told = entry
    told.message = RemotePath.redacted(entry.message)
    try add(try JSONText.encode(encodable: told))
  }

  private func add(_ line: String) throws {
    let bytes = Array((line + "\n").utf8)
    let count = write(descriptor, bytes, bytes.count)
    guard count == bytes.count else {
      throw FloeError("\(path) cannot be written: \(count < 0 ? String(cString: strerror(errno)) : "the disk is full")")
    }
  }
}
