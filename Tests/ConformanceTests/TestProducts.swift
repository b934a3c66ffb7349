import FloeIO
import FloeSDK
import FloeTestSupport
import Foundation

/// Inputs that only other steps can make: products, tracks read from them, models. Each is made once a test run.
enum TestProducts {
  /// A folder for products and files; it goes with the process.
  static var folder: String { get throws { try made.get().path } }
  private static let made = Result {
    atexit { TemporaryFolder.discardAll() }
    return try TemporaryFolder(in: FileManager.default.temporaryDirectory.path)
  }

  private static func run(
    _ step: String, _ parameters: [String: ParameterLiteral] = [:], _ ports: [String: [PortData]] = [:]
  ) async throws -> [String: PortData] {
    try await StepHarness.outputs(
      of: try Bundled.factory(step), parameters: parameters, ports: ports,
      circumstances: HarnessOptions(readers: Bundled.readers))
  }

  private static func port(_ outputs: [String: PortData], _ name: String) throws -> PortData {
    guard let data = outputs[name] else { throw FloeError("no output '\(name)' among \(outputs.keys.sorted())") }
    return data
  }

  /// The path that a step of the synthetic plugin tells under `settings`.
  private static func path(_ outputs: [String: PortData], _ setting: String) throws -> String {
    guard case .document(let told)? = outputs["products"],
      let path = told.body["settings"]?[setting]?.stringValue ?? told.body[setting]?.stringValue
    else {
      throw FloeError("no path of '\(setting)' in \(outputs)")
    }
    return path
  }

  private static let sentinel2 = Task {
    try await run(
      "synthetic.sentinel2",
      ["folder": .text(try folder + "/products"), "size": .text("240"), "bands": .text("B02,B03,B04,B08")])
  }
  private static let sentinel3 = Task {
    try await run(
      "synthetic.sentinel3", ["folder": .text(try folder + "/products"), "records": .text("200")],
      ["truth": [try port(try await sentinel2.value, "truth")]])
  }
  private static let winterScene = Task {
    try await run(
      "synthetic.sentinel2",
      [
        "folder": .text(try folder + "/winter"), "size": .text("240"), "bands": .text("B04"), "world": .text("winter"),
        "lead_percent": .text("3"),
      ])
  }
  private static let winterTrack = Task {
    try await run(
      "synthetic.sentinel3",
      ["folder": .text(try folder + "/winter"), "records": .text("200"), "world": .text("winter")])
  }
  /// An output of `synthetic.sentinel2` with `world: winter`.
  static func winter(_ name: String) async throws -> PortData { try port(try await winterScene.value, name) }
  /// The surfaces under a winter track.
  static func footprints() async throws -> PortData { try port(try await winterTrack.value, "surfaces") }

  private static let read = Task {
    try port(try await run("sentinel3.sral", ["product": .text(try await track())]), "track")
  }
  private static let featured = Task {
    try port(try await run("altimetry.features", [:], ["input": [try await read.value]]), "track")
  }
  private static let alignedTrack = Task {
    try port(try await run("altimetry.align", [:], ["input": [try await featured.value]]), "track")
  }
  private static let retrackedTrack = Task {
    try port(try await run("altimetry.retrack", [:], ["input": [try await read.value]]), "track")
  }
  private static let elevatedTrack = Task {
    try port(try await run("altimetry.elevation", [:], ["input": [try await retrackedTrack.value]]), "track")
  }
  private static let trackOverSea = Task {
    try port(try await run("altimetry.sea_surface", [:], ["input": [try await elevatedTrack.value]]), "track")
  }
  private static let fitted = Task {
    try port(
      try await run(
        "cluster.kmeans", ["names": .text("lead=darkest,sea_ice=rest")], ["samples": [.raster(try SyntheticData.ice())]]
      ), "model")
  }

  /// A Sentinel-2 product of 240 x 240 pixels.
  static func scene() async throws -> String { try path(try await sentinel2.value, "scene") }
  /// A Sentinel-3 product whose track crosses the scene.
  static func track() async throws -> String { try path(try await sentinel3.value, "track") }
  /// The track's records as they are read, with features, and aligned.
  static func records() async throws -> PortData { try await read.value }
  static func features() async throws -> PortData { try await featured.value }
  static func aligned() async throws -> PortData { try await alignedTrack.value }
  /// The records with a retracked range, with elevations, and with a sea surface.
  static func retracked() async throws -> PortData { try await retrackedTrack.value }
  static func elevated() async throws -> PortData { try await elevatedTrack.value }
  static func overSea() async throws -> PortData { try await trackOverSea.value }
  /// A k-means model of `SyntheticData.ice`.
  static func model() async throws -> PortData { try await fitted.value }

  /// A raster as a GeoTIFF file.
  static func geoTIFF(_ raster: Raster, _ name: String) throws -> String {
    let path = try "\(folder)/\(name).tif"
    try writeRaster(raster, to: path, driver: "GTiff")
    return path
  }

  /// A text file.
  static func file(_ name: String, _ text: String) throws -> String {
    let path = try "\(folder)/\(name)"
    try VirtualFile.write(text, to: path)
    return path
  }
}
