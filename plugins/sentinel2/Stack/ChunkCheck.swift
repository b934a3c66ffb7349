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
  ///   - masks: arrays that say what to leave out; they must be whole, since an absent chunk would mask nothing.
  ///   - window: the part of the target's grid that is wanted.
  /// - Throws: a sentence with the first chunk that is missing.
  static func empty(
    _ product: Sentinel2Product, _ sources: [BandSource], masks: [String], window: PixelWindow
  ) throws -> Int {
    let consolidated = try ConsolidatedMetadata(product.location.root)
    for path in masks {
      let array = try ZarrArray(path)
      try consolidated.check(array)
      let files = try array.files()
      try check(array, files)
      if let lost = array.allChunks.first(where: { !files.contains($0) }) {
        throw FloeError(
          """
          the chunk '\(path)/\(lost)' of a mask is missing, and its pixels would count as not masked; fetch the \
          product anew, or leave this out of 'masks'
          """)
      }
      for chunk in array.allChunks { try checkOpens("\(path)/\(chunk)") }
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
      try check(own.array, own.files)
      let needed = own.array.chunks(source.resampler.sourceWindow(window))
      for chunk in needed where own.files.contains(chunk) { try checkOpens("\(source.path)/\(chunk)") }
      let missing = needed.filter { !own.files.contains($0) }
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

  /// Compares the chunks that a stack needs with the checksums of the archive that holds them.
  ///
  /// What is compressed in the archive is compared while it is unpacked; what is stored as it is would be believed.
  ///
  /// - Returns: the paths to compare, with their checksums; none where the product is no archive.
  static func sums(
    _ product: Sentinel2Product, _ sources: [BandSource], masks: [String], window: PixelWindow
  ) throws -> [(path: String, crc: UInt32)] {
    let archive = product.location.path
    let prefix = VirtualFile.zip(archive)
    guard product.location.root.hasPrefix(prefix) else { return [] }
    let index = ZipIndex(archive)
    var paths: [String] = []
    for path in masks { paths += try ZarrArray(path).allChunks.map { "\(path)/\($0)" } }
    for source in sources {
      let needed = try ZarrArray(source.path).chunks(source.resampler.sourceWindow(window))
      paths += needed.map { "\(source.path)/\($0)" }
    }
    return paths.compactMap { path in
      let member = String(path.dropFirst(prefix.count + 1))
      guard index.isStored(member), let crc = index.checksum(of: member) else { return nil }
      return (path: path, crc: crc)
    }
  }

  /// Refuses chunks that no array of this description has.
  private static func check(_ array: ZarrArray, _ files: Set<String>) throws {
    guard let stranger = array.stranger(in: files) else { return }
    throw FloeError(
      """
      '\(array.path)/\(stranger)' is no chunk of an array of \(array.rows) x \(array.columns) pixels in chunks of \
      \(array.chunkRows) x \(array.chunkColumns), which '.zarray' describes; one of the two is of another product: \
      fetch it anew
      """)
  }

  /// Refuses a chunk that cannot be opened: GDAL would take it for one that is not there, and that for no data.
  private static func checkOpens(_ chunk: String) throws { _ = try VirtualFile.read(chunk, at: 0, count: 0) }
}
