import FloeIO
import FloeSDK

/// A model or a document as JSON, its provenance among its members.
struct JSONOutput: OutputWriter {
  static let name = "json"
  static let summary = "A model or a document as JSON, its provenance among its members; a STAC item for a model."
  static let suffixes = ["json"]
  static let kinds: [PortKind] = [.model, .document]

  func sidecars(of file: String) -> [String] { [file + ".stac.json"] }

  func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws {
    guard let layer = layers.first else { throw FloeError("has nothing to write: the step did not make it") }
    var body: [String: JSONValue]
    switch layer.data {
    case .model(let model): body = model.body.objectValue ?? ["model": model.body]
    case .document(let document): body = document.body.objectValue ?? ["content": document.body]
    case .raster, .table: throw layer.unfit(for: Self.name)
    }
    body[.provenance] = layer.provenance
    try VirtualFile.write(try JSONText.encode(.object(body), pretty: true) + "\n", to: path)
    if case .model(let model) = layer.data {
      try ModelItem(path: path, model: model, provenance: layer.provenance, others: context.others)
        .write(to: path + ".stac.json", in: context)
    }
  }
}
