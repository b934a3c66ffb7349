import FloeIO
import FloeSDK
import Foundation

/// What the lines of a batch's ledger say, and by that how each scene stands: what a batch adds to, its summary holds
/// and `floe gather` takes.
struct LedgerContent: Sendable {
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
    /// Whether the same run may end in another way: no room, no memory, no connection, a signal, an obstacle in the
    /// output folder.
    var isPassing = false

    enum CodingKeys: String, CodingKey {
      case scene, state, request, seconds, step, message
      case isPassing = "is_passing"
    }
  }

  /// The scenes of a call, written before it runs any.
  struct Call: Codable, Sendable {
    /// All scenes of its list, in their order.
    let scenes: [String]
    /// Those that it is to run: earlier entries about them no longer count.
    let waiting: [String]
  }

  /// The first line.
  struct Header: Codable, Sendable {
    let form: Int
    let pipeline: String
    enum CodingKeys: String, CodingKey {
      case form = "floe_batch"
      case pipeline
    }
  }

  /// How a scene stands.
  enum State: Sendable {
    /// Its outputs are in its folder.
    case done(Entry)
    case failed(Entry)
    /// It was not run, or not to its end.
    case waiting
  }

  /// The name of the pipeline's file.
  let pipeline: String
  /// The scenes of the latest call; nil in ledgers of older versions and of gathered folders.
  private(set) var list: [String]?
  /// The last that is known of each scene.
  private var entries: [String: Entry] = [:]
  /// Every scene that is named.
  private var names: Set<String> = []
  /// Lines that cannot be read and that no later call has looked after, counted from 1.
  private(set) var torn: [Int] = []
  /// The last of them.
  var unmended: Int? { torn.last }

  /// A ledger without scenes.
  init(pipeline: String) { self.pipeline = pipeline }

  /// The content of a ledger; nil for a file that is none.
  init?(_ bytes: [UInt8], path: String) {
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: true).map { Array($0) }
    // Without a header of this form it is another program's file.
    guard let first = lines.first, let header = try? JSONText.decode(Header.self, from: first, name: path),
      header.form == 1
    else { return nil }
    pipeline = header.pipeline
    for i in lines.indices.dropFirst() {
      // A line is one or the other; what is neither was torn by a kill.
      if let entry = try? JSONText.decode(Entry.self, from: lines[i], name: path) {
        take(entry)
      } else if let call = try? JSONText.decode(Call.self, from: lines[i], name: path) {
        take(call)
      } else {
        torn.append(i + 1)
      }
    }
  }

  /// The content of the ledger in a folder, which may be read-only.
  ///
  /// - Throws: `RequestRefused` where there is none, or where a scene's end may be lost.
  init(folder: String) throws {
    let path = "\(folder)/\(BatchFiles.ledger)"
    let bytes: [UInt8]
    do { bytes = try VirtualFile.read(path) } catch {
      throw RequestRefused.because("\(folder) is no folder that floe batch wrote: \(path) cannot be read")
    }
    guard let content = LedgerContent(bytes, path: path) else {
      throw RequestRefused.because("\(path) is no ledger of a batch of floe's")
    }
    if let line = content.unmended {
      throw RequestRefused.because(
        "line \(line) of \(path) cannot be read: run the same batch again, which mends it")
    }
    self = content
  }

  /// Takes up how a scene ended.
  mutating func take(_ entry: Entry) {
    entries[entry.scene] = entry
    names.insert(entry.scene)
  }

  /// Takes up the scenes of a call.
  mutating func take(_ call: Call) {
    list = call.scenes
    for scene in call.waiting { entries[scene] = nil }
    names.formUnion(call.scenes)
    // A call looks at all of its scenes, whatever stood in a line before.
    torn = []
  }

  /// How a scene stands.
  func state(of scene: String) -> State {
    guard let entry = entries[scene] else { return .waiting }
    return entry.state == "failed" ? .failed(entry) : .done(entry)
  }

  /// The scenes of the batch and how each stands: those of the latest list.
  var states: [(scene: String, state: State)] {
    let scenes = list ?? names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return scenes.map { ($0, state(of: $0)) }
  }

  /// Scenes of earlier lists, which are in neither summary nor gathering, in the order of their names.
  var leftOut: [String] {
    guard let list else { return [] }
    return names.subtracting(list).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

extension LedgerContent.Entry {
  /// Older versions named it so.
  private enum FormerKeys: String, CodingKey { case isPassing }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let former = try decoder.container(keyedBy: FormerKeys.self)
    self.init(
      scene: try values.decode(String.self, forKey: .scene), state: try values.decode(String.self, forKey: .state),
      request: try values.decode(String.self, forKey: .request),
      seconds: try values.decode(Double.self, forKey: .seconds), step: try values.decode(String.self, forKey: .step),
      message: try values.decode(String.self, forKey: .message),
      isPassing: try former.decodeIfPresent(Bool.self, forKey: .isPassing)
        ?? values.decode(Bool.self, forKey: .isPassing))
  }
}
