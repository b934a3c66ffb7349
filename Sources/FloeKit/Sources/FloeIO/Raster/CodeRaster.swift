internal import CGDAL
import FloeCore
import Glibc

/// One band of codes with the mask of its valid pixels, for work on connected regions: in memory, or in files of a
/// scratch folder, row after row, which go with it.
///
/// Windows that share no pixel may be written from several threads at once. Pixels never written are 0 and not valid.
public final class CodeRaster: RasterSource {
  /// Where the pixels lie.
  public let grid: Grid
  private let codes, valid: any BytePlane
  /// Given back when the pixels go.
  private let reservation: (any Sendable)?

  /// Room for the codes of a grid.
  ///
  /// - Parameters:
  ///   - directory: the folder for files; nil keeps everything in memory, two bytes a pixel.
  ///   - reservation: whatever accounts for the memory; held as long as the pixels are.
  /// - Throws: where the folder has no room.
  public init(_ grid: Grid, directory: String?, reservation: (any Sendable)? = nil) throws {
    self.grid = grid
    self.reservation = reservation
    func plane() throws -> any BytePlane { try directory.map { try PlaneFile(grid, in: $0) } ?? PlaneMemory(grid) }
    codes = try plane()
    valid = try plane()
  }

  public var isMaterialized: Bool { true }

  /// Keeps the codes of a window, `values[row][column]`.
  ///
  /// - Parameter isValid: whether each of the 256 codes is data.
  public func write(_ values: [UInt8], window: PixelWindow, isValid: [Bool]) throws {
    try codes.write(values, window)
    try valid.write(values.map { isValid[Int($0)] ? 1 : 0 }, window)
  }

  public func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    var values: [UInt8] = []
    for _ in bands { values += try codes.read(window) }
    block = PixelBlock(window: window, bandCount: bands.count, values: .uint8(values))
  }

  /// The codes with regions smaller than a number of pixels taken over by their largest neighbour (`GDALSieveFilter`).
  ///
  /// Pixels that are not valid neither change nor count as neighbours. GDAL keeps a few rows, and some numbers for each
  /// region.
  ///
  /// - Parameter eight: whether pixels that touch at a corner belong together.
  public func sieved(
    smallerThan pixels: Int, eight: Bool, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> CodeRaster {
    let result = try CodeRaster(of: self)
    try GDALMessages.collect { messages in
      let done = try codes.withBand { source in
        try valid.withBand { mask in
          try result.codes.withBand { target in
            ProgressLink(isCancelled).withCallback { callback, data in
              GDALSieveFilter(source, mask, target, Int32(clamping: pixels), eight ? 8 : 4, nil, callback, data)
                == CE_None
            }
          }
        }
      }
      if isCancelled() { throw Cancelled() }
      if !done { throw FloeError("small regions cannot be removed: \(messages.reason)") }
    }
    return result
  }

  /// The codes of a window, row after row.
  public func codes(in window: PixelWindow) throws -> [UInt8] { try codes.read(window) }

  /// How many codes of a window are others in another raster of the same grid.
  public func differences(from other: CodeRaster, in window: PixelWindow) throws -> Int {
    zip(try codes.read(window), try other.codes.read(window)).count { $0 != $1 }
  }

  /// How much the outlines of its regions are: the corners of all rings, and at least as many regions as there are.
  ///
  /// Regions are of pixels of one code that touch at sides. Takes one pass and two rows of memory.
  public func outlineSize() throws -> (corners: Int, regions: Int) {
    // A column of no data on either side; -1 stands for it.
    var above = [Int16](repeating: -1, count: grid.width + 2)
    var row = above
    var corners = 0
    var regions = 0
    for y in 0...grid.height {
      let window = PixelWindow(column: 0, row: y, width: grid.width, height: 1)
      if y < grid.height {
        let (own, isData) = (try codes.read(window), try valid.read(window))
        for x in 0..<grid.width { row[x + 1] = isData[x] == 0 ? -1 : Int16(own[x]) }
      } else {
        row = [Int16](repeating: -1, count: grid.width + 2)
      }
      for x in 1..<row.count {
        let (a, b, c, d) = (above[x - 1], above[x], row[x - 1], row[x])
        // No corner on a straight edge.
        if a == b && c == d || a == c && b == d { continue }
        if d >= 0 && d != b && d != c {
          corners += 1
          regions += 1
        }
        if a >= 0 && a != b && a != c { corners += 1 }
        if b >= 0 && b != a && b != d { corners += 1 }
        if c >= 0 && c != a && c != d { corners += 1 }
        // Three of one code have a corner about the fourth.
        let isInner = b == c && (a == b || d == b) && b >= 0 || a == d && (b == a || c == a) && a >= 0
        if isInner { corners += 1 }
      }
      swap(&above, &row)
    }
    return (corners, regions)
  }

  /// Calls `body` with GDAL's bands of the codes and of the mask, which are valid within it.
  func withBands<R>(_ body: (UnsafeMutableRawPointer, UnsafeMutableRawPointer) throws -> R) throws -> R {
    try codes.withBand { codes in try valid.withBand { valid in try body(codes, valid) } }
  }

  /// Room for other codes of the same pixels, with the same mask.
  private init(of other: CodeRaster) throws {
    grid = other.grid
    reservation = other.reservation
    codes = try other.codes.another()
    valid = other.valid
  }
}

/// Bytes of a raster, row after row.
private protocol BytePlane: Sendable {
  func write(_ values: [UInt8], _ window: PixelWindow) throws
  func read(_ window: PixelWindow) throws -> [UInt8]
  /// Calls `body` with the plane as a band of GDAL's, which is valid within it.
  func withBand<R>(_ body: (UnsafeMutableRawPointer) throws -> R) throws -> R
  /// Room for another plane of the same kind and size.
  func another() throws -> any BytePlane
}

/// Safe because the pointer never changes and callers write disjoint windows (the contract of `CodeRaster`).
private final class PlaneMemory: BytePlane, @unchecked Sendable {
  private let grid: Grid
  private let base: UnsafeMutablePointer<UInt8>

  init(_ grid: Grid) throws {
    guard let memory = calloc(grid.pixelCount, 1) else {
      throw FloeError(
        "\(grid.pixelCount) bytes of memory for codes cannot be had; lower --memory so that a file is used")
    }
    self.grid = grid
    base = memory.assumingMemoryBound(to: UInt8.self)
  }
  deinit { free(base) }

  func another() throws -> any BytePlane { try PlaneMemory(grid) }

  func write(_ values: [UInt8], _ window: PixelWindow) {
    values.withUnsafeBufferPointer { from in
      for row in 0..<window.height {
        let line = base + (window.row + row) * grid.width + window.column
        for column in 0..<window.width { line[column] = from[row * window.width + column] }
      }
    }
  }

  func read(_ window: PixelWindow) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: window.pixelCount) { out, count in
      for row in 0..<window.height {
        let line = base + (window.row + row) * grid.width + window.column
        for column in 0..<window.width { out.initializeElement(at: row * window.width + column, to: line[column]) }
      }
      count = window.pixelCount
    }
  }

  func withBand<R>(_ body: (UnsafeMutableRawPointer) throws -> R) throws -> R {
    let handle = GDALGetDriverByName("MEM").flatMap {
      GDALCreate($0, "", Int32(grid.width), Int32(grid.height), 0, GDT_Byte, nil)
    }
    guard let handle else { throw FloeError("no memory for a band of \(grid.width) x \(grid.height) pixels") }
    let dataset = GDALDataset(owning: handle)
    // The band lies over the plane's memory, which outlives the dataset: it is closed below.
    let options = ["DATAPOINTER=\(UInt(bitPattern: base))"]
    guard withStringList(options, { GDALAddBand(handle, GDT_Byte, $0) }) == CE_None, let band = dataset.band(1) else {
      throw FloeError("no memory for a band of \(grid.width) x \(grid.height) pixels")
    }
    return try grid.used(dataset, band, body)
  }
}

/// A raw file with a header of ENVI's, which GDAL reads and writes row by row.
private final class PlaneFile: BytePlane {
  private let grid: Grid
  private let parent: String
  private let folder: TemporaryFolder
  private let descriptor: Int32
  private var path: String { folder.path + "/codes.raw" }

  init(_ grid: Grid, in parent: String) throws {
    self.grid = grid
    self.parent = parent
    folder = try TemporaryFolder(in: parent)
    let header = """
      ENVI
      samples = \(grid.width)
      lines = \(grid.height)
      bands = 1
      header offset = 0
      file type = ENVI Standard
      data type = 1
      interleave = bsq
      byte order = 0

      """
    try VirtualFile.write(header, to: folder.path + "/codes.hdr")
    descriptor = open(folder.path + "/codes.raw", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    // Reserved at once, so that a full disk is found before the work and not in the middle of it.
    let code = descriptor < 0 ? errno : posix_fallocate(descriptor, 0, grid.pixelCount)
    if descriptor < 0 || code == ENOSPC || code == EFBIG { throw failure(code) }
    // A file system without fallocate gets its length all the same.
    if code != 0, ftruncate(descriptor, grid.pixelCount) != 0 { throw failure(errno) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    folder.discard()
  }

  func another() throws -> any BytePlane { try PlaneFile(grid, in: parent) }

  private func failure(_ code: Int32) -> FloeError {
    let reason = String(cString: strerror(code))
    return FloeError(
      """
      scratch of \(grid.pixelCount) bytes cannot be written to the folder '\(parent)': \(reason); \
      choose another folder with more room
      """)
  }

  func write(_ values: [UInt8], _ window: PixelWindow) throws {
    for row in 0..<window.height {
      let line = Array(values[row * window.width..<(row + 1) * window.width])
      let code = writeWhole(line, to: descriptor, at: (window.row + row) * grid.width + window.column)
      if code != 0 { throw failure(code) }
    }
  }

  func read(_ window: PixelWindow) throws -> [UInt8] {
    var values = [UInt8](repeating: 0, count: window.pixelCount)
    try values.withUnsafeMutableBytes { bytes in
      for row in 0..<window.height {
        var done = 0
        while done < window.width {
          let place = (window.row + row) * grid.width + window.column + done
          let to = bytes.baseAddress?.advanced(by: row * window.width + done)
          let n = pread(descriptor, to, window.width - done, place)
          if n < 0 && errno == EINTR { continue }
          guard n > 0 else {
            throw FloeError("the scratch file in '\(parent)' cannot be read: \(String(cString: strerror(errno)))")
          }
          done += n
        }
      }
    }
    return values
  }

  func withBand<R>(_ body: (UnsafeMutableRawPointer) throws -> R) throws -> R {
    let dataset = try GDALDataset.open(path, flags: GDAL_OF_RASTER | GDAL_OF_UPDATE, drivers: ["ENVI"])
    guard let band = dataset.band(1) else { throw FloeError("the scratch file in '\(parent)' has no band") }
    return try grid.used(dataset, band, body)
  }
}

extension Grid {
  /// Calls `body` with a band of a dataset on this grid, and closes the dataset, which may fail on a full disk.
  fileprivate func used<R>(
    _ dataset: GDALDataset, _ band: UnsafeMutableRawPointer, _ body: (UnsafeMutableRawPointer) throws -> R
  ) throws -> R {
    var t = [originX, pixelWidth, 0, originY, 0, -pixelHeight]
    GDALSetGeoTransform(dataset.handle, &t)
    let result = try body(band)
    guard dataset.close() else { throw FloeError("scratch cannot be written; choose another folder with more room") }
    return result
  }
}
