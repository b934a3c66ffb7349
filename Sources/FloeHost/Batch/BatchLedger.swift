import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// What became of the scenes of a batch, a line of JSON for each, added as it happens: `batch.jsonl`.
///
/// Each line is one write at the end of the file, so that a process that is killed leaves at most one torn line, which
/// the next call leaves out. What is done stands in the scenes' own folders; the ledger says which scenes belong to
/// the batch, what failed and why.
final class BatchLedger: Sendable {

  private let path: String
  private let descriptor: Int32
  private let lock: FileLock
  private let content: Mutex<LedgerContent>
  /// Sentences about lines that could not be read.
  let remarks: [String]

  /// Opens the ledger of a folder, or begins it.
  ///
  /// - Throws: `RequestRefused` where another batch works in the folder, or the ledger is another pipeline's or none.
  init(folder: String, pipeline: String, isOverwriting: Bool) throws {
    path = "\(folder)/\(BatchFiles.ledger)"
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
    var known = LedgerContent(pipeline: pipeline)
    if !bytes.isEmpty {
      guard let read = LedgerContent(bytes, path: path) else {
        let beside = BatchFiles.summaries.filter { FileState(of: "\(folder)/\($0)") != nil }
        let rest = beside.isEmpty ? "" : " together with \(beside.joined(separator: ", ")) beside it"
        throw RequestRefused.because(
          "\(path) is no ledger of a batch of floe's: choose another folder with -o, or move the file away\(rest)")
      }
      guard read.pipeline == pipeline || isOverwriting else {
        throw RequestRefused.because(
          """
          \(folder) holds a batch of \(read.pipeline), this is one of \(pipeline): choose another folder with -o, or \
          give --overwrite
          """)
      }
      known = read
    }
    let place = path
    remarks = known.torn.map { "line \($0) of \(place) cannot be read; the scene that it was about is looked at again" }
    content = Mutex(known)
    if bytes.isEmpty {
      try add(try JSONText.encode(encodable: LedgerContent.Header(form: 1, pipeline: pipeline)))
    } else if bytes.last != 10 {
      try add("")
    }
  }

  deinit { close(descriptor) }

  /// The state of a scene.
  func state(of scene: String) -> LedgerContent.State { content.withLock { $0.state(of: scene) } }

  /// Scenes of earlier lists.
  var leftOut: [String] { content.withLock { $0.leftOut } }

  /// Tells the scenes of this call and those of them that it is to run; nothing where that is no news.
  func begin(_ scenes: [String], waiting: [String]) throws {
    let call = LedgerContent.Call(scenes: scenes, waiting: waiting)
    let isNews: Bool = content.withLock { known in
      if waiting.isEmpty, known.list == scenes, known.unmended == nil { return false }
      known.take(call)
      return true
    }
    if isNews { try add(try JSONText.encode(encodable: call)) }
  }

  /// Adds what became of a scene.
  func add(_ entry: LedgerContent.Entry) throws {
    content.withLock { $0.take(entry) }
    var redacted = entry
    redacted.message = RemotePath.redacted(entry.message)
    try add(try JSONText.encode(encodable: redacted))
  }

  /// Adds that a scene's outputs are there already, where the ledger says anything else of it: an input that was
  /// damaged and is whole again, or a kill before the line was written.
  func keep(_ entry: LedgerContent.Entry) throws {
    if case .done = state(of: entry.scene) { return }
    try add(entry)
  }

  private func add(_ line: String) throws {
    let bytes = Array((line + "\n").utf8)
    let count = write(descriptor, bytes, bytes.count)
    guard count == bytes.count else {
      throw FloeError("\(path) cannot be written: \(count < 0 ? String(cString: strerror(errno)) : "the disk is full")")
    }
  }
}
