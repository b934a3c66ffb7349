import FloeSDK
import Foundation
import Synchronization

/// Opens plugins, each once; they are never closed again.
public final class PluginLoader: Sendable {
  /// What an opened plugin brought.
  public struct Loaded: Sendable {
    /// The plugin's own version; empty where it has none.
    public let version: String
    /// Its steps.
    public let steps: [any StepFactory]
    /// Its product readers.
    public let readers: [any ProductReader]
    /// Its output formats.
    public let writers: [any WriterFactory]
  }
  private let opened = Mutex<[String: Loaded]>([:])
  /// The loader of the process: a library can be opened only once in it.
  public static let shared = PluginLoader()

  /// Opens a plugin whose stamp was found to fit, and takes what it brings.
  ///
  /// - Throws: a sentence with the reason why the plugin is refused.
  public func load(_ file: String) throws -> Loaded {
    try opened.withLock { opened in
      if let known = opened[file] { return known }
      guard let handle = dlopen(file, RTLD_NOW | RTLD_LOCAL) else {
        throw FloeError("it cannot be opened: \(dlerror().map { String(cString: $0) } ?? "no reason given")")
      }
      let symbol = "floe_plugin_" + PluginManifest.product(ofFile: file)
      guard let entry = dlsym(handle, symbol) else {
        throw FloeError("it has no function '\(symbol)': a plugin's entry point is named after its product")
      }
      typealias EntryPoint = @convention(c) (UnsafeMutableRawPointer) -> Void
      // Safe because the stamp says that the file was built against this kit, which defines the entry point's
      // signature.
      let register = unsafeBitCast(entry, to: EntryPoint.self)
      let registry = PluginRegistry()
      register(Unmanaged.passUnretained(registry).toOpaque())
      guard registry.stamp == PluginEntryPoint.kitStamp else {
        throw FloeError(
          "its function '\(symbol)' did not register anything: it must call PluginEntryPoint.open with floe_kit_stamp()"
        )
      }
      try check(registry.steps.map { ($0.declaration.name, $0.declaration.inconsistencies()) }, "step")
      try check(registry.writers.map { ($0.declaration.name, $0.declaration.inconsistencies()) }, "writer")
      let loaded = Loaded(
        version: registry.version, steps: registry.steps, readers: registry.readers, writers: registry.writers)
      opened[file] = loaded
      return loaded
    }
  }

  /// Refuses what is declared wrongly, or twice.
  private func check(_ declared: [(name: String, mistakes: [String])], _ kind: String) throws {
    var names: Set<String> = []
    for (name, mistakes) in declared {
      guard mistakes.isEmpty else {
        throw FloeError("its \(kind) '\(name)' is declared wrongly: \(mistakes.joined(separator: "; "))")
      }
      guard names.insert(name).inserted else { throw FloeError("it gives the \(kind) '\(name)' twice") }
    }
  }

  /// The manifest of a plugin, for the child process that probes.
  public static func probe(_ file: String) -> PluginManifest {
    do {
      let loaded = try shared.load(file)
      return PluginManifest(
        path: file, version: loaded.version, steps: loaded.steps.map(\.declaration),
        readers: loaded.readers.map { type(of: $0).name }, writers: loaded.writers.map(\.declaration))
    } catch {
      return PluginManifest(path: file, refusal: String(describing: error))
    }
  }
}
