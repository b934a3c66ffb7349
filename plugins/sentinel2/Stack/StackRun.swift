import FloeIO
import FloeSDK

/// Decodes a planned stack into scratch, tile by tile on all workers, with its mask in the same pass.
struct StackRun {
  let plan: StackPlan
  let land: String?
  /// The layer of the land's file; nil for its first.
  let landLayer: String?
  let context: RunContext

  func run() async throws -> (image: Raster, mask: Raster) {
    let copies = try await extract()
    defer { for copy in copies.values { VirtualFile.remove(copy) } }
    try await verify(copies)
    let files = try plan.sources.map {
      try RasterFile.open(copies[$0.path] ?? $0.path, driver: BandSource.drivers, reduction: $0.reduction)
    }
    for (file, source) in zip(files, plan.sources) where source.reduction > 1 {
      let columns = source.resampler.columns.count
      let rows = source.resampler.rows.count
      guard file.spec.grid.width == columns, file.spec.grid.height == rows else {
        throw FloeError(
          """
          '\(source.path)' reduced by \(source.reduction) is \(file.spec.grid.width) x \(file.spec.grid.height) \
          pixels; \(columns) x \(rows) are expected
          """
        )
      }
    }
    if land == nil {
      // Said where people look, and no warning: most of the sea has no land in sight.
      context.record(
        "summary",
        .string(
          """
          no land layer: land, where there is any, takes part as if it were sea; coast polygons for 'land' come from \
          osmdata.openstreetmap.de (land polygons) or GSHHG
          """))
    }
    for (file, source) in zip(files, plan.sources) { try Self.checkPlace(file, source, of: plan.product) }
    var layers = try plan.masks.layers(resolution: plan.resolution, grid: plan.scene, copies: copies)
    var missed: String?
    if let land {
      let burner = try PolygonRasterizer(path: land, layer: landLayer, grid: plan.scene)
      missed = burner.miss ?? "the polygons of '\(land)' cover no pixel of the chosen part"
      layers.append(PolygonMask(burner: burner, reason: .land))
    }

    let bands = try await bands(files)
    let image = try context.scratch.makeRaster(plan.image)
    let mask = try context.scratch.makeRaster(plan.mask)
    // Tiles lie on the lattice of the images' own tiles, so that none is decoded twice; where a coarser band is among
    // them, those that share one of its tiles are one piece of work.
    let shares =
      plan.sources.contains { $0.resolution == 2 * plan.resolution }
      && !plan.sources.contains { $0.resolution < plan.resolution }
    let side = plan.image.tile.width * (shares ? 2 : 1)
    let tiles = plan.scene.tiles(TileSize(width: side, height: side)).compactMap { $0.intersection(plan.window) }
      // The small ones last, so that all workers end at about the same time.
      .sorted { $0.pixelCount > $1.pixelCount }
    let worker = try TileWorker(
      bands: bands, sources: plan.sources, layers: layers, origin: plan.window, resolution: plan.resolution,
      image: image, mask: mask)
    let counts = try await context.map(tiles.count, progress: "tiles") {
      try worker.decode(tiles[$0], by: plan.image.tile)
    }
    for file in files { file.releaseHandles() }
    report(counts, missed)
    return (Raster(plan.image, source: image), Raster(plan.mask, source: mask))
  }

  /// Where each band's pixels come from: its file or, decoded at reduced resolution, scratch, since every tile also
  /// looks at its neighbours' pixels.
  private func bands(_ files: [RasterFile]) async throws -> [any RasterSource] {
    var result: [any RasterSource] = []
    var pieces: [ReducedPiece] = []
    for (file, source) in zip(files, plan.sources) {
      guard source.reduction > 1 else {
        result.append(file)
        continue
      }
      guard file.spec.type == .uint16 else {
        throw FloeError("'\(file.path)' changed its pixel type while it was read")
      }
      let part = source.decoded(plan.window)
      guard let grid = file.spec.grid.cropped(to: part) else {
        throw FloeError("the window lies beyond '\(file.path)'")
      }
      var spec = file.spec
      spec.grid = grid
      // In a file even though it is small: it is read once more, and memory is better left to others.
      let kept = try CachedRaster(spec, inMemoryAllowed: false, directory: context.scratch.directory)
      pieces += grid.tiles(spec.tile).map { ReducedPiece(file: file, kept: kept, part: part, window: $0) }
      result.append(EdgeOfData(source: kept, part: part))
    }
    let work = pieces.sorted { $0.window.pixelCount > $1.window.pixelCount }
    if !work.isEmpty { _ = try await context.map(work.count, progress: "tiles") { try work[$0].decode() } }
    return result
  }

  /// Refuses an image whose own georeference contradicts the tile's metadata; one without any is placed by the
  /// metadata.
  private static func checkPlace(_ file: RasterFile, _ source: BandSource, of product: Sentinel2Product) throws {
    let own = file.spec.grid
    let origin = product.geocoding.origin
    guard own.crs != nil else { return }
    let isThere = abs(own.originX - origin.x) < own.pixelWidth && abs(own.originY - origin.y) < own.pixelHeight
    guard isThere else {
      throw FloeError(
        "'\(source.path)' lies at x \(own.originX), y \(own.originY) by its own georeference, the tile's metadata say "
          + "\(origin.x), \(origin.y); one of them is damaged or of another product")
    }
  }

  /// Compares all files that are read with the sizes and checksums that the product holds.
  private func verify(_ copies: [String: String]) async throws {
    let check = try SourceCheck(plan.product.location)
    var paths: [String] = []
    for path in plan.sources.map(\.path) + (try plan.masks.files().map(\.path)) + plan.masks.classificationFiles
    where !paths.contains(path) { paths.append(path) }
    // Of files on the network that were not copied parts alone are read.
    var files = plan.product.isRemote ? paths.filter { copies[$0] != nil || $0.hasSuffix(".gml") } : paths
    if files.count < paths.count {
      context.log(
        .notice, "\(paths.count - files.count) files are read in parts over the network and not compared with checksums"
      )
      for path in paths where !files.contains(path) { try check.checkPart(path) }
    }
    // On the disk the run's key tells a change of the metadata, of a remote product it holds the manifest alone.
    if check.isBound {
      files += plan.product.metadataFiles
      for path in plan.masks.absentFiles { try check.checkAbsent(path) }
    }
    let whole = files
    _ = try await context.map(whole.count, progress: "files") { try check.check(whole[$0], copy: copies[whole[$0]]) }
    let chunks = plan.storedChunks
    guard !chunks.isEmpty else { return }
    _ = try await context.map(chunks.count, progress: "chunks") {
      try SourceCheck.check(chunks[$0].path, crc: chunks[$0].crc)
    }
  }

  /// Copies of files that lie compressed in an archive, by their path inside: any part of those is at hand at once.
  private func extract() async throws -> [String: String] {
    let paths = plan.extracted
    guard !paths.isEmpty else { return [:] }
    context.log(
      .info,
      """
      \(paths.count) files (\(plan.extractedBytes) bytes) are \(plan.product.isRemote ? "fetched" : "unpacked") from \
      '\(RemotePath.shown(plan.product.location.path))' first
      """)
    // Names of its own: another run may use the same folder.
    var places: [String] = []
    do {
      for path in paths {
        places.append(
          try TemporaryFiles.make(
            path.lowercased().hasSuffix(".tif") ? "band.tif" : "band.jp2", in: context.scratch.directory))
      }
      let targets = places
      _ = try await context.map(paths.count, progress: "files") { try VirtualFile.extract(paths[$0], to: targets[$0]) }
    } catch {
      for place in places { VirtualFile.remove(place) }
      throw error
    }
    return Dictionary(zip(paths, places)) { first, _ in first }
  }

  /// Counts and areas by reason.
  ///
  /// - Parameter missed: why land may mask nothing; nil where no land was given.
  private func report(_ tiles: [[Int]], _ missed: String?) {
    let pixelArea = plan.image.grid.pixelArea / 1e6
    var areas: [String: JSONValue] = [:]
    for reason in MaskReason.allCases {
      let pixels = tiles.reduce(0) { $0 + $1[Int(reason.rawValue)] }
      if pixels > 0 || reason == .valid || reason == .noData {
        areas[reason.name] = ["pixels": .integer(pixels), "km2": .number(Double(pixels) * pixelArea)]
      }
      if reason != .valid {
        context.dropped(
          pixels, "pixels", because: reason == .noData ? "no data in a chosen band" : reason.label.lowercased())
      }
    }
    if let missed, areas[MaskReason.land.name] == nil {
      context.warn(
        "land masks no pixel: \(missed). Land would be taken for dark water; leave 'land' out where there is none")
    }
    context.record("areas", .object(areas))
    context.record("bands", .array(plan.sources.map { .string("\($0.band.name): \($0.treatment)") }))
    if tiles.reduce(0, { $0 + $1[0] }) == 0 { context.warn("no pixel of the chosen part is valid; the stack is empty") }
  }
}

/// A part of a band that is decoded at reduced resolution into scratch.
private struct ReducedPiece: Sendable {
  let file: RasterFile
  let kept: CachedRaster
  /// What `kept` holds of the file, and what of that is decoded here.
  let part, window: PixelWindow

  func decode() throws {
    var block = PixelBlock(window: window, bandCount: 1, type: .uint16)
    try file.read(window.offset(columns: part.column, rows: part.row), bands: [0], into: &block)
    block.window = window
    try kept.write(block, bands: [0])
  }
}
