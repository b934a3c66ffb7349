import FloeIO
import FloeSDK
import Foundation

/// The host's own step: reads one file as it is, so that `floe step` can feed a step's inputs from files.
struct FileStep: ProcessingStep {
  static let name = "file.read"
  static let summary = "Reads a raster, table, model or JSON document from a file, as what its content is."
  static let discussion = """
    A raster is anything GDAL opens, a table anything OGR opens; a `.json` that floe wrote as a model becomes a model,
    another a document. Pixel type, no data, scale and units are the file's own; nothing is computed, so there is no
    edge effect.
    """
  static let example = "saved: { use: file.read, with: { path: model.json } }"
  @Param("The file") var path: InputPath
  @Param("Layer of a file with several; the first by default") var layer: String?
  @Output("The content") var data: PortData?

  mutating func plan(in context: PlanContext) throws { data = try read(whole: false, warn: context.warn) }
  mutating func run(in context: RunContext) async throws { data = try read(whole: true) }

  private func read(whole: Bool, warn: (String) -> Void = { _ in }) throws -> PortData {
    let file = path.path
    if file.lowercased().hasSuffix(".json") {
      let json = try JSONText.decode(try VirtualFile.readText(file), name: file)
      if let kind = json["kind"]?.stringValue { return .model(Model(kind: kind, body: json)) }
      return .document(Document(title: (file as NSString).lastPathComponent, body: json))
    }
    if RasterFile.driver(of: file) != nil {
      let raster = try RasterFile.open(file)
      raster.remarks.forEach(warn)
      return .raster(raster.raster)
    }
    return .table(
      whole ? try VectorLayer.readTable(file, layer: layer) : try VectorLayer.readSchema(file, layer: layer, warn: warn)
    )
  }
}
