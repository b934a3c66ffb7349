import FloeIO
import FloeSDK
import Foundation

/// Writes the folder of a product: bands and masks as lossless JPEG 2000, metadata, manifest.
///
/// The caller gives a temporary folder and publishes it when all is written.
struct SafeWriter: Sendable {
  let product: SafeProduct
  /// The folder that the product's folder goes into.
  let folder: String

  /// The product's folder.
  var path: String { "\(folder)/\(product.name)" }

  /// Writes the product.
  ///
  /// - Parameters:
  ///   - images: a raster of one band for each band of the product, in its resolution, UInt16.
  ///   - quality: eight bands of the quality mask (60 m suffices); classification: three bands at 60 m. Zero where
  ///     nothing is wrong.
  func write(_ images: [Raster], in context: RunContext) async throws {
    precondition(images.count == product.bands.count, "one raster a band is needed")
    for band in product.bands {
      try makeFolder((product.imageFile(band) as NSString).deletingLastPathComponent)
    }
    try makeFolder("\(product.granule)/QI_DATA")
    try await writePixels(images, in: context)
    try await writeMetadata(in: context)
  }

  private func makeFolder(_ inside: String) throws { try ProductFolder.make("\(path)/\(inside)") }

  private func writePixels(_ images: [Raster], in context: RunContext) async throws {
    let cancellation = context.cancellation
    let classification = try empty(bands: ["opaque cloud", "cirrus", "snow and ice"], grid: product.grid(60))
    var work: [(raster: Raster, file: String)] = []
    for (band, image) in zip(product.bands, images) {
      work.append((image, product.imageFile(band) + ".jp2"))
      let names = (1...8).map { "bit \($0)" }
      work.append((try empty(bands: names, grid: product.grid(60)), product.qualityFile(band)))
    }
    work.append((classification, product.classificationFile))
    // The largest first, so that no worker is left with a large one at the end.
    work.sort { ($0.raster.spec.byteCount, $1.file) > ($1.raster.spec.byteCount, $0.file) }
    let jobs = work
    let root = path
    _ = try await context.map(jobs.count, progress: "files") { i in
      let target = "\(root)/\(jobs[i].file)"
      // The layout of the real ones: lossless, tiles of 1024, six resolutions, 15 bits in the bands.
      let bits = jobs[i].raster.spec.type == .uint16 ? "NBITS=15" : "NBITS=8"
      try writeRaster(
        jobs[i].raster, to: target, driver: "JP2OpenJPEG",
        creationOptions: [
          "QUALITY=100", "REVERSIBLE=YES", "YCBCR420=NO", "BLOCKXSIZE=1024", "BLOCKYSIZE=1024", "RESOLUTIONS=6", bits,
        ], isCancelled: { cancellation.isCancelled })
      // GDAL keeps what JPEG 2000 cannot in a file that real products do not have.
      VirtualFile.remove(target + ".aux.xml")
    }
  }

  private func empty(bands: [String], grid: Grid?) throws -> Raster {
    guard let grid else { throw FloeError("the scene is too small for 60 m pixels") }
    return Raster(
      RasterSpec(grid: grid, bands: bands.map { BandSpec(name: $0) }, type: .uint8),
      source: ComputedSource { window, bands, block in
        block = PixelBlock(window: window, bandCount: bands.count, type: .uint8)
      })
  }

  private func writeMetadata(in context: RunContext) async throws {
    let metadata = SafeMetadata(product: product)
    try VirtualFile.write(metadata.productFile(), to: "\(path)/\(product.metadataFile)")
    try VirtualFile.write(metadata.tileFile(), to: "\(path)/\(product.granule)/MTD_TL.xml")
    let listed = try VirtualFile.list(path, recursive: true).filter { !$0.hasSuffix("/") }
    let root = path
    let files = try await context.map(listed.count, progress: "checksums") { i in
      let file = "\(root)/\(listed[i])"
      return (path: listed[i], bytes: try VirtualFile.size(file), md5: try Checksum.md5(file))
    }
    try VirtualFile.write(metadata.manifest(files), to: "\(path)/manifest.safe")
  }
}

/// Checksums as manifests have them.
enum Checksum {
  /// MD5 of a file.
  static func md5(_ path: String) throws -> String {
    guard let found = try FileDigest.hexadecimal(of: path, algorithm: "MD5") else {
      throw FloeError("libcrypto offers no MD5, which the manifest of '\(path)' needs")
    }
    return found
  }
}

/// Folders that appear whole or not at all.
enum ProductFolder {
  /// Makes a folder and those above it.
  static func make(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FloeError("the folder '\(path)' cannot be made: \(error.localizedDescription)")
    }
  }
}
