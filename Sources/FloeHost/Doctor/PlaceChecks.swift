import FloeIO
import FloeSDK
import Foundation

/// Looks at folders: plugins, share, cache, scratch; and at memory.
enum PlaceChecks {
  /// - Parameter asked: the folders among them that were named with `--plugin-path`.
  static func plugins(_ manifests: [PluginManifest], folders: [String], asked: [String]) -> [Finding] {
    var findings = folders.map { folder -> Finding in
      let own = manifests.filter { ($0.path as NSString).deletingLastPathComponent == folder }
      if asked.contains(folder), !Folder.isFolder(folder) {
        return Finding(
          "plugins", .remark, "--plugin-path '\(folder)' is no folder",
          remedy: "name the folder that holds the plugin's file")
      }
      if !FileManager.default.fileExists(atPath: folder) {
        return Finding("plugins", .fine, "\(folder) does not exist")
      }
      let steps = own.filter { $0.refusal == nil }.reduce(0) { $0 + $1.steps.count }
      return Finding("plugins", .fine, "\(folder): \(own.count) found, \(steps) steps")
    }
    for m in manifests where m.refusal == nil && !m.shadowed.isEmpty {
      findings.append(
        Finding(
          "plugins", .remark, "\(m.path): \(m.losses.joined(separator: "; "))",
          remedy: "rename the step or remove one of the plugins"))
    }
    for m in manifests {
      if let refusal = m.refusal {
        findings.append(
          Finding(
            "plugins", .remark, "\(m.path) is refused: \(refusal)",
            remedy: "mend or remove it; no other plugin is disturbed"))
      }
    }
    if !manifests.contains(where: { $0.refusal == nil }) {
      findings.append(
        Finding(
          "plugins", .wrong, "no usable plugin was found: floe has no steps",
          remedy: "install the bundled plugins beside floe, or name their folder with --plugin-path or FLOE_PLUGIN_PATH"
        ))
    }
    return findings
  }

  /// Programs that steps run, once each.
  static func programs(_ manifests: [PluginManifest], path: String) -> [Finding] {
    var needs: [String: ProgramInfo] = [:]
    var users: [String: Set<String>] = [:]
    for step in manifests.lazy.filter({ $0.refusal == nil }).flatMap(\.steps) {
      for program in step.programs {
        needs[program.name] = program
        users[program.name, default: []].insert(step.name)
      }
    }
    return needs.values.sorted { $0.name < $1.name }.map { need in
      let steps = (users[need.name] ?? []).sorted().joined(separator: ", ")
      let places = path.split(separator: ":").map { "\($0)/\(need.name)" }
      if let place = places.first(where: { access($0, X_OK) == 0 }) {
        return Finding(need.name, .fine, "\(place), for \(steps)")
      }
      return Finding(
        need.name, .remark, "is not installed; \(steps) uses it \(need.purpose)",
        remedy: "on Debian: apt-get install \(need.package)")
    }
  }

  /// Leaflet, which draws the interactive map of reports: a script and no program of `PATH`, looked for where floe's
  /// package and those of Linux distributions put it.
  static func mapLibrary() -> Finding {
    let found = ScriptLibrary.folders(of: "leaflet").first { folder in
      ["leaflet.min.js", "leaflet.js"].contains { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
        && FileManager.default.fileExists(atPath: "\(folder)/leaflet.css")
    }
    if let found { return Finding("Leaflet", .fine, "\(found), for the map of reports") }
    return Finding(
      "Leaflet", .remark, "is not installed; reports have no interactive map without it",
      remedy: "on Debian: apt-get install libjs-leaflet")
  }

  static func share(_ find: () throws -> ResourceDirectory) -> Finding {
    .trying(
      "share", "styles, examples and templates are there",
      remedy: "let FLOE_SHARE name the folder that holds 'styles', or install floe again"
    ) {
      let folder = try find().folder
      for part in ["styles", "examples", "templates"] where !FileManager.default.fileExists(atPath: "\(folder)/\(part)")
      {
        throw FloeError("\(folder) has no '\(part)'")
      }
    }
  }

  static func cache(_ folder: String?) -> Finding {
    guard let folder else {
      return Finding(
        "cache", .remark, "neither HOME nor XDG_CACHE_HOME is set: plugins are tried anew at each start",
        remedy: "set XDG_CACHE_HOME")
    }
    // A folder that cannot be made is what the next line looks for.
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    if access(folder, W_OK) == 0 { return Finding("cache", .fine, "\(folder) can be written") }
    return Finding(
      "cache", .remark, "\(folder) cannot be written: plugins are tried anew at each start",
      remedy: "make it writable or set XDG_CACHE_HOME")
  }

  static func scratch(_ folder: String) -> Finding {
    guard let free = SystemResources.freeDisk(at: folder), access(folder, W_OK) == 0 else {
      return Finding(
        "scratch", .wrong, "\(folder) is no folder that can be written", remedy: "name another one with --scratch")
    }
    if SystemResources.isInMemory(folder) {
      return Finding(
        "scratch", .remark, "\(folder) lies in memory (tmpfs): scratch files would take what they are to spare",
        remedy: "write outputs to a disk, or name a folder on one with --scratch")
    }
    if free < 10_000_000_000 {
      return Finding(
        "scratch", .remark,
        "\(folder) has \(SystemResources.text(free)) left; a whole Sentinel-2 tile takes up to 5 GB",
        remedy: "make room, or name another folder with --scratch")
    }
    return Finding("scratch", .fine, "\(folder) is on a disk with \(SystemResources.text(free)) left")
  }

  /// Temporary folders of runs that were killed; the next run into the same folder removes them.
  static func leftovers(_ folders: [String]) -> [Finding] {
    Set(folders).sorted().compactMap { folder in
      let names = FolderMark.abandoned(in: folder)
      guard !names.isEmpty else { return nil }
      return Finding(
        "leftovers", .remark,
        "\(folder) holds \(names.count) temporary \(names.count == 1 ? "folder" : "folders") of runs that were ended: "
          + names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", ..." : ""),
        remedy: "the next run that writes there puts back what it has to and removes them; or remove them by hand")
    }
  }

  static func memory() -> Finding {
    let text = "\(SystemResources.text(SystemResources.memory)), \(SystemResources.cores) cores"
    if SystemResources.memory < 1_000_000_000 {
      return Finding(
        "memory", .remark, text,
        remedy: "a whole Sentinel-2 tile wants at least 1 GB; give --memory what is there and scratch on a disk")
    }
    return Finding("memory", .fine, text)
  }
}
