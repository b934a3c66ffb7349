import FloeSDK
import Foundation

/// The temporary folder beside the outputs in which everything is made; a run that ends well renames its files out of
/// it.
final class Staging: Sendable {
  let target: String
  private let temporary: TemporaryFolder
  var folder: String { temporary.path }

  /// Makes the folder, and the output folder if need be.
  init(target: String) throws {
    self.target = target
    do { temporary = try TemporaryFolder(in: target) } catch {
      throw FloeError("output folder \(target) cannot be written: \(error)")
    }
    try Folder.make(temporary.path + "/scratch")
  }

  /// The folder for scratch files.
  var scratch: String { folder + "/scratch" }

  /// Where an output is made; its folder exists afterwards.
  func path(of name: String) throws -> String {
    let path = "\(folder)/out/\(name)"
    try Folder.make(Folder.parent(of: path))
    return path
  }

  /// Renames everything to its place, sidecars before the files they belong to, `run.json` last. Before anything is
  /// replaced it looks whether all can be; what an earlier run left beside a file and this one did not make is removed.
  ///
  /// - Returns: the names, in order.
  func publish(principal: [String]) throws -> [String] {
    let made = folder + "/out"
    let all = (FileManager.default.enumerator(atPath: made)?.allObjects as? [String] ?? []).filter {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(made)/\($0)", isDirectory: &isFolder) && !isFolder.boolValue
    }
    func rank(_ name: String) -> Int { name == OutputNames.record ? 2 : principal.contains(name) ? 1 : 0 }
    let ordered = all.sorted { (rank($0), $0) < (rank($1), $1) }
    for name in ordered {
      let to = "\(target)/\(name)"
      if Folder.isFolder(to) { throw FloeError("\(to) cannot be put in place: there is a folder of that name") }
      if let refusal = SidecarFiles(file: to).refusal() { throw FloeError("\(to) cannot be put in place: \(refusal)") }
      try Folder.make(Folder.parent(of: to))
    }
    let fresh = Set(ordered)
    for name in ordered {
      let to = "\(target)/\(name)"
      for old in SidecarFiles(file: name).outdated where !fresh.contains(old) {
        if unlink("\(target)/\(old)") != 0, errno != ENOENT {
          throw FloeError(
            """
            \(target)/\(old), which belongs to an older \(name), cannot be removed: \
            \(String(cString: strerror(errno)))
            """
          )
        }
      }
      guard rename("\(made)/\(name)", to) == 0 else {
        throw FloeError("\(to) cannot be put in place: \(String(cString: strerror(errno)))")
      }
    }
    temporary.remove()
    return ordered
  }

  /// Removes the folder and, after a failure, the output folders that this run made and left empty.
  func discard() { temporary.discard() }
}
