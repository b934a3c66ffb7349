internal import CGDAL
import FloeCore
import Synchronization

/// How pixels of a new grid get their values from those of an old one, as GDAL's warper knows it.
public enum ResamplingMethod: String, Sendable, CaseIterable {
  case nearest, bilinear, cubic, cubicspline, lanczos, average, mode, minimum, maximum, median

  fileprivate var gdal: GDALResampleAlg {
    switch self {
    case .nearest: GRA_NearestNeighbour
    case .bilinear: GRA_Bilinear
    case .cubic: GRA_Cubic
    case .cubicspline: GRA_CubicSpline
    case .lanczos: GRA_Lanczos
    case .average: GRA_Average
    case .mode: GRA_Mode
    case .minimum: GRA_Min
    case .maximum: GRA_Max
    case .median: GRA_Med
    }
  }

  /// Source pixels on either side of a place that take part at equal size of pixels.
  fileprivate var radius: Double {
    switch self {
    case .nearest, .bilinear, .average, .mode, .minimum, .maximum, .median: 1
    case .cubic, .cubicspline: 2
    case .lanczos: 3
    }
  }
}

/// Brings a raster onto another grid, by GDAL's warper.
///
/// Work goes by cells of the new grid that lie where they lie, whatever windows are asked for, so that the same pixels
/// come out for any tile and any number of threads. Of the old raster a cell reads what it needs; one that needs more
/// than 32 MB is halved. Places come from PROJ, along rows approximated within 0.01 source pixels
/// (`GDALApproxTransform`). Where pixels become larger, the kernels of `bilinear`, `cubic` and `lanczos` become so too,
/// as gdalwarp's do.
public final class RasterWarper: Sendable {
  private let source: Raster
  private let target: RasterSpec
  private let method: ResamplingMethod
  private let transforms: TransformPool
  /// Columns of a whole turn of longitudes; 0 for a source that is not in degrees.
  private let turn: Double
  /// The same where the source has a whole turn of columns, so that the first follows the last; else nil.
  private let ring: Int?

  private static let side = 256
  private static let largest = 32 << 20

  /// - Parameter target: the new raster; its bands and type are those of the old one, its no data what pixels without a
  ///   source become.
  /// - Parameter other: a warper whose transformations this one uses too, where it is between the same two systems.
  /// - Throws: when one of the systems is missing or there is no transformation between them.
  public init(
    _ source: Raster, onto target: RasterSpec, method: ResamplingMethod, sharing other: RasterWarper? = nil
  ) throws {
    guard let from = target.grid.crs, let to = source.spec.grid.crs else {
      throw FloeError("the raster has no coordinate reference system")
    }
    self.source = source
    self.target = target
    self.method = method
    let shared = other.map(\.transforms).flatMap { $0.isBetween(from, to) ? $0 : nil }
    transforms = shared ?? TransformPool(from: from, to: to)
    let grid = source.spec.grid
    turn = to.isGeographic ? 360 / grid.pixelWidth : 0
    let whole = turn.rounded()
    ring = turn >= 1 && abs(turn - whole) < 1e-3 && grid.width >= Int(whole) ? Int(whole) : nil
    try transforms.withTransform { _ in }
  }

  /// The pixels of a window of the new grid.
  ///
  /// - Parameter bands: places of the bands.
  public func fill(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    block.reshape(window: window, bandCount: bands.count, type: target.type)
    let side = Self.side
    for top in stride(from: window.row / side * side, to: window.endRow, by: side) {
      for left in stride(from: window.column / side * side, to: window.endColumn, by: side) {
        let whole = PixelWindow(column: left, row: top, width: side, height: side)
        guard let cell = whole.intersection(target.grid.fullWindow) else { continue }
        let made = try transforms.withTransform { try self.cell(cell, bands, $0) }
        Self.copy(made, into: &block)
      }
    }
  }

  /// A whole cell.
  private func cell(_ cell: PixelWindow, _ bands: [Int], _ transform: CoordinateTransform) throws -> PixelBlock {
    var made = empty(cell, bands)
    let places = WarpPlaces(
      from: target.grid, to: source.spec.grid, transform, turn: turn, isRing: ring != nil, cell: cell)
    guard let approximate = GDALCreateApproxTransformer(WarpPlaces.callback, places.pointer, 0.01) else {
      throw FloeError("no memory for a transformation")
    }
    defer { GDALDestroyApproxTransformer(approximate) }
    try withExtendedLifetime(places) {
      guard let scale = places.scale() else { return }
      try warp(cell, bands, places, approximate, scale, into: &made)
    }
    return made
  }

  private func warp(
    _ part: PixelWindow, _ bands: [Int], _ places: WarpPlaces, _ approximate: UnsafeMutableRawPointer,
    _ scale: SIMD2<Double>, into made: inout PixelBlock
  ) throws {
    places.origin = SIMD2(0, 0)
    guard let touched = touched(by: part, approximate, scale) else { return }
    let bytes = touched.pixelCount * bands.count * target.type.byteCount
    if bytes > Self.largest, part.pixelCount > 1 {
      let isWide = part.width >= part.height
      let half = isWide ? part.width / 2 : part.height / 2
      var first = part
      var second = part
      if isWide {
        first.width = half
        second = PixelWindow(
          column: part.column + half, row: part.row, width: part.width - half, height: part.height)
      } else {
        first.height = half
        second = PixelWindow(
          column: part.column, row: part.row + half, width: part.width, height: part.height - half)
      }
      try warp(first, bands, places, approximate, scale, into: &made)
      try warp(second, bands, places, approximate, scale, into: &made)
      return
    }
    var old = try read(touched, bands)
    places.origin = SIMD2(Double(touched.column), Double(touched.row))
    var new = empty(part, bands)
    try GDALMessages.collect { messages in
      let done = try old.values.withMutableBytes { pixels in
        try withWarp(pixels, touched, bands, approximate, scale) { operation in
          new.values.withMutableBytes { bytes in
            GDALWarpRegionToBuffer(
              operation, Int32(part.column), Int32(part.row), Int32(part.width), Int32(part.height),
              bytes.baseAddress, target.type.gdal, 0, 0, Int32(touched.width), Int32(touched.height)) == CE_None
          }
        }
      }
      if !done { throw FloeError("the raster cannot be brought onto the grid: \(messages.reason)") }
    }
    Self.copy(new, into: &made)
  }

  /// The part of the source that a part of the new grid needs; of a source that goes round the globe it may begin
  /// before the first column and end after the last one. Nil when it needs none.
  private func touched(
    by part: PixelWindow, _ approximate: UnsafeMutableRawPointer, _ scale: SIMD2<Double>
  ) -> PixelWindow? {
    let grid = source.spec.grid
    var low = SIMD2(Double.infinity, .infinity)
    var high = -low
    var z = [Double](repeating: 0, count: part.width)
    var success = [Int32](repeating: 0, count: part.width)
    for row in part.row..<part.endRow {
      var x = (part.column..<part.endColumn).map { Double($0) + 0.5 }
      var y = [Double](repeating: Double(row) + 0.5, count: part.width)
      _ = GDALApproxTransform(approximate, 1, Int32(part.width), &x, &y, &z, &success)
      for i in 0..<part.width where success[i] != 0 {
        let isNear =
          y[i] > -1 && y[i] < Double(grid.height) + 1 && (ring != nil || x[i] > -1 && x[i] < Double(grid.width) + 1)
        if isNear {
          low = pointwiseMin(low, SIMD2(x[i], y[i]))
          high = pointwiseMax(high, SIMD2(x[i], y[i]))
        }
      }
    }
    guard low.x.isFinite, abs(low.x) < 1e9, abs(high.x) < 1e9 else { return nil }
    // What the kernel reaches, and half of a new pixel beyond the centres.
    let margin = (pointwiseMax(scale, SIMD2(1, 1)) * (method.radius + 0.5)).rounded(.up) + 1
    var left = Int((low.x - margin.x).rounded(.down))
    var right = Int((high.x + margin.x).rounded(.up))
    if let ring {
      // Round the globe once at most, and some columns twice for the kernel.
      if right - left > ring + 2 * Int(margin.x) { right = left + ring + 2 * Int(margin.x) }
    } else {
      left = max(0, left)
      right = min(grid.width, right)
    }
    let top = max(0, Int((low.y - margin.y).rounded(.down)))
    let bottom = min(grid.height, Int((high.y + margin.y).rounded(.up)))
    guard left < right, top < bottom else { return nil }
    return PixelWindow(column: left, row: top, width: right - left, height: bottom - top)
  }

  /// Source pixels, also beyond the edges of a source that goes round the globe.
  private func read(_ window: PixelWindow, _ bands: [Int]) throws -> PixelBlock {
    let grid = source.spec.grid
    var block = PixelBlock(window: window, bandCount: bands.count, type: target.type)
    var column = window.column
    while column < window.endColumn {
      // The columns of a turn are those from 0 on; more than one turn of them are the same again.
      let period = ring ?? grid.width
      let own = ((column % period) + period) % period
      let width = min(window.endColumn - column, (ring ?? grid.width) - own)
      let piece = try source.read(
        PixelWindow(column: own, row: window.row, width: width, height: window.height), bands: bands)
      guard piece.values.type == target.type else {
        throw FloeError("a raster's source gave another pixel type than it announced")
      }
      Self.copy(
        PixelBlock(
          window: piece.window.offset(columns: column - own, rows: 0), bandCount: piece.bandCount,
          values: piece.values),
        into: &block)
      column += width
    }
    // Not a number is no data whatever else is.
    for (i, band) in bands.enumerated() {
      guard let noData = source.spec.bands[band].noData.flatMap(target.type.stored), !noData.isNaN else { continue }
      let plane = i * window.pixelCount..<(i + 1) * window.pixelCount
      switch block.values {
      case .float32(var values):
        for p in plane where values[p].isNaN { values[p] = Float(noData) }
        block.values = .float32(values)
      case .float64(var values):
        for p in plane where values[p].isNaN { values[p] = noData }
        block.values = .float64(values)
      default: break
      }
    }
    return block
  }

  /// Calls `body` with an operation on source pixels in memory.
  private func withWarp(
    _ pixels: UnsafeMutableRawBufferPointer, _ window: PixelWindow, _ bands: [Int],
    _ approximate: UnsafeMutableRawPointer, _ scale: SIMD2<Double>, _ body: (UnsafeMutableRawPointer) -> Bool
  ) throws -> Bool {
    let handle = GDALGetDriverByName("MEM").flatMap {
      GDALCreate($0, "", Int32(window.width), Int32(window.height), 0, target.type.gdal, nil)
    }
    guard let handle, let options = GDALCreateWarpOptions() else { throw FloeError("no memory to warp a raster") }
    let dataset = GDALDataset(owning: handle)
    defer { GDALDestroyWarpOptions(options) }
    // The bands lie over `pixels`, which outlive the dataset: it is closed in this function.
    let plane = window.pixelCount * target.type.byteCount
    for i in bands.indices {
      let place = pixels.baseAddress.map { UInt(bitPattern: $0 + i * plane) } ?? 0
      guard withStringList(["DATAPOINTER=\(place)"], { GDALAddBand(handle, target.type.gdal, $0) }) == CE_None else {
        throw FloeError("no memory to warp a raster")
      }
    }
    func list<T>(_ values: [T]) -> UnsafeMutablePointer<T>? {
      let memory = CPLMalloc(values.count * MemoryLayout<T>.stride)?.bindMemory(to: T.self, capacity: values.count)
      memory?.initialize(from: values, count: values.count)
      return memory
    }
    options.pointee.hSrcDS = handle
    options.pointee.nBandCount = Int32(bands.count)
    options.pointee.panSrcBands = list(bands.indices.map { Int32($0 + 1) })
    options.pointee.panDstBands = list(bands.indices.map { Int32($0 + 1) })
    // A band without no data gets a value that no whole number is; of floats only NaN is none.
    options.pointee.padfSrcNoDataReal = list(
      bands.map { band in
        source.spec.bands[band].noData.flatMap(target.type.stored) ?? (target.type.isInteger ? -1e300 : .nan)
      })
    options.pointee.padfDstNoDataReal = list(bands.map { target.bands[$0].noData ?? 0 })
    options.pointee.eWorkingDataType = target.type.gdal
    options.pointee.eResampleAlg = method.gdal
    options.pointee.pfnTransformer = { GDALApproxTransform($0, $1, $2, $3, $4, $5, $6) }
    options.pointee.pTransformerArg = approximate
    for (key, value) in [
      ("UNIFIED_SRC_NODATA", "NO"), ("XSCALE", "\(1 / max(1, scale.x))"), ("YSCALE", "\(1 / max(1, scale.y))"),
    ] {
      options.pointee.papszWarpOptions = CSLSetNameValue(options.pointee.papszWarpOptions, key, value)
    }
    guard let operation = GDALCreateWarpOperation(options) else { return false }
    let done = body(operation)
    GDALDestroyWarpOperation(operation)
    _ = dataset.close()
    return done
  }

  // MARK: Pixels

  /// A block in which every pixel is no data.
  private func empty(_ window: PixelWindow, _ bands: [Int]) -> PixelBlock {
    var block = PixelBlock(window: window, bandCount: bands.count, type: target.type)
    for (i, band) in bands.enumerated() {
      block.values.fill(i * window.pixelCount..<(i + 1) * window.pixelCount, with: target.bands[band].noData ?? 0)
    }
    return block
  }

  /// Copies what two blocks of the same bands share.
  private static func copy(_ from: PixelBlock, into to: inout PixelBlock) {
    guard let shared = from.window.intersection(to.window) else { return }
    let size = from.values.type.byteCount
    let target = to.window
    let bands = from.bandCount
    from.values.withBytes { source in
      to.values.withMutableBytes { out in
        for band in 0..<bands {
          for row in shared.row..<shared.endRow {
            let a =
              (band * from.window.height + row - from.window.row) * from.window.width + shared.column
              - from.window.column
            let b = (band * target.height + row - target.row) * target.width + shared.column - target.column
            UnsafeMutableRawBufferPointer(rebasing: out[b * size..<(b + shared.width) * size])
              .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[a * size..<(a + shared.width) * size]))
          }
        }
      }
    }
  }
}
