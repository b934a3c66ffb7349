import FloeSDK

/// Decodes a planned stack into scratch, tile by tile on all workers, with its mask in the same pass.
struct StackRun {
  let plan: StackPlan
  let land: String?
  let context: RunContext

  func run() async throws -> (image: Raster, mask: Raster) {
    let copies = try await extract()
    defer { for copy in copies.values { VirtualFile.remove(copy) } }
    let files = try plan.sources.map {
      try RasterFile.open(copies[$0.path] ?? $0.path, driver: BandSource.drivers, reduction: $0.reduction)
    }
    for (file, source) in zip(files, plan.sources) where source.reduction > 1 {
      let columns = source.resampler.columns.count, rows = source.resampler.rows.count
      guard file.spec.grid.width == columns, file.spec.grid.height == rows else {
        throw FloeError(
          "'\(source.path)' reduced by \(source.reduction) is \(file.spec.grid.width) x \(file.spec.grid.height) pixels; \(columns) x \(rows) are expected")
      }
    }
    var layers = try plan.masks.layers(resolution: plan.resolution, grid: plan.scene, copies: copies)
    if let land { layers.append(PolygonMask(burner: try PolygonBurner(path: land, grid: plan.scene), reason: .land)) }

    let image = try context.scratch.makeRaster(plan.image), mask = try context.scratch.makeRaster(plan.mask)
    // Tiles lie on the lattice of the images' own tiles, so that none is decoded twice.
    let tiles = plan.scene.tiles(plan.image.tile).compactMap { $0.intersection(plan.window) }
    let worker = TileWorker(files: files, sources: plan.sources, layers: layers, origin: plan.window, image: image, mask: mask)
    let counts = try await context.map(tiles.count, progress: "tiles") { try worker.decode(tiles[$0]) }
    for file in files { file.releaseHandles() }
    report(counts)
    return (Raster(plan.image, source: image), Raster(plan.mask, source: mask))
  }

  /// Copies of files that lie compressed in an archive, by their path inside: any part of those is at hand at once.
  private func extract() async throws -> [String: String] {
    let paths = plan.extracted
    guard !paths.isEmpty else { return [:] }
    context.log(.info, "\(paths.count) files (\(plan.extractedBytes) bytes) are unpacked from '\(plan.product.location.path)' first")
    let folder = context.scratch.directory, step = context.stepID
    let places = paths.enumerated().map { i, path in
      "\(folder)/\(step)-\(i)\(path.lowercased().hasSuffix(".tif") ? ".tif" : ".jp2")"
    }
    do {
      _ = try await context.map(paths.count, progress: "files") { try VirtualFile.extract(paths[$0], to: places[$0]) }
    } catch {
      for place in places { VirtualFile.remove(place) }
      throw error
    }
    return Dictionary(zip(paths, places)) { first, _ in first }
  }

  /// Counts and areas by reason.
  private func report(_ tiles: [[Int]]) {
    let pixelArea = plan.image.grid.pixelArea / 1e6
    var areas: [String: JSONValue] = [:]
    for reason in PixelReason.allCases {
      let pixels = tiles.reduce(0) { $0 + $1[Int(reason.rawValue)] }
      if pixels > 0 || reason == .valid || reason == .noData {
        areas[reason.name] = ["pixels": .integer(pixels), "km2": .number(Double(pixels) * pixelArea)]
      }
      if reason != .valid { context.dropped(pixels, "pixels", because: reason == .noData ? "no data in a chosen band" : reason.label.lowercased()) }
    }
    context.record("areas", .object(areas))
    context.record("bands", .array(plan.sources.map { .string("\($0.band.name): \($0.treatment)") }))
    if tiles.reduce(0, { $0 + $1[0] }) == 0 { context.warn("no pixel of the chosen part is valid; the stack is empty") }
  }
}

/// The work on one tile; shared by all workers.
struct TileWorker: Sendable {
  let files: [RasterFile]
  let sources: [BandSource]
  let layers: [any MaskLayer]
  /// The window of the scene that the rasters hold.
  let origin: PixelWindow
  let image, mask: KeptRaster

  /// Decodes all bands of a window of the scene, masks them, and keeps both; counts by reason.
  func decode(_ window: PixelWindow) throws -> [Int] {
    let n = window.pixelCount
    var pixels = [UInt16](repeating: 0, count: n * files.count)
    for (i, file) in files.enumerated() {
      let resampler = sources[i].resampler, source = resampler.sourceWindow(window)
      let block = try file.raster.read(source)
      guard case .uint16(let values) = block.values else { throw FloeError("'\(file.path)' changed its pixel type while it was read") }
      values.withUnsafeBufferPointer { input in
        pixels.withUnsafeMutableBufferPointer { all in
          resampler.resample(input, source, into: UnsafeMutableBufferPointer(rebasing: all[i * n..<(i + 1) * n]), window)
        }
      }
    }
    var codes = [UInt8](repeating: 0, count: n)
    if !layers.isEmpty {
      try codes.withUnsafeMutableBufferPointer { codes in for layer in layers { try layer.mark(window, codes) } }
    }
    let counts = Self.blank(&pixels, &codes, bands: files.count)
    let place = window.offset(columns: -origin.column, rows: -origin.row)
    try image.write(PixelBlock(window: place, bandCount: files.count, values: .uint16(pixels)), bands: Array(files.indices))
    try mask.write(PixelBlock(window: place, bandCount: 1, values: .uint8(codes)), bands: [0])
    return counts
  }

  /// Marks pixels that are 0 in any band, sets those that take no part to 0 in all bands, and counts the codes.
  private static func blank(_ pixels: inout [UInt16], _ codes: inout [UInt8], bands: Int) -> [Int] {
    let n = codes.count
    return pixels.withUnsafeMutableBufferPointer { pixels in
      codes.withUnsafeMutableBufferPointer { codes in
        let noData = PixelReason.noData.rawValue
        for band in 0..<bands {
          let start = band * n
          for i in 0..<n { codes[i] = pixels[start + i] == 0 ? noData : codes[i] }
        }
        for band in 0..<bands {
          let start = band * n
          for i in 0..<n { pixels[start + i] = codes[i] == 0 ? pixels[start + i] : 0 }
        }
        var counts = [Int](repeating: 0, count: 256)
        counts.withUnsafeMutableBufferPointer { counts in for i in 0..<n { counts[Int(codes[i])] += 1 } }
        return Array(counts[0..<PixelReason.allCases.count])
      }
    }
  }
}
