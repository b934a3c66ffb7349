import FloeIO
import FloeSDK

/// The codes of a band, kept for work on connected regions.
enum ClassCodes {
  /// Which band of a raster holds codes; see `RasterSpec.classBand`.
  static func band(of spec: RasterSpec, named name: String?) throws -> Int {
    guard spec.type == .uint8 else {
      throw FloeError("the raster holds \(spec.type.rawValue); regions need codes as uint8, as clusterings make them")
    }
    return try spec.classBand(named: name, parameter: "band")
  }

  /// Bytes that `kept` and `planes` of its size take.
  static func scratchBytes(_ spec: RasterSpec, planes: Int) -> Int {
    let (bytes, isBeyond) = spec.grid.pixelCount.multipliedReportingOverflow(by: planes)
    return isBeyond ? 1 << 56 : bytes
  }

  /// Takes memory out of the run's cap; a few megabytes are there under any.
  ///
  /// - Throws: `refusal` where the cap has room for less.
  static func room(
    for bytes: Int, in context: RunContext, else refusal: @autoclosure () -> FloeError
  ) throws -> MemoryReservation? {
    let room = context.scratch.reserve(bytes)
    if room == nil && bytes > 16 << 20 { throw refusal() }
    return room
  }

  /// The codes of a band, in memory where the run's cap has room for `planes` bytes a pixel, else in scratch files.
  ///
  /// - Parameter chosen: the codes that are data besides; nil takes all.
  static func kept(
    _ raster: Raster, band: Int, planes: Int, only chosen: Set<Int>? = nil, in context: RunContext
  ) async throws -> CodeRaster {
    let spec = raster.spec
    let noData = spec.noDataCodes(band: band)
    let isValid = (0...255).map { !noData.contains($0) && chosen?.contains($0) ?? true }
    let size = scratchBytes(spec, planes: planes)
    let reservation = size <= Scratch.largestInMemory ? context.scratch.reserve(size) : nil
    let codes = try CodeRaster(
      spec.grid, directory: reservation == nil ? context.scratch.directory : nil, reservation: reservation)
    let windows = raster.readingWindows()
    _ = try await context.map(windows.count, progress: "tiles") { i in
      guard case .uint8(let values) = try raster.read(windows[i], bands: [band]).values else {
        throw FloeError("a raster's source gave another pixel type than it announced")
      }
      try codes.write(values, window: windows[i], isValid: isValid)
    }
    return codes
  }
}
