import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct Info: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Describes a product, or any file that floe reads or writes, from its metadata.",
    discussion: """
      EXAMPLE
        floe info S2A_MSIL1C_20190301T235611_....SAFE
        floe info out/ice-lead.tif
        floe info https://host/scene.tif

      JSON has no numbers that are not finite: with --json they are the texts "NaN", "Infinity" and "-Infinity", as \
      GDAL writes them.
      """)
  @Argument(
    help: """
      A product folder, its .zip, any raster or vector file, a model, a record, a project, a pipeline, a log, a \
      figure with its script and data, the folder of a run, a batch or a cache, and what else floe writes.
      """,
    completion: .file())
  var path: String
  @Flag(help: "Print JSON.")
  var json = false
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    let name = DatasetName(path)
    let file = name?.file ?? path
    let absolute: String
    NetworkAccess.allow(for: [file])
    do {
      if let remote = try RemotePath.resolve(file) ?? (RemotePath.isRemote(file) ? file : nil) {
        try RemoteInput.check(remote)
        absolute = remote
      } else {
        if let refusal = AddressScheme.refusal(file) { throw refuse(refusal) }
        guard FileManager.default.fileExists(atPath: file) else {
          throw refuse("there is no file or folder '\(file)'")
        }
        absolute = URL(fileURLWithPath: file).standardizedFileURL.path
      }
    } catch let error as FloeError {
      throw refuse(error.message)
    }
    let whole = name?.moved(to: absolute) ?? absolute
    let products = await plugins.library().products
    let view: any InfoView
    do {
      try LocalFile.checkInput(absolute)
      if products.recognises(whole) {
        do { view = ProductView(product: try products.describe(whole)) } catch let error as FloeError {
          // A batch names the folder of a scene after the product that it was made of.
          guard let folder = try DocumentView.folder(absolute) else { throw error }
          view = folder
        }
      } else if let folder = try DocumentView.folder(absolute) {
        view = folder
      } else if let document = try DocumentView(path: absolute) {
        view = document
      } else {
        do { view = try FileView(path: whole) } catch let error as FloeError {
          // A netCDF file without a grid is a table of records or a set of measurements.
          if name == nil, absolute.lowercased().hasSuffix(".nc") {
            view = try NetCDFView(path: absolute)
          } else if name == nil, let text = try DocumentView.text(absolute) {
            view = text
          } else {
            throw error
          }
        }
      }
    } catch let error as FloeError {
      throw refuse(error.message)
    }
    if let failure = NetworkTraffic.failure { throw FloeError(failure) }
    if json { Terminal.json(try view.json()) } else { print(view.text) }
    let network = NetworkTraffic.total
    if network.requests > 0, !json {
      print("read \(SystemResources.text(network.bytes)) over the network in \(network.requests) requests")
    }
    for remark in LibraryNotices.take() { Terminal.error("warning: \(remark)") }
  }
}
