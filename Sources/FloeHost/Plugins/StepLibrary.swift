import FloeSDK
import Foundation

/// All steps, product readers and output formats at hand; a plugin is loaded when something of it is used.
public struct StepLibrary: Sendable {
  /// Every candidate, refused ones too.
  public let manifests: [PluginManifest]
  private let declared: [String: (declaration: StepDeclaration, file: String)]
  private let linked: [String: any StepFactory]
  private let linkedReaders: [any ProductReader]
  private let linkedWriters: [any WriterFactory]

  /// The library of found plugins.
  public init(manifests: [PluginManifest]) {
    self.manifests = manifests
    let own = SwiftStepFactory(FileStep.self)
    var declared: [String: (StepDeclaration, String)] = [FileStep.name: (own.declaration, "")]
    for m in manifests where m.refusal == nil { for s in m.steps { declared[s.name] = (s, m.path) } }
    self.declared = declared
    linked = [FileStep.name: own]
    linkedReaders = []
    linkedWriters = []
  }

  /// A library of steps that are linked into the process, for tests.
  public init(linked registry: PluginRegistry) {
    manifests = []
    linked = Dictionary((registry.steps + [SwiftStepFactory(FileStep.self)]).map { ($0.declaration.name, $0) }) {
      first, _ in first
    }
    declared = linked.mapValues { ($0.declaration, "") }
    linkedReaders = registry.readers
    linkedWriters = registry.writers
  }

  /// The name that a step is declared under, for its name or one of its older names.
  private func canonical(_ name: String) -> String {
    declared[name] != nil
      ? name : declared.values.first { $0.declaration.aliases.contains(name) }?.declaration.name ?? name
  }

  /// All declarations by name.
  public var declarations: [StepDeclaration] { declared.values.map(\.declaration).sorted { $0.name < $1.name } }
  /// The declaration of a step; nil for an unknown one.
  public func declaration(_ name: String) -> StepDeclaration? { declared[canonical(name)]?.declaration }

  /// The plugin's file that gives a step; empty for the host's own steps, nil for an unknown one.
  func file(of name: String) -> String? { declared[canonical(name)]?.file }

  /// The sentence for an unknown step.
  public func unknown(_ name: String) -> String {
    if let refused = manifests.first(where: { $0.refusal != nil && $0.steps.contains { $0.name == name } }) {
      return "step '\(name)' is in \(refused.path), which is not used: \(refused.refusal ?? "")"
    }
    let near = Spelling.nearest(name, among: declared.keys.sorted()).map { " (did you mean '\($0)'?)" } ?? ""
    return "there is no step '\(name)'\(near); `floe steps` lists all \(declared.count)"
  }

  /// The step, its plugin loaded if need be.
  public func factory(_ name: String) throws -> any StepFactory {
    let name = canonical(name)
    if let step = linked[name] { return step }
    guard let file = declared[name]?.file else { throw FloeError(unknown(name)) }
    if file.hasSuffix(ExternalManifest.ending) { return ExternalStepFactory(manifest: try ManifestReader.read(file)) }
    let loaded: PluginLoader.Loaded
    do { loaded = try PluginLoader.shared.load(file) } catch let error as FloeError {
      throw FloeError("plugin \(file) is refused: \(error.message)")
    }
    guard let step = loaded.steps.first(where: { $0.declaration.name == name }) else {
      throw FloeError("plugin \(file) no longer brings '\(name)'")
    }
    return step
  }

  /// What writers can do, in the order in which they are found.
  public var formats: [WriterDeclaration] {
    linkedWriters.map(\.declaration) + manifests.filter { $0.refusal == nil }.flatMap(\.writers)
  }
  /// The format that a file of a name is written in; nil where no writer knows its ending.
  public func format(ofFile name: String) -> WriterDeclaration? { formats.first { $0.takes(name) } }

  /// A writer, its plugin loaded if need be.
  func writer(_ name: String) throws -> any WriterFactory {
    if let linked = linkedWriters.first(where: { $0.declaration.name == name }) { return linked }
    let owner = manifests.first { $0.refusal == nil && $0.writers.contains { $0.name == name } }
    guard let file = owner?.path else { throw FloeError("there is no writer '\(name)'") }
    if PluginManifest.isManifest(file) { return ExternalWriterFactory(manifest: try ManifestReader.readWriter(file)) }
    let loaded: PluginLoader.Loaded
    do { loaded = try PluginLoader.shared.load(file) } catch let error as FloeError {
      throw FloeError("plugin \(file) is refused: \(error.message)")
    }
    guard let writer = loaded.writers.first(where: { $0.declaration.name == name }) else {
      throw FloeError("plugin \(file) no longer brings the writer '\(name)'")
    }
    return writer
  }

  /// Opens the plugins of some steps and output files on a thread of its own, in their order, while the first of them
  /// already plans.
  ///
  /// To bind a plugin's symbols takes about 5 ms, since the libraries below GDAL are looked through for each.
  func preload(_ names: [String], outputs: [String]) {
    var seen: Set<String> = []
    let writers = outputs.compactMap { format(ofFile: $0)?.name }
    let brought = manifests.filter { m in m.refusal == nil && m.writers.contains { writers.contains($0.name) } }
    let files = (names.compactMap { declared[canonical($0)]?.file } + brought.map(\.path)).filter {
      !$0.isEmpty && !PluginManifest.isManifest($0) && seen.insert($0).inserted
    }
    guard files.count > 1 else { return }
    Thread.detachNewThread {
      // Safe because `factory` asks again and says what is wrong.
      for file in files { _ = try? PluginLoader.shared.load(file) }
    }
  }

  /// All product readers, their plugins loaded.
  func readers() throws -> [any ProductReader] {
    try linkedReaders
      + manifests.filter { $0.refusal == nil && !$0.readers.isEmpty }.flatMap {
        try PluginLoader.shared.load($0.path).readers
      }
  }

  /// The readers as steps see them.
  public var products: any ProductCatalogue { Catalogue(library: self) }

  private struct Catalogue: ProductCatalogue {
    let library: StepLibrary
    func recognises(_ path: String) -> Bool {
      // A plugin that cannot be loaded recognises nothing; `describe` says why.
      ((try? library.readers()) ?? []).contains { $0.recognises(path) }
    }
    func describe(_ path: String) throws -> ProductDescription {
      let readers = try library.readers()
      guard let reader = readers.first(where: { $0.recognises(path) }) else {
        let families = readers.map { type(of: $0).name }.joined(separator: ", ")
        throw FloeError(
          "\(path): no product reader knows this; readers at hand: \(families.isEmpty ? "none" : families)")
      }
      return try reader.describe(path)
    }
  }
}
