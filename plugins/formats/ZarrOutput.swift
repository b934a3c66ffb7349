import FloeIO
import FloeSDK

/// A raster as a Zarr group, with a STAC item beside it.
struct ZarrOutput: OutputWriter {
  static let name = "zarr"
  static let summary = "A raster as a Zarr group (version 2), one array a band, with a STAC item beside it."
  static let suffixes = ["zarr"]
  static let kinds: [PortKind] = [.raster]
  static let isFolder = true

  @Param("Rows and columns of a chunk", in: 16...8192) var chunk = 512
  @Param("How chunks are compressed") var compression = Compression.zstd

  enum Compression: String, ChoiceParameter { case zstd, zlib, none }

  func sidecars(of file: String) -> [String] { [file + ".stac.json"] }

  func refusal(of data: PortData) -> String? {
    if case .raster(let raster) = data { ZarrFile.refusal(of: raster.spec) } else { nil }
  }

  func scratchBytes(of values: [PortData]) -> Int {
    values.reduce(0) { sum, value in if case .raster(let raster) = value { sum + raster.spec.byteCount } else { sum } }
  }

  func refusal(toReplace path: String) -> String? {
    ZarrFile.markers.contains { VirtualFile.exists("\(path)/\($0)") }
      ? nil : "\(path) is a folder that holds no Zarr group; remove it or name another output"
  }

  func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws {
    let layer = try layers.only(of: .raster)
    guard case .raster(let raster) = layer.data else { throw layer.unfit(for: Self.name) }
    // Chunks are compressed one after the other; what is computed or decoded for them is so on all workers.
    let kept = try await context.run.materialize(raster)
    let items = try layer.provenanceItems
    let options = (chunk: chunk, compression: compression.rawValue.uppercased())
    let cancellation = context.cancellation
    _ = try await context.map(1) { _ in
      try ZarrFile.write(
        kept, to: path, chunk: options.chunk, compression: options.compression, provenance: items,
        isCancelled: { cancellation.isCancelled }, progress: { context.progress($0, of: $1, "chunks") })
    }
    let item = RasterItem(
      path: path, spec: raster.spec, provenance: layer.provenance, mediaType: "application/vnd.zarr; version=2")
    try item.write(to: path + ".stac.json", in: context)
  }
}
