import FloeSDK
import Foundation

/// What a run is to write, by name: finds outputs that leave the folder, take each other's place or floe's own, or
/// cannot be put in place.
struct OutputNames {
  /// The record of a run, which each run writes.
  static let record = "run.json"

  let outputs: [Pipeline.OutputNode]
  /// What writes each of them, by name; those that no writer takes are missing.
  let formats: [String: Plan.Format]
  let folder: String

  /// The name without `.` components, so that one file has one name; nil for one that is no file inside the output
  /// folder.
  static func normal(_ name: String) -> String? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).filter { $0 != "." }
    if parts.isEmpty || parts.contains("") || parts.contains("..") || name.contains("\0") { return nil }
    return parts.joined(separator: "/")
  }

  /// One sentence each, with the line of the output.
  func mistakes() -> [(line: Int, message: String)] {
    var found: [(line: Int, message: String)] = []
    var owners: [String: String] = [Self.record: "floe's record of the run"]
    for output in outputs {
      let format = formats[output.name]
      let files = [output.name] + (format?.writer.sidecars(of: output.name) ?? [])
      let beside = format?.writer.leftovers(of: output.name) ?? []
      if let refusal = FileNameLength(folder).refusal(of: output.name, with: files + beside) {
        found.append((output.line, refusal))
        continue
      }
      if let other = Self.alike(files, owners) {
        found.append(
          (
            output.line,
            """
            output '\(output.name)' would take the place of \(other) where file systems do not tell upper from lower \
            case (Windows, macOS, most USB disks); choose another name
            """
          ))
      }
      if let clash = clash(output.name, files, owners) { found.append((output.line, clash)) }
      for file in files where owners[file] == nil {
        owners[file] = file == output.name ? "output '\(file)'" : "'\(file)', which is written beside '\(output.name)'"
      }
      if let obstacle = files.lazy.compactMap({ obstacle($0, $0 == output.name ? format : nil) }).first {
        found.append((output.line, "output '\(output.name)' cannot be put in place: \(obstacle)"))
      }
    }
    if let obstacle = obstacle(Self.record, nil) {
      found.append((0, "the record of the run cannot be put in place: \(obstacle)"))
    }
    return found
  }

  /// What owns a name that differs from one of the files' by case alone; nil without such.
  private static func alike(_ files: [String], _ owners: [String: String]) -> String? {
    for file in files where owners[file] == nil {
      let lower = file.lowercased()
      if let other = owners.keys.sorted().first(where: { $0.lowercased() == lower }) { return owners[other] }
    }
    return nil
  }

  private func isFolder(_ name: String) -> Bool { formats[name]?.declaration.isFolder ?? false }

  private func clash(_ name: String, _ files: [String], _ owners: [String: String]) -> String? {
    if owners[name] == "output '\(name)'" { return "output '\(name)' is given twice" }
    for file in files {
      let what = file == name ? "output '\(name)'" : "'\(file)', which is written beside output '\(name)',"
      if let owner = owners[file] { return "\(what) would overwrite \(owner); choose another name" }
      if let inside = owners.keys.sorted().first(where: { $0.hasPrefix(file + "/") }) {
        return "\(what) cannot be a file and the folder of \(owners[inside] ?? inside); choose another name"
      }
      if let outer = owners.keys.sorted().first(where: { file.hasPrefix($0 + "/") }) {
        return
          """
          \(what) cannot lie in \(owners[outer] ?? outer): that is \(isFolder(outer) ? "one output" : "a file"); \
          choose \
          another name
          """
      }
    }
    return nil
  }

  /// What lies in the output folder where the file is to go; nil when it can go there.
  private func obstacle(_ file: String, _ format: Plan.Format?) -> String? {
    let path = "\(folder)/\(file)"
    if let obstacle = Self.obstacle(path, format) { return obstacle }
    var up = Folder.parent(of: file)
    while !up.isEmpty {
      let parent = "\(folder)/\(up)"
      if FileManager.default.fileExists(atPath: parent), !Folder.isFolder(parent) { return "\(parent) is a file" }
      up = Folder.parent(of: up)
    }
    return nil
  }

  /// Why what lies at a path must not be replaced by an output of a format; nil when it may.
  static func obstacle(_ path: String, _ format: Plan.Format?) -> String? {
    let isFolder = format?.declaration.isFolder ?? false
    if Folder.isFolder(path), !isFolder { return "\(path) is a folder" }
    if isFolder {
      guard FileManager.default.fileExists(atPath: path) else { return nil }
      guard Folder.isFolder(path) else { return "\(path) is a file, the output is a folder" }
    }
    return format?.writer.refusal(toReplace: path)
  }
}
