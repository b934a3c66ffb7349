import FloeSDK

/// What is known of a plugin's file without loading it.
public struct PluginManifest: Sendable, Codable {
  /// The file.
  public var path: String
  /// The plugin's own version; empty where it has none.
  public var version: String
  /// What it brings.
  public var steps: [StepDeclaration]
  /// Families of products that it reads.
  public var readers: [String]
  /// Output formats that it writes.
  public var writers: [WriterDeclaration]
  /// Why the plugin is not used; nil for one that is.
  public var refusal: String?
  /// Steps that it brings too and that are not used, each with the file that is found first and gives one of that name.
  public var shadowed: [String: String] = [:]
  /// Writers that it brings too and that are not used, each with the file that gives one of that name or for that
  /// suffix and is found first.
  public var shadowedWriters: [String: String] = [:]

  /// A sentence for each step and writer that is not used.
  public var losses: [String] {
    shadowed.sorted { $0.key < $1.key }.map {
      "its step '\($0.key)' is already given by \($0.value), which is found first"
    }
      + shadowedWriters.sorted { $0.key < $1.key }.map {
        "its writer '\($0.key)' or one for the same suffix is already given by \($0.value), which is found first"
      }
  }

  /// A manifest.
  public init(
    path: String, version: String = "", steps: [StepDeclaration] = [], readers: [String] = [],
    writers: [WriterDeclaration] = [], refusal: String? = nil
  ) {
    self.path = path
    self.version = version
    self.steps = steps
    self.readers = readers
    self.writers = writers
    self.refusal = refusal
  }

  /// What the manifest of a step or writer says, or all its mistakes.
  init(describing file: String) {
    do {
      if file.hasSuffix(WriterManifest.ending) {
        self.init(path: file, writers: [try ManifestReader.readWriter(file).declaration])
      } else {
        self.init(path: file, steps: [try ManifestReader.read(file).declaration])
      }
    } catch {
      self.init(path: file, refusal: "\(error)")
    }
  }

  /// `ClusteringFloePlugin` of `/somewhere/libClusteringFloePlugin.so`.
  public var product: String { PluginManifest.product(ofFile: path) }

  /// Whether a file describes a program, and is no library.
  static func isManifest(_ file: String) -> Bool {
    file.hasSuffix(ExternalManifest.ending) || file.hasSuffix(WriterManifest.ending)
  }

  static func product(ofFile path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    if isManifest(file) { return String(file.dropLast(".yaml".count)) }
    return String(file.dropFirst("lib".count).dropLast(".so".count))
  }
}
