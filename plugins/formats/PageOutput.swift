import FloeIO
import FloeSDK
import Foundation

/// A document in one of the forms that its step gave it: plain text or a page for browsers.
struct PageOutput: OutputWriter {
  static let name = "page"
  static let summary = "A document as plain text or as a page for browsers, where its step made one."
  static let suffixes = ["txt", "html"]
  static let kinds: [PortKind] = [.document]

  func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws {
    let layer = try layers.only(of: .document)
    guard case .document(let document) = layer.data else { throw layer.unfit(for: Self.name) }
    let form = (context.output as NSString).pathExtension.lowercased()
    guard let rendering = document.renderings[form] else {
      throw FloeError(
        """
        '\(layer.source)' cannot be written as .\(form); it comes as \
        \((["json"] + document.renderings.keys.sorted()).joined(separator: ", "))
        """
      )
    }
    try VirtualFile.write(rendering, to: path)
  }
}
