import FloeSDK

/// What is known of a plugin's file without loading it.
public struct PluginManifest: Sendable, Codable {
  /// The file.
  public var path: String
  /// The plugin's own version; empty when it does not tell.
  public var version: String
  /// What it brings.
  public var steps: [StepDeclaration]
  /// Families of products that it reads.
  public var readers: [String]
  /// Why the plugin is not used; nil for one that is.
  public var refusal: String?
  /// Steps that it brings too and that are not used, each with the file that is found first and gives one of that name.
  public var shadowed: [String: String] = [:]

  /// A sentence for each step that is not used.
  public var losses: [String] {
    shadowed.sorted { $0.key < $1.key }.map {
      "its step '\($0.key)' is already given by \($0.value), which is found first"
    }
  }

  /// A manifest.
  public init(
    path: String, version: String = "", steps: [StepDeclaration] = [], readers: [String] = [], refusal: String? = nil
  ) {
    self.path = path
    self.version = version
    self.steps = steps
    self.readers = readers
    self.refusal = refusal
  }

  /// What a step's manifest says, or all its mistakes.
  init(describing file: String) {
    do {
      self.init(path: file, steps: [try ManifestReader.read(file).declaration])
    } catch {
      self.init(path: file, refusal: "\(error)")
    }
  }

  /// `ClusteringFloePlugin` of `/somewhere/libClusteringFloePlugin.so`.
  public var product: String { PluginManifest.product(ofFile: path) }

  static func product(ofFile path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    if file.hasSuffix(ExternalManifest.ending) { return String(file.dropLast(".yaml".count)) }
    return String(file.dropFirst("lib".count).dropLast(".so".count))
  }
}
