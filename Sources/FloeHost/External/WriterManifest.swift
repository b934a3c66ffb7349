import FloeSDK

/// An output format that a program in any language writes, as a `NAME.floe-writer.yaml` file beside it describes it.
struct WriterManifest: Sendable {
  static let ending = ".floe-writer.yaml"

  let path: String
  let declaration: WriterDeclaration
  let command: CommandTemplate
  let parameters: [ExternalParameter]
  /// How values reach the program.
  let input: ExternalFormat
  /// A file that every folder of the format holds; nil where the result is a file.
  let marker: String?
  /// Seconds that the program may take.
  let timeout: Int

  /// The folder that the manifest stands in.
  var folder: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }
}
