import FloeIO
import FloeSDK

/// Looks for the chunks of an EOPF product before its arrays are read.
///
/// A chunk may be left out where all its pixels are no data (0); one that was lost looks the same. Which it is, the
/// other bands tell: what no band of that resolution has is no data, what another band has was lost.
enum ChunkCheck {
  /// The number of chunks that a stack needs and no band has.
  ///
  /// - Parameters:
  ///   - masks: arrays that tell what to leave out; they must be whole, since an absent chunk would mask nothing.
  ///   - window: the part of the target's grid that is wanted.
  /// - Throws: a sentence with the first chunk that is missing.
  static func empty(
    _ product: Sentinel2Product, _ sources: [BandSource], masks: [String], window: PixelWindow
  ) throws -> Int {
    for path in masks {
      let array = try ZarrArray(path)
      let files = try array.files()
      if let lost = array.allChunks.first(where: { !files.contains($0) }) {
        throw FloeError(
          """
          the chunk '\(path)/\(lost)' of a mask is missing, and its pixels would count as not masked; fetch the \
          product anew, or leave this out of 'masks'
          """)
      }
    }
    var known: [String: (array: ZarrArray, files: Set<String>)] = [:]
    func read(_ path: String) throws -> (array: ZarrArray, files: Set<String>) {
      if let found = known[path] { return found }
      let array = try ZarrArray(path)
      let found = (array: array, files: try array.files())
      known[path] = found
      return found
    }
    var count = 0
    for source in sources {
      let own = try read(source.path)
      let missing = own.array.chunks(source.resampler.sourceWindow(window)).filter { !own.files.contains($0) }
      guard let first = missing.first else { continue }
      guard own.array.fill == 0 else {
        throw FloeError(
          """
          the chunk '\(source.path)/\(first)' of band \(source.band.name) is missing, and the array has no fill value \
          for it; fetch the product anew
          """)
      }
      for band in SpectralBand.allCases where band != source.band {
        guard let path = product.images.files(band.name, native: band.nativeResolution)[source.fileResolution],
          VirtualFile.exists(product.file(of: path))
        else { continue }
        let other = try read(path)
        guard other.array.isCutLike(own.array), let lost = missing.first(where: other.files.contains) else { continue }
        throw FloeError(
          """
          the chunk '\(source.path)/\(lost)' of band \(source.band.name) is missing, while \(band.name) has its own; \
          the product is not whole: fetch it anew, or choose a part without that chunk
          """)
      }
      count += missing.count
    }
    return count
  }
}
