import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct FindCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "find",
    abstract: "Asks a catalogue for products: by collection, place, time, cloud cover.",
    discussion: """
      Writes items.gpkg (with footprints), items.csv and items.json (the catalogue's own answer) into the output \
      folder: for QGIS, for `floe fetch`, and for colocate.pairs, which finds pairs before anything is fetched. It \
      runs examples/find.yaml; no account is needed.

      EXAMPLE
        floe find SENTINEL-2 --text MSIL1C --box 178,70,-178,71.5 \\
          --from 2019-03-01 --to 2019-03-08 --cloud 20 -o s2
        floe find SENTINEL-3 --text SR_2_LAN --box 178,70,-178,71.5 \\
          --from 2019-03-01 --to 2019-03-08 -o s3
        floe find sentinel-2-l1c --service https://stac.dataspace.copernicus.eu/v1 \\
          --box 178,70,179,71 -o stac
      """)
  @Argument(help: "Collections, as the catalogue calls them.")
  var collections: [String]
  @Option(help: "Address of the catalogue: a STAC API, or OData of the Copernicus Data Space, which is the default.")
  var service: String?
  @Option(
    parsing: .unconditional, help: "West, south, east, north in degrees; west greater than east crosses 180°.")
  var box: String?
  @Option(help: "A product whose footprint is searched.", completion: .file())
  var like: String?
  @Option(help: "Beginning: a date or time, UTC.")
  var from: String?
  @Option(help: "End: a date, that day included, or a time.")
  var to: String?
  @Option(help: "Largest cloud cover in percent.")
  var cloud: String?
  @Option(help: "What a product's name holds, for example MSIL1C.")
  var text: String?
  @Option(help: "Products at most.")
  var limit: Int?
  @OptionGroup var execution: ExecutionOptions
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    var settings = ["collection": collections.joined(separator: ",")]
    let given = [
      "service": service, "box": box, "like": like, "from": from, "to": to, "cloud": cloud, "text": text,
      "limit": limit.map { "\($0)" },
    ]
    for (name, value) in given { if let value { settings[name] = value } }
    let example = try PluginOptions.share().example("find.yaml")
    let report = try await Session(execution: execution, plugins: plugins).run(
      try PipelineReader.read(example), settings: settings, isSilent: true)
    if execution.json { return Terminal.json(try JSONText.encode(report.record, pretty: true)) }
    guard !execution.quiet else { return }
    let folder = try execution.runOptions().outputFolder
    print(try Self.table(of: folder + "/items.csv"))
    Terminal.notice("written to \(folder): \(report.files.joined(separator: " "))")
  }

  /// The first products as lines.
  private static func table(of file: String) throws -> String {
    let table = try VectorLayer.readTable(file)
    guard table.rowCount > 0, case .text(let names)? = table[.name]?.values else { return "no product" }
    // A column without any value comes back as text: no product has a time, or a cloud cover.
    let starts = (try? table.numbers(.start)) ?? [Double](repeating: .nan, count: table.rowCount)
    let clouds = (try? table.numbers(.cloudCover)) ?? [Double](repeating: .nan, count: table.rowCount)
    let rows = (0..<min(30, table.rowCount)).map { i in
      [
        names[i] ?? "", starts[i].isFinite ? String(UTCTime(seconds: starts[i]).iso8601.prefix(16)) : "",
        clouds[i].isFinite ? String(format: "%.0f %%", clouds[i]) : "",
      ]
    }
    let rest = table.rowCount > 30 ? "\n... and \(table.rowCount - 30) more" : ""
    return Terminal.table(rows) + rest + "\n\(table.rowCount) \(table.rowCount == 1 ? "product" : "products")"
  }
}
