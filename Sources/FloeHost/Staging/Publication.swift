import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// Puts the files of a run in their places as one act: all of them, or none.
///
/// What lies in the places is moved aside into the temporary folder, then the new files are renamed out of it. A
/// journal in that folder, written before the first move, holds both lists; while it is there, everything can be put
/// back: at once after a failure, else by the next call that finds the folder of a process that is gone.
struct Publication {
  /// The moves, by name relative to the output folder.
  private struct Journal: Codable {
    /// Files that are moved aside.
    var aside: [String]
    /// Files that are put in place, in this order.
    var put: [String]
    /// Folders that are made for them, outermost first.
    var folders: [String]
  }

  /// The temporary folder of the run, inside of the output folder.
  let staging: String
  /// The output folder.
  let target: String

  private var journal: String { staging + "/journal.json" }

  /// Moves files in and out.
  ///
  /// - Parameters:
  ///   - names: what lies in `out` of the temporary folder, in the order in which it is to appear.
  ///   - removing: what is to go, where it is there.
  /// - Throws: a sentence; everything is as it was then.
  func perform(_ names: [String], removing: [String]) throws {
    let fresh = Set(names)
    let aside = (removing.filter { !fresh.contains($0) } + names).filter { Self.isThere("\(target)/\($0)") }
    var folders: [String] = []
    for name in names {
      var up = Folder.parent(of: name)
      var missing: [String] = []
      while !up.isEmpty, !Folder.isFolder("\(target)/\(up)"), !folders.contains(up) {
        missing.insert(up, at: 0)
        up = Folder.parent(of: up)
      }
      folders += missing
    }
    for name in names {
      let made = "\(staging)/out/\(name)"
      if Folder.isFolder(made) { for file in try Folder.files(in: made) { try Self.flush("\(made)/\(file.name)") } }
      try Self.flush(made)
    }
    let plan = Journal(aside: aside, put: names, folders: folders)
    try VirtualFile.write(try JSONText.encode(encodable: plan), to: journal + ".new")
    try Self.flush(journal + ".new")
    try Self.move(journal + ".new", journal)
    try Self.flush(staging)
    Self.active.add(1, ordering: .sequentiallyConsistent)
    defer { Self.active.subtract(1, ordering: .sequentiallyConsistent) }
    do {
      for name in aside {
        let kept = "\(staging)/old/\(name)"
        try Folder.make(Folder.parent(of: kept))
        try Self.move("\(target)/\(name)", kept)
      }
      for name in names {
        try Folder.make(Folder.parent(of: "\(target)/\(name)"))
        try Self.move("\(staging)/out/\(name)", "\(target)/\(name)")
      }
      // From here on the new files count, whatever happens.
      try Self.move(journal, staging + "/done.json")
    } catch {
      try undo(plan)
      throw error
    }
    for folder in Set(names.map { Folder.parent(of: "\(target)/\($0)") }).sorted() {
      // The files are in place; what a power failure could still undo is their names, as a whole or not at all.
      try? Self.flush(folder)
    }
    for name in aside where !fresh.contains(name) {
      var up = Folder.parent(of: name)
      while !up.isEmpty, rmdir("\(target)/\(up)") == 0 { up = Folder.parent(of: up) }
    }
  }

  /// Puts everything back, by the journal of a run that has ended; false where it left none.
  ///
  /// - Throws: a sentence where the journal cannot be read: older files may lie in the temporary folder, which must not
  ///   be removed then.
  func undo() throws -> Bool {
    // The journal gets its name once it is whole and on the disk, and nothing is moved before that.
    guard Self.isThere(journal) else { return false }
    let plan: Journal
    do {
      plan = try JSONText.decode(Journal.self, from: try VirtualFile.read(journal), name: journal)
    } catch {
      throw FloeError(
        """
        a run was ended while it put its outputs in place, and its journal cannot be read (\(error)); put the older \
        files in \(staging)/old back by hand, then remove \(staging)
        """)
    }
    guard (plan.aside + plan.put + plan.folders).allSatisfy({ OutputNames.normal($0) == $0 }) else {
      throw FloeError("\(journal) names files outside of \(target); remove the folder \(staging) by hand")
    }
    try undo(plan)
    return true
  }

  private func undo(_ plan: Journal) throws {
    do {
      for name in plan.put.reversed() where !Self.isThere("\(staging)/out/\(name)") {
        if Self.isThere("\(target)/\(name)") { try Self.move("\(target)/\(name)", "\(staging)/out/\(name)") }
      }
      for name in plan.aside where Self.isThere("\(staging)/old/\(name)") {
        try Folder.make(Folder.parent(of: "\(target)/\(name)"))
        try Self.move("\(staging)/old/\(name)", "\(target)/\(name)")
      }
      for folder in plan.folders.reversed() { rmdir("\(target)/\(folder)") }
      if unlink(journal) != 0, errno != ENOENT {
        throw FloeError("\(journal) cannot be removed: \(String(cString: strerror(errno)))")
      }
    } catch {
      // The older run's files are in there and must not go with the temporary folder.
      let kept = "\(target)/.floe-kept-\(getpid())"
      let place = rename(staging, kept) == 0 ? kept : staging
      throw FloeError(
        "the older files cannot be put back (\(error)); they lie in \(place)/old, the new ones in \(place)/out")
    }
  }

  /// Whether files are on their way; whoever ends the process waits for that.
  static var isActive: Bool { active.load(ordering: .sequentiallyConsistent) > 0 }
  private static let active = Atomic<Int>(0)

  private static func isThere(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0
  }

  private static func move(_ from: String, _ to: String) throws {
    guard rename(from, to) == 0 else {
      throw FloeError("\(to) cannot be put in place: \(String(cString: strerror(errno)))")
    }
  }

  /// Brings a file's content, or a folder's names, to the disk.
  private static func flush(_ path: String) throws {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FloeError("\(path) cannot be opened: \(String(cString: strerror(errno)))") }
    defer { close(file) }
    // File systems without anything to bring to a disk answer EINVAL.
    guard fsync(file) == 0 || errno == EINVAL || errno == EROFS else {
      throw FloeError("\(path) cannot be flushed to the disk: \(String(cString: strerror(errno)))")
    }
  }
}
