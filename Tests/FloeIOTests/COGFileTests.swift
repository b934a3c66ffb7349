import FloeCore
import FloeIO
import Foundation
import Testing

extension IOTests {
  /// The file that all workers write compared with the one by GDAL's driver.
  @Suite struct CloudOptimizedFileTests {
    static let types: [PixelType] = [.uint8, .int16, .uint16, .int32, .uint32, .float32, .float64]

    /// Values without symmetry, some of them no data (7), of any type.
    static func pixels(_ spec: RasterSpec) -> PixelBlock {
      let grid = spec.grid
      let bands = spec.bands.count
      func make<T: PixelValue>(_: T.Type, _ value: (Int) -> T) -> [T] {
        (0..<grid.pixelCount * bands).map { i in
          i % 11 == 0 || (i / grid.width) % 50 < 2 ? value(7) : value((i &* 7919) % 60_013 + (i / 401) % 90)
        }
      }
      let values: PixelArray =
        switch spec.type {
        case .uint8: .uint8(make(UInt8.self) { UInt8(truncatingIfNeeded: $0) })
        case .int16: .int16(make(Int16.self) { Int16(truncatingIfNeeded: $0) })
        case .uint16: .uint16(make(UInt16.self) { UInt16(truncatingIfNeeded: $0) })
        case .int32: .int32(make(Int32.self) { Int32($0) * 30_000 })
        case .uint32: .uint32(make(UInt32.self) { UInt32($0) * 60_000 })
        case .float32: .float32(make(Float.self) { $0 == 7 ? .nan : Float($0) / 3 })
        case .float64: .float64(make(Double.self) { $0 == 7 ? .nan : Double($0) / 3 })
        }
      return PixelBlock(window: grid.fullWindow, bandCount: bands, values: values)
    }

    static func folder() throws -> String {
      let path = FileManager.default.temporaryDirectory.path + "/floe-io-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      return path
    }

    /// Runs pieces on `workers` tasks, begun in order.
    static func spread(_ workers: Int) -> COGFile.ParallelFor {
      { count, body in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for i in 0..<count {
            if i >= workers { try await group.next() }
            group.addTask { try body(i) }
          }
          try await group.waitForAll()
        }
      }
    }

    /// Whether two files tell the same of the raster and hold the same pixels at all resolutions.
    static func same(_ a: String, _ b: String) throws {
      let x = try RasterFile.open(a)
      let y = try RasterFile.open(b)
      // In words, since a no data value of NaN differs from itself.
      #expect("\(x.spec)" == "\(y.spec)")
      let factors = try RasterFile.reductions(of: a)
      #expect(try factors == RasterFile.reductions(of: b))
      for factor in [1] + factors {
        let p = try RasterFile.open(a, reduction: factor)
        let q = try RasterFile.open(b, reduction: factor)
        let left = try p.raster.read(p.spec.grid.fullWindow).values
        let right = try q.raster.read(q.spec.grid.fullWindow).values
        let isSame = left.withBytes { l in
          right.withBytes { r in
            guard let x = l.baseAddress, let y = r.baseAddress else { return false }
            return l.count == r.count && memcmp(x, y, l.count) == 0
          }
        }
        #expect(isSame, "factor \(factor)")
      }
      #expect(VirtualFile.exists(a + ".aux.xml") == VirtualFile.exists(b + ".aux.xml"))
      if VirtualFile.exists(a + ".aux.xml") {
        #expect(try VirtualFile.read(a + ".aux.xml") == VirtualFile.read(b + ".aux.xml"))
      }
    }

    @Test(arguments: types, [1, 3, 4]) func holdsWhatGDALsDriverWrites(type: PixelType, bands: Int) async throws {
      var spec = RasterSpec(
        grid: try IOTests.grid(1061, 613),
        bands: (0..<bands).map {
          BandSpec(
            name: "b\($0)", summary: "Band \($0)", quantity: "DN", scale: 0.5, offset: 1,
            noData: type.isInteger ? 7 : .nan)
        },
        type: type, acquisition: Acquisition(product: "P", platform: "Sentinel-2A"), tags: ["seed": "7"])
      spec.tile = TileSize(width: 400, height: 300)
      let block = Self.pixels(spec)
      let folder = try Self.folder()
      defer { try? FileManager.default.removeItem(atPath: folder) }  // Left files harm no test.
      for compression in bands == 3 ? ["DEFLATE"] : ["ZSTD"] {
        let plain = "\(folder)/plain-\(compression).tif"
        let options = RasterWriteOptions(compression: compression)
        let writer = try COGWriter(path: plain, spec: spec, options: options)
        try writer.write(block)
        try writer.finish()
        let kept = Raster(spec, source: MemorySource(block))
        let computed = Raster(
          spec, source: ComputedSource { window, bands, out in try kept.source.read(window, bands: bands, into: &out) })
        // Windows that are no whole tiles: pixels are kept before they are compressed.
        let seamed = Raster(
          spec,
          source: SeamedSource(
            source: kept.source, seams: RasterSeams(columns: [300, 777], rows: [101], width: 1061, height: 613)))
        var files: [[UInt8]] = []
        for (i, (raster, workers)) in [(kept, 1), (kept, 4), (computed, 3), (computed, 2), (seamed, 2), (seamed, 3)]
          .enumerated()
        {
          let path = "\(folder)/\(compression)-\(i).tif"
          var own = options
          own.scratchDirectory = i % 2 == 1 ? folder : nil
          try await COGFile(raster, path: path, options: own).write(spread: Self.spread(workers))
          files.append(try VirtualFile.read(path))
        }
        #expect(files.allSatisfy { $0 == files[0] })
        try Self.same("\(folder)/\(compression)-0.tif", plain)
      }
    }

    @Test(arguments: [(300, 200), (513, 1), (1, 1500), (2100, 530)]) func classesOfAnySizeKeepTheirMeaning(
      width: Int, height: Int
    ) async throws {
      let spec = RasterSpec(
        grid: try IOTests.grid(width, height), bands: [BandSpec(name: "class", quantity: "class", noData: 255)],
        type: .uint8, classes: .seaIce, style: .classes)
      let values = (0..<width * height).map { $0 % 13 == 0 ? 255 : UInt8($0 / 5 % 4) }
      let block = PixelBlock(window: spec.grid.fullWindow, bandCount: 1, values: .uint8(values))
      let folder = try Self.folder()
      defer { try? FileManager.default.removeItem(atPath: folder) }  // Left files harm no test.
      let writer = try COGWriter(path: folder + "/plain.tif", spec: spec)
      try writer.write(block)
      try writer.finish()
      try await COGFile(
        Raster(spec, source: MemorySource(block)), path: folder + "/own.tif", options: RasterWriteOptions()
      )
      .write(spread: Self.spread(2))
      try Self.same(folder + "/own.tif", folder + "/plain.tif")
    }

    @Test func compressionsWithoutCompressorAreLeftToGDAL() async throws {
      let spec = RasterSpec(
        grid: try IOTests.grid(700, 300), bands: [BandSpec(name: "a"), BandSpec(name: "b")], type: .int16)
      let block = Self.pixels(spec)
      let folder = try Self.folder()
      defer { try? FileManager.default.removeItem(atPath: folder) }  // Left files harm no test.
      try await COGFile(
        Raster(spec, source: MemorySource(block)), path: folder + "/lzw.tif",
        options: RasterWriteOptions(compression: "LZW")
      ).write(spread: Self.spread(2))
      #expect(try RasterFile.open(folder + "/lzw.tif").raster.read(spec.grid.fullWindow) == block)
    }

    @Test func failuresNameTheFile() async throws {
      let spec = RasterSpec(grid: try IOTests.grid(700, 300), bands: [BandSpec(name: "a")], type: .int16)
      let raster = Raster(spec, source: MemorySource(Self.pixels(spec)))
      let folder = try Self.folder()
      defer { try? FileManager.default.removeItem(atPath: folder) }  // Left files harm no test.
      let path = folder + "/missing/a.tif"
      let error = await #expect(throws: FloeError.self) {
        try await COGFile(raster, path: path, options: RasterWriteOptions()).write(spread: Self.spread(1))
      }
      #expect(error?.message.contains(path) == true)
    }

    /// Windows across, along and inside of the tiles of the store.
    @Test(arguments: [true, false]) func scratchOfManyTilesGivesBackEveryWindow(inMemory: Bool) throws {
      var spec = RasterSpec(
        grid: try IOTests.grid(1339, 1101), bands: [BandSpec(name: "a"), BandSpec(name: "b")], type: .uint16)
      spec.tile = TileSize(width: 400, height: 350)
      let block = Self.pixels(spec)
      let whole = Raster(spec, source: MemorySource(block))
      let scratch = try CachedRaster(spec, inMemoryAllowed: inMemory, directory: ".")
      for (i, window) in spec.grid.tiles(TileSize(width: 400, height: 350)).enumerated() {
        // Some as whole tiles, some in parts that share no edge with the store's tiles.
        let parts = i % 3 == 0 ? window.strips(of: 33) : [window]
        for part in parts {
          for band in [1, 0] { try scratch.write(try whole.read(part, bands: [band]), bands: [band]) }
        }
      }
      for window in spec.grid.rowBlocks() + spec.grid.tiles(TileSize(width: 512, height: 512)) + [
        PixelWindow(column: 1338, row: 1100, width: 1, height: 1)
      ] {
        #expect(try scratch.raster.read(window, bands: [1, 0]) == whole.read(window, bands: [1, 0]))
      }
    }
  }
}

/// Another source's pixels, read between seams.
private struct SeamedSource: RasterSource {
  let source: any RasterSource
  let seams: RasterSeams?
  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    try source.read(window, bands: bands, into: &block)
  }
}
