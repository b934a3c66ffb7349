import FloeIO
import FloeSDK
import Foundation

/// The temporary folder beside the outputs in which everything is made; a run that ends well moves its files out of it.
final class Staging: Sendable {
  let target: String
  private let temporary: TemporaryFolder
  /// Tells other processes that the folder's run is alive.
  private let lock: FileLock?
  var folder: String { temporary.path }

  /// Makes the folder, and the output folder if need be.
  init(target: String) throws {
    self.target = target
    do { temporary = try TemporaryFolder(in: target) } catch {
      throw FolderFailure("output folder \(target) cannot be written: \(error)")
    }
    // Under its own name only once it is locked: a process that finds it unlocked knows that the run has ended.
    let file = temporary.path + "/lock"
    try VirtualFile.write([], to: file + ".new")
    lock = FileLock(file + ".new", waits: false)
    guard rename(file + ".new", file) == 0 else {
      throw FloeError("\(file) cannot be made: \(String(cString: strerror(errno)))")
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

  /// All files that were made so far, relative to the output folder.
  func made() throws -> [String] {
    Folder.isFolder(folder + "/out") ? try Folder.files(in: folder + "/out").map(\.name) : []
  }

  /// Moves everything to its place as one act, sidecars before the files they belong to, the record last; what an
  /// earlier run left there and this one did not make goes.
  ///
  /// - Parameter judge: gets what is to be put in place, while no other run changes the folder.
  /// - Returns: the names, in order.
  func publish(_ plan: Plan, record: String, judge: ([String]) throws -> FolderVerdict) throws -> [String] {
    let folders = plan.folderOutputs
    let files = try made().filter { name in !folders.contains { name.hasPrefix($0 + "/") } }
    let all = files + folders.filter { Folder.isFolder("\(folder)/out/\($0)") }
    func rank(_ name: String) -> Int { name == record ? 2 : plan.formats[name] != nil ? 1 : 0 }
    let ordered = all.sorted { (rank($0), $0) < (rank($1), $1) }
    let turn = FileLock(target, waits: true)
    defer { withExtendedLifetime(turn) {} }
    for name in ordered {
      let to = "\(target)/\(name)"
      if let obstacle = OutputNames.obstacle(to, plan.formats[name]) {
        throw FolderFailure("\(to) cannot be put in place: \(obstacle)")
      }
    }
    let verdict = try judge(ordered.filter { $0 != record })
    if let refusal = verdict.refusals.first { throw FolderFailure(refusal) }
    let outdated = ordered.flatMap(plan.outdated)
    // What GDAL keeps beside a file goes with it.
    let gone = verdict.leftovers.flatMap { [$0, $0 + ".aux.xml"] }
    var seen: Set<String> = []
    try Publication(staging: folder, target: target).perform(
      ordered, removing: (outdated + gone).filter { seen.insert($0).inserted })
    temporary.remove()
    return ordered
  }

  /// Removes the folder and, after a failure, the output folders that this run made and left empty.
  func discard() { temporary.discard() }

  /// Puts back what a run that was killed while it put its files in place left half done, and removes the temporary
  /// folders of runs that are gone.
  ///
  /// - Returns: a sentence for each.
  static func recover(_ target: String) throws -> [String] {
    // A folder that is not there has nothing to put back; in one that cannot be listed everything stays as it is until
    // it can.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: target)) ?? []
    var sentences: [String] = []
    for name in names.sorted() where name.hasPrefix(".floe-") {
      let folder = "\(target)/\(name)"
      guard let lock = FileLock(folder + "/lock", waits: false) else { continue }
      defer { withExtendedLifetime(lock) {} }
      if try Publication(staging: folder, target: target).undo() {
        sentences.append("a run was ended while it put its outputs in place; the older files are back")
      } else {
        sentences.append("the temporary folder \(name) of a run that was ended is removed")
      }
      do { try FileManager.default.removeItem(atPath: folder) } catch {
        throw FloeError("the temporary folder \(folder) of a run that was ended cannot be removed: \(error)")
      }
    }
    return sentences
  }
}
