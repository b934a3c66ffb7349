import FloeIO
import FloeSDK

/// Makes a QGIS project of everything that a run wrote.
public struct ProjectStep: FinishingStep {
  public static let name = "qgis.project"
  public static let summary =
    "Makes a QGIS project that opens all rasters and GeoPackage layers of the run, styled and in order."
  public static let discussion = """
    The output is a document for an output that ends in `.qgz`. The project refers to the files by paths relative to its
    own folder, so that the output folder can be moved as a whole; the project may lie in a folder inside of it. Written
    twice, it must be in one folder; each layer carries its style, since QGIS takes neither sidecars nor database styles
    through a project. Four groups from top to bottom: points, footprints and other polygons with outlines; class
    rasters, half-transparent where there is an image below; probabilities, switched off; images, of which the first is
    switched on. Columns have their units in their aliases, codes their words, and a layer's records say on a map tip
    what they are; each layer's metadata tell its bands or rows and its product. The reference system and the extent at
    start
    are those of the first class raster, else the first raster, else the first layer with a geometry. CSV and netCDF
    tables and documents take no part. QGIS 3.22 or newer opens it. Two projects in one run do not see each other.
    """
  public static let example = """
    project: { use: qgis.project }
    """

  @Param("Title of the project; the pipeline's by default") var title: String?
  @Output("The project; write it as .qgz") var project: Document?

  /// A step with its defaults.
  public init() {}

  public mutating func plan(in context: PlanContext) throws {
    project = Document(title: "QGIS project", body: .null, renderings: ["qgs": ""])
  }

  public mutating func run(in context: RunContext) async throws {
    let folder = try ProjectFolder(context.destinations["project"] ?? [])
    var layers: [ProjectLayer] = []
    for output in context.written {
      let path = folder.path(to: output.name)
      let isRaster = [".tif", ".tiff"].contains(where: output.name.lowercased().hasSuffix)
      if isRaster, case .raster(let raster)? = context.values[output.name] {
        layers.append(try ProjectLayer(raster: raster.spec, output: output, path: path, number: layers.count))
      } else if output.name.lowercased().hasSuffix(".gpkg") {
        let styles = LayerStyles(path: output.path)
        for layer in output.sources.keys.sorted() {
          guard case .table(let table)? = context.values[layer.isEmpty ? output.name : "\(output.name)/\(layer)"] else {
            continue
          }
          guard table.geometry != nil else { continue }
          layers.append(
            try ProjectLayer(
              table: table, layer: layer, output: output, path: path, styles: styles, number: layers.count))
        }
      }
    }
    guard !layers.isEmpty else {
      throw FloeError("the run wrote no raster and no GeoPackage layer with a geometry; a project would be empty")
    }
    if layers.contains(where: { $0.group == .images }) {
      layers = layers.map { $0.group == .classes ? $0.drawn(opacity: 0.6) : $0 }
    }
    let ordered = layers.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(
      \.element)
    let view = try ProjectView(layers)
    let heading = RemotePath.redacted(title ?? context.record[.title]?.stringValue ?? "floe")
    let text = ProjectText.make(title: heading, layers: ordered, view: view)
    context.record("layers", .array(ordered.map { .string($0.name) }))
    project = Document(
      title: "QGIS project", body: ["layers": .array(ordered.map { .string($0.source) })], renderings: ["qgs": text])
  }
}
