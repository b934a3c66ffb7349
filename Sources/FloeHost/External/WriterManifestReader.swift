import FloeSDK
import Yams

/// Manifests of output formats.
extension ManifestReader {
  /// Reads `NAME.floe-writer.yaml`.
  ///
  /// - Throws: `RequestRefused` with all mistakes.
  static func readWriter(_ path: String) throws -> WriterManifest {
    let root = try compose(path)
    var reader = ManifestReader(file: path)
    let manifest = reader.writer(root)
    guard let manifest, reader.problems.isEmpty else { throw RequestRefused(reader.problems) }
    return manifest
  }

  private mutating func writer(_ root: Node?) -> WriterManifest? {
    guard let root else {
      complain(
        1, "is empty: a manifest is a YAML map with 'floe_writer: 1', 'name', 'summary', 'suffixes' and 'command'")
      return nil
    }
    let parts = map(
      root, "a writer's manifest",
      keys: [
        "floe_writer", "name", "summary", "suffixes", "kind", "format", "layers", "folder", "command", "timeout",
        "parameters",
      ])
    if parts["floe_writer"]?.scalarText != "1" {
      complain(
        parts["floe_writer"]?.line ?? 1, "'floe_writer: 1' is needed; it tells the version of the manifest's form")
    }
    let name = parts["name"]?.scalarText ?? ""
    let key = parts["name"] ?? root
    let kind = kind(parts["kind"], key) ?? .table
    let input = format(parts["format"], kind, key, isOutput: false) ?? .json
    let parameters = entries(parts["parameters"], "'parameters'").compactMap { parameter($0, $1) }
    let hasLayers = boolean(parts["layers"], "layers", of: name)
    if hasLayers, input != .gpkg {
      complain(
        parts["layers"]?.line ?? 1, "'layers' need 'format: gpkg': the layers reach the program in one GeoPackage")
    }
    let marker = parts["folder"]?.scalarText
    if let node = parts["folder"], marker?.isEmpty != false || marker?.contains("/") == true {
      complain(
        node.line, "'folder' must name a file that every folder of the format holds, so that no other is replaced")
    }
    let declaration = WriterDeclaration(
      name: name, summary: parts["summary"]?.scalarText ?? "", suffixes: texts(parts["suffixes"], "suffixes"),
      kinds: [kind], hasLayers: hasLayers, isFolder: marker != nil, holdsArrays: input == .nc,
      parameters: parameters.map(\.info))
    for mistake in declaration.inconsistencies() { complain(key.line, mistake) }
    let timeout = parts["timeout"]?.scalarText ?? "3600"
    if Int(timeout).map({ $0 > 0 }) != true {
      complain(parts["timeout"]?.line ?? 1, "'timeout' must be a whole number of seconds from 1, not '\(timeout)'")
    }
    return WriterManifest(
      path: file, declaration: declaration, command: writerCommand(parts["command"], parameters),
      parameters: parameters,
      input: input, marker: marker, timeout: Int(timeout) ?? 3600)
  }

  private mutating func texts(_ node: Node?, _ what: String) -> [String] {
    if let one = node?.scalarText { return [one] }
    if case .sequence(let list)? = node { return list.compactMap(\.scalarText) }
    complain(node?.line ?? 1, "'\(what)' must be a text or a list of texts")
    return []
  }

  private mutating func writerCommand(_ node: Node?, _ parameters: [ExternalParameter]) -> CommandTemplate {
    let known =
      ["input", "output", "provenance", "folder", "scratch", "workers"] + parameters.map { "param.\($0.info.name)" }
    let example = "[python3, \"{folder}/program.py\", \"{input}\", \"{output}\"]"
    guard let template = self.template(node, known: known, example: example) else { return CommandTemplate([]) }
    for needed in ["input", "output"] where !template.placeholders.contains(needed) {
      complain(node?.line ?? 1, "the command does not tell the program its \(needed): put {\(needed)} into it")
    }
    return template
  }
}
