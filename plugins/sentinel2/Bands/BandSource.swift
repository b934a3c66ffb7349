import FloeIO
import FloeSDK

/// From which file and at which reduction one band is decoded, and how it comes to the target grid.
struct BandSource: Sendable {
  let band: SpectralBand
  let path: String
  /// Metres of a pixel of the file.
  let fileResolution: Int
  /// Power of two by which the file is decoded reduced; 1 is in full.
  let reduction: Int
  let resampler: Resampler
  /// The least DN that is data. In L1C a DN of 1 in the bands up to 1000 nm is a reflectance of 0.0001, or -0.0999 with
  /// an offset, far below what the air alone scatters: such pixels stand at the edge of the swath. At longer waves, and
  /// in L2A, where values below are set to 1, it may be a surface.
  let least: UInt16

  var resolution: Int { fileResolution * reduction }
  /// The pixels of a reduced image that a window of the target needs, those about them included that may show the edge
  /// of the data.
  func decoded(_ window: PixelWindow) -> PixelWindow {
    let needed = resampler.sourceWindow(window)
    let margin = EdgeOfData.margin
    let around = PixelWindow(
      column: needed.column - margin, row: needed.row - margin, width: needed.width + 2 * margin,
      height: needed.height + 2 * margin)
    return around.intersection(
      PixelWindow(column: 0, row: 0, width: resampler.columns.count, height: resampler.rows.count)) ?? needed
  }
  /// What is done to the band's pixels, in words.
  var treatment: String {
    let decoded =
      reduction == 1 ? "\(fileResolution) m" : "\(fileResolution) m decoded at reduced resolution \(resolution) m"
    return resampler.method == .none ? decoded : "\(decoded), \(resampler.method.rawValue)"
  }

  /// Drivers that may read the image and mask files of a product.
  static let drivers = ["JP2OpenJPEG", "JP2KAK", "JP2ECW", "JP2MrSID", "GTiff", "Zarr"]
}

/// Chooses for each band the file and reduction for a target resolution.
struct SourceChooser {
  let product: Sentinel2Product
  let upsampling: Upsampling
  let downsampling: Downsampling

  /// One image file of a band with the reductions that it holds, itself included.
  struct Candidate {
    let path: String
    let resolution: Int
    let reductions: [Int]
  }

  /// The files of a band, finest first; checks that they are there, not empty, and of the size in the metadata.
  func candidates(_ band: SpectralBand) throws -> [Candidate] {
    if product.level == .l2a, band == .b10 {
      throw ParameterError(
        "bands",
        """
        names B10, but '\(product.name)' is an L2A product, and L2A has no B10 (cirrus); leave it out or use the \
        L1C product
        """
      )
    }
    let files = product.images.files(band.name, native: band.nativeResolution)
    guard !files.isEmpty else {
      throw FloeError("band \(band.name) has no image file in '\(product.imageFolder)'; the product is not whole")
    }
    return try files.sorted { $0.key < $1.key }.map { resolution, path in
      let grid = try checked(path, what: "band \(band.name)")
      guard let expected = product.geocoding.grids[resolution] else {
        throw FloeError(
          """
          the metadata gives no size at \(resolution) m for '\(path)'; it has \
          \(product.geocoding.grids.keys.sorted().map { "\($0) m" }.joined(separator: ", "))
          """
        )
      }
      guard grid.width == expected.width, grid.height == expected.height else {
        throw FloeError(
          """
          '\(path)' is \(grid.width) x \(grid.height) pixels; at \(resolution) m the metadata says \
          \(expected.width) x \(expected.height)
          """
        )
      }
      return Candidate(
        path: path, resolution: resolution,
        reductions: try [1] + RasterFile.reductions(of: path, driver: BandSource.drivers))
    }
  }

  /// The grid of an image file that exists, is not empty and holds one band of 16 bits.
  private func checked(_ path: String, what: String) throws -> Grid {
    guard VirtualFile.exists(path) else {
      throw FloeError("the image file '\(path)' of \(what) is missing; the product is not whole")
    }
    guard try VirtualFile.size(product.file(of: path)) > 0 else {
      throw FloeError("the image file '\(path)' of \(what) is empty (0 bytes); get the product again")
    }
    let file = try RasterFile.open(path, driver: BandSource.drivers)
    guard file.spec.bands.count == 1, file.spec.type == .uint16 else {
      throw FloeError(
        """
        '\(path)' has \(file.spec.bands.count) band(s) of type \(file.spec.type.rawValue); \(what) must be one of \
        uint16
        """
      )
    }
    return file.spec.grid
  }

  /// One source for each band.
  ///
  /// At 10, 20 and 60 m the pixels are decoded in full and resampled as asked for. At other resolutions, quick looks,
  /// the image is decoded at its own reduced resolution where it has the one wanted.
  func choose(_ bands: [SpectralBand], resolution target: Int) throws -> [BandSource] {
    let all = try bands.map { (band: $0, files: try candidates($0)) }
    let isStandard = product.geocoding.grids[target] != nil
    let offered = Set(all.flatMap { $0.files }.flatMap { file in file.reductions.map { $0 * file.resolution } })
      .union(product.geocoding.grids.keys)
    guard offered.contains(target) else {
      let list = offered.sorted().map(String.init).joined(separator: ", ")
      throw ParameterError(
        "resolution", "is \(target) m; the chosen bands of '\(product.name)' can be had at \(list) m")
    }
    return try all.map { band, files in
      var options: [(file: Candidate, reduction: Int)] = []
      for file in files { for reduction in isStandard ? [1] : file.reductions { options.append((file, reduction)) } }
      let scale = { (o: (file: Candidate, reduction: Int)) in o.file.resolution * o.reduction }
      let exact = options.filter { scale($0) == target }.max { $0.file.resolution < $1.file.resolution }
      let finer = options.filter { scale($0) < target }.max {
        // A resolution that divides the target first, then the coarsest, then the one with less to decode.
        (target % scale($0) == 0 ? 1 : 0, scale($0), $0.file.resolution) < (
          target % scale($1) == 0 ? 1 : 0, scale($1), $1.file.resolution
        )
      }
      let coarser = options.filter { scale($0) > target }.min { (scale($0), $0.reduction) < (scale($1), $1.reduction) }
      guard let chosen = exact ?? finer ?? coarser else { throw FloeError("band \(band.name) has no image file") }
      let own = scale(chosen)
      let method: Resampler.Method =
        own == target
        ? .none
        : own < target
          ? (downsampling == .average ? .average : .nearest) : (upsampling == .nearest ? .nearest : .bilinear)
      let size = chosen.file.resolution * chosen.reduction
      let grid = product.geocoding.grids[chosen.file.resolution]
      let reduced = { (n: Int) in (n + chosen.reduction - 1) / chosen.reduction }
      return BandSource(
        band: band, path: chosen.file.path, fileResolution: chosen.file.resolution, reduction: chosen.reduction,
        resampler: Resampler(
          method: method, columns: AxisMap(source: size, target: target, count: reduced(grid?.width ?? 1)),
          rows: AxisMap(source: size, target: target, count: reduced(grid?.height ?? 1))),
        least: product.level == .l1c && band.rawValue <= SpectralBand.b09.rawValue ? 2 : 1)
    }
  }
}
