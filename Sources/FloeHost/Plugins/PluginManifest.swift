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

  /// A manifest.
  public init(path: String, version: String = "", steps: [StepDeclaration] = [], readers: [String] = [], refusal: String? = nil) {
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
