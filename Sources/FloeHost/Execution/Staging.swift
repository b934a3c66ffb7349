import FloeSDK
import Foundation

/// The temporary folder beside the outputs in which everything is made; a run that ends well renames its files out of it.
final class Staging: Sendable {
  let target: String
  private let temporary: TemporaryFolder
  var folder: String { temporary.path }

  /// Makes the folder, and the output folder if need be.
  init(target: String) throws {
    self.target = target
    do { temporary = try TemporaryFolder(in: target) } catch { throw FloeError("output folder \(target) cannot be written: \(error)") }
    try FileManager.default.createDirectory(atPath: temporary.path + "/scratch", withIntermediateDirectories: true)
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
    temporary.remove()
    return ordered
  }

  /// Removes the folder and, after a failure, the output folders that this run made and left empty.
  func discard() { temporary.discard() }
}
