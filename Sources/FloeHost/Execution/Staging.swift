import FloeSDK
import Foundation
import Synchronization

/// The temporary folder beside the outputs in which everything is made; a run that ends well renames its files out of it.
final class Staging: Sendable {
  let target: String
  let folder: String
  /// Folders above the target that this run made, outermost first; removed again when the run fails.
  private let madeFolders: [String]

  /// Makes the folder, and the output folder if need be.
  init(target: String) throws {
    self.target = target
    var missing: [String] = []
    var url = URL(fileURLWithPath: target)
    while !FileManager.default.fileExists(atPath: url.path) {
      missing.insert(url.path, at: 0)
      url.deleteLastPathComponent()
    }
    madeFolders = missing
    folder = "\(target)/.floe-\(getpid())-\(Self.counter.add(1, ordering: .relaxed).newValue)"
    do {
      try FileManager.default.createDirectory(atPath: folder + "/scratch", withIntermediateDirectories: true)
    } catch {
      throw FloeError("output folder \(target) cannot be written: \(error.localizedDescription)")
    }
    let folder = folder
    Self.open.withLock { _ = $0.insert(folder) }
  }

  /// The folder for scratch files.
  var scratch: String { folder + "/scratch" }

  /// Where an output is made; its folder exists afterwards.
  func path(of name: String) throws -> String {
    let path = "\(folder)/out/\(name)"
    try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    return path
  }

  /// Renames everything to its place, sidecars before the files they belong to, `run.json` last.
  ///
  /// - Returns: the names, in order.
  func publish(principal: [String]) throws -> [String] {
    let made = folder + "/out"
    let all = (FileManager.default.enumerator(atPath: made)?.allObjects as? [String] ?? []).filter {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(made)/\($0)", isDirectory: &isFolder) && !isFolder.boolValue
    }
    func rank(_ name: String) -> Int { name == "run.json" ? 2 : principal.contains(name) ? 1 : 0 }
    let ordered = all.sorted { (rank($0), $0) < (rank($1), $1) }
    for name in ordered {
      let to = "\(target)/\(name)"
      try FileManager.default.createDirectory(atPath: (to as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      guard rename("\(made)/\(name)", to) == 0 else {
        throw FloeError("\(to) cannot be put in place: \(String(cString: strerror(errno)))")
      }
    }
    remove()
    return ordered
  }

  /// Removes the folder and, after a failure, the output folders that this run made and left empty.
  func discard() {
    remove()
    for made in madeFolders.reversed() { rmdir(made) }
  }

  private func remove() {
    Self.delete(folder)
    let folder = folder
    Self.open.withLock { _ = $0.remove(folder) }
  }

  /// Whether a run of this process is unfinished.
  static var isAnyOpen: Bool { open.withLock { !$0.isEmpty } }

  /// Removes all folders of unfinished runs of this process; for an interrupted one.
  static func discardAll() {
    for folder in open.withLock({ $0 }) {
      delete(folder)
      rmdir((folder as NSString).deletingLastPathComponent)
    }
  }

  private static func delete(_ folder: String) {
    // Another thread may still be writing: a second and third look remove what came in between.
    for _ in 0..<3 where FileManager.default.fileExists(atPath: folder) {
      try? FileManager.default.removeItem(atPath: folder)
    }
  }

  private static let open = Mutex<Set<String>>([])
  private static let counter = Atomic<Int>(0)
}
