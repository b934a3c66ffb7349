import FloeSDK

/// The manifest of a program that brings a step or an output format, as a file that anyone may look at.
public enum ManifestFile {
  case step(StepDeclaration)
  case writer(WriterDeclaration)

  /// Whether a file is called as manifests are.
  public static func isManifest(_ path: String) -> Bool {
    path.hasSuffix(ExternalManifest.ending) || path.hasSuffix(WriterManifest.ending)
  }

  /// Reads a manifest; nil for a file that is not called as one.
  ///
  /// - Throws: `RequestRefused` with all mistakes.
  public static func read(_ path: String) throws -> ManifestFile? {
    if path.hasSuffix(ExternalManifest.ending) { return .step(try ManifestReader.read(path).declaration) }
    if path.hasSuffix(WriterManifest.ending) { return .writer(try ManifestReader.readWriter(path).declaration) }
    return nil
  }
}
