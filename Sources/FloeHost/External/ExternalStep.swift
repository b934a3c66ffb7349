import FloeSDK
import Foundation

/// The factory of a step that a manifest describes; it checks requests as the one of Swift steps does.
struct ExternalStepFactory: StepFactory {
  let manifest: ExternalManifest
  var declaration: StepDeclaration { manifest.declaration }

  func bind(parameters given: [String: ParameterLiteral], ports: [String: [PortData]]) throws -> any BoundStep {
    var literals = given
    var errors = declaration.settle(&literals, ports: ports.keys)
    errors += manifest.parameters.check(&literals)
    for input in declaration.inputs {
      let connected = ports[input.name] ?? []
      let fits = connected.allSatisfy { input.kinds.contains($0.kind) } && (input.acceptsMany || connected.count <= 1)
      if !fits || (connected.isEmpty && input.isRequired) { errors.append(input.mismatch(connected)) }
    }
    guard errors.isEmpty else { throw BindingErrors(errors: errors) }
    return ExternalStep(manifest: manifest, parameters: declaration.inForce(literals), ports: ports)
  }
}

/// A program with its parameters and inputs.
struct ExternalStep: BoundStep {
  let manifest: ExternalManifest
  let parameters: [String: ParameterLiteral]
  private(set) var ports: [String: [PortData]]
  private(set) var outputs: [String: PortData] = [:]

  init(manifest: ExternalManifest, parameters: [String: ParameterLiteral], ports: [String: [PortData]]) {
    self.manifest = manifest
    self.parameters = parameters
    self.ports = ports
  }

  mutating func plan(in context: PlanContext) throws {
    _ = try located(arguments())
    context.isBarrier()
    for output in manifest.outputs { outputs[output.info.name] = planned(output) }
  }

  mutating func connect(_ ports: [String: [PortData]]) {
    self.ports = ports
    outputs = [:]
  }

  mutating func run(in context: RunContext) async throws {
    let exchange = try ExchangeDirectory(manifest: manifest, scratch: context.scratch)
    var values: [String: [String]] = [
      "folder": [Self.absolute(manifest.folder)], "scratch": [exchange.folder], "seed": [String(context.seed)],
      "workers": [String(context.pool.workers)],
    ]
    for input in manifest.inputs {
      let connected = ports[input.info.name] ?? []
      var files: [String] = []
      for (i, data) in connected.enumerated() {
        files.append(try await exchange.handOver(data, input, number: i, in: context))
      }
      if !files.isEmpty { values["input.\(input.info.name)"] = files }
    }
    for output in manifest.outputs { values["output.\(output.info.name)"] = [exchange.path(of: output)] }
    let program = try located(arguments(values))
    try await ProgramRun(program: program, folder: exchange.folder, timeout: manifest.timeout).run(in: context)
    for output in manifest.outputs {
      outputs[output.info.name] = try exchange.takeBack(
        output, planned: planned(output), like: output.like.flatMap { ports[$0]?.first })
    }
  }

  /// The output as the manifest describes it, and the input that it is like.
  private func planned(_ output: ExternalManifest.Output) -> PortData {
    let like = output.like.flatMap { ports[$0]?.first }
    switch (output.raster, like) {
    case (let form?, .raster(let raster)?):
      return .raster(
        Raster(
          planned: RasterSpec(
            grid: raster.spec.grid, bands: form.bands, type: form.type, tile: raster.spec.tile, classes: form.classes,
            style: form.classes == nil ? nil : .classes, acquisition: raster.spec.acquisition)))
    case (_, .table(var table)?):
      for column in output.columns { table.set(Self.sized(column, rows: table.rowCount)) }
      return .table(table)
    default:
      if let kind = output.modelKind { return .model(Model(kind: kind, body: .null)) }
      if output.info.kinds == [.document] { return .document(Document(title: output.info.help, body: .null)) }
      var table = Table(rowCount: 0)
      for column in output.columns { table.set(column) }
      return .table(table)
    }
  }

  private static func sized(_ column: Column, rows: Int) -> Column {
    var column = column
    switch column.values {
    case .integer: column.values = .integer([Int?](repeating: nil, count: rows))
    case .text: column.values = .text([String?](repeating: nil, count: rows))
    default: column.values = .number([Double](repeating: .nan, count: rows))
    }
    return column
  }

  // MARK: The command

  private func arguments(_ values: [String: [String]] = [:]) -> [String] {
    var values = values
    for (name, literal) in parameters { values["param.\(name)"] = literal.words }
    if values["folder"] == nil { values["folder"] = [Self.absolute(manifest.folder)] }
    return manifest.command.filled(values)
  }

  private func located(_ words: [String]) throws -> [String] {
    try Self.located(words, manifest: manifest.path, folder: manifest.folder)
  }

  /// The words with the program as an absolute path: beside the manifest where it has a slash, else on `PATH`.
  static func located(_ words: [String], manifest: String, folder: String) throws -> [String] {
    guard let name = words.first else { throw FloeError("the command of \(manifest) is empty") }
    let candidates: [String]
    if name.contains("/") {
      candidates = [name.hasPrefix("/") ? name : absolute(folder) + "/" + name]
    } else {
      candidates = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
    }
    var isFolder: ObjCBool = false
    for path in candidates
    where access(path, X_OK) == 0 && FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && !isFolder.boolValue
    {
      return [path] + words.dropFirst()
    }
    let place = name.contains("/") ? "there is no executable \(candidates[0])" : "there is no program '\(name)' on PATH"
    throw FloeError("\(place), which \(manifest) asks for")
  }

  static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}

extension ParameterLiteral {
  /// The value as words of a command line; nil for an empty text, which counts as left out.
  var words: [String]? {
    let items: [String] = if case .list(let list) = self { list.map(\.description) } else { [description] }
    return items == [""] ? nil : items
  }
}
