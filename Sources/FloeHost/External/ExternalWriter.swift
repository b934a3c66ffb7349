import FloeIO
import FloeSDK
import Foundation

/// The factory of a writer that a manifest describes.
struct ExternalWriterFactory: WriterFactory {
  let manifest: WriterManifest
  var declaration: WriterDeclaration { manifest.declaration }

  func bind(parameters given: [String: ParameterLiteral]) throws -> any BoundWriter {
    var literals = given
    var errors = declaration.strangers(given.keys)
    errors += manifest.parameters.check(&literals)
    guard errors.isEmpty else { throw BindingErrors(errors: errors) }
    let writer = ExternalWriter(manifest: manifest, parameters: declaration.inForce(literals))
    // A program that is missing is found while planning.
    _ = try writer.program([:])
    return writer
  }
}

/// A program that writes an output: it gets the value as a plain file and the path at which to make the output.
struct ExternalWriter: BoundWriter {
  let manifest: WriterManifest
  let parameters: [String: ParameterLiteral]

  func refusal(of data: PortData) -> String? {
    if case .table(let table) = data, manifest.input == .gpkg { return GeoPackageWriter.refusal(of: table) }
    return nil
  }

  func refusal(toReplace path: String) -> String? {
    guard let marker = manifest.marker, !VirtualFile.exists("\(path)/\(marker)") else { return nil }
    return
      """
      \(path) is a folder without '\(marker)', which those of the format \(manifest.declaration.name) hold; remove it \
      or name another output
      """
  }

  func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws {
    let temporary = try TemporaryFolder(in: URL(fileURLWithPath: context.scratch.directory).standardizedFileURL.path)
    defer { temporary.remove() }
    let input = "\(temporary.path)/in.\(manifest.input.rawValue)"
    if manifest.input == .gpkg {
      try writeGeoPackage(layers, to: input, context)
    } else if let data = layers.first?.data {
      try await ExchangeDirectory.write(
        data, as: manifest.input, name: "input", to: input, scratchFolder: temporary.path, in: context.run)
    }
    let provenance = "\(temporary.path)/provenance.json"
    try VirtualFile.write(
      try JSONText.encode(layers.count == 1 ? layers[0].provenance : .array(layers.map(\.provenance))), to: provenance)
    let words = try program([
      "input": [input], "output": [URL(fileURLWithPath: path).standardizedFileURL.path], "provenance": [provenance],
      "scratch": [temporary.path], "workers": [String(context.pool.workers)],
    ])
    try await ProgramRun(program: words, folder: temporary.path, timeout: manifest.timeout).run(in: context.run)
  }

  private func writeGeoPackage(_ layers: [OutputLayer], to path: String, _ context: WriteContext) throws {
    var made: [GeoPackageWriter.Layer] = []
    for layer in layers {
      guard case .table(let table) = layer.data else { throw FloeError("'\(layer.source)' is no table") }
      let arrays = table.columns.filter { if case .array = $0.values { true } else { false } }.map(\.name)
      if !arrays.isEmpty {
        context.warn(
          """
          the columns of arrays \(arrays.joined(separator: ", ")) do not reach the program of \
          \(manifest.declaration.name), which takes a GeoPackage; write them as .nc as well
          """)
      }
      let stem = ((context.output as NSString).lastPathComponent as NSString).deletingPathExtension
      made.append((name: layer.name.isEmpty ? stem : layer.name, table: table, styleName: nil, qml: nil))
    }
    try GeoPackageWriter.write(path: path, layers: made)
  }

  /// The command with the program as an absolute path.
  func program(_ values: [String: [String]]) throws -> [String] {
    var values = values
    for (name, literal) in parameters { values["param.\(name)"] = literal.words }
    values["folder"] = [ExternalStep.absolute(manifest.folder)]
    return try ExternalStep.located(manifest.command.filled(values), manifest: manifest.path, folder: manifest.folder)
  }
}
