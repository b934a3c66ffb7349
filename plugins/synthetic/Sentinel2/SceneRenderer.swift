import FloeIO
import FloeSDK

/// Computes all bands of a scene, its truth and its details tile by tile.
struct SceneRenderer {
  let product: SafeProduct
  let bands: [MSIBand]
  let truthSpec: RasterSpec
  /// Where truth and details go.
  let truth: String, details: String?

  /// Computes everything; the bands stay in scratch until they are encoded.
  ///
  /// - Returns: the bands in their order, and counts of ice, lead and unknown pixels.
  func render<Source: SceneSource>(
    _ model: Source, in context: RunContext
  ) async throws -> (images: [Raster], counts: [Int]) {
    var stores: [Int: (raster: CachedRaster, spec: RasterSpec, bands: [MSIBand])] = [:]
    for resolution in [10, 20, 60] {
      let bands = bands.filter { $0.resolution == resolution }
      guard !bands.isEmpty, let grid = product.grid(resolution) else { continue }
      let spec = RasterSpec(
        grid: grid, bands: bands.map { BandSpec(name: $0.name, quantity: "DN", noData: 0) }, type: .uint16)
      stores[resolution] = (try context.scratch.makeRaster(spec), spec, bands)
    }
    let cancellation = context.cancellation
    let options = RasterWriteOptions(
      threads: context.pool.workers, scratchDirectory: context.scratch.directory,
      isCancelled: { cancellation.isCancelled })
    let truth = try COGWriter(path: truth, spec: truthSpec, options: options)
    let details = try details.map {
      try COGWriter(path: $0, spec: SceneDetails.spec(product.grid), options: options)
    }
    // A multiple of 60 m, so that no coarse pixel lies in two tiles.
    let tiles = product.grid.tiles(TileSize(width: 480, height: 480))
    let kept = stores
    let counts = try await context.map(tiles.count, progress: "tiles") { i -> [Int] in
      let surface = try model.surface(tiles[i])
      try truth.write(PixelBlock(window: tiles[i], bandCount: 1, values: .uint8(surface.truth)))
      if let details, let values = surface.details {
        try details.write(
          PixelBlock(window: tiles[i], bandCount: SceneDetails.bands.count, values: .uint16(values)))
      }
      for (resolution, store) in kept {
        let w = tiles[i]
        let f = resolution / 10
        let window = PixelWindow(column: w.column / f, row: w.row / f, width: w.width / f, height: w.height / f)
        for (place, band) in store.bands.enumerated() {
          let numbers = model.digitalNumbers(band, of: surface)
          try store.raster.write(PixelBlock(window: window, bandCount: 1, values: .uint16(numbers)), bands: [place])
        }
      }
      return [SceneModel.ice, SceneModel.lead, SceneModel.none].map { code in surface.truth.count { $0 == code } }
    }
    try truth.finish()
    try details?.finish()
    let images = try bands.map { band -> Raster in
      guard let store = stores[band.resolution], let place = store.bands.firstIndex(of: band) else {
        throw FloeError("band \(band.name) was not computed")
      }
      return store.raster.band(place, of: store.spec)
    }
    return (images, (0..<3).map { k in counts.reduce(0) { $0 + $1[k] } })
  }
}
