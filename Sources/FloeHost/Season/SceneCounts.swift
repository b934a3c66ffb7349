import FloeIO
import FloeSDK

/// What one scene's class raster holds of one class, in whole pixels, so that sums do not depend on their order.
struct SceneCounts: Sendable {
  /// A cell of the composite's grid, counted from the system's origin eastward and northward.
  struct Cell: Hashable, Sendable {
    let column, row: Int
  }
  /// Pixels of a cell.
  struct Pixels: Sendable {
    var found = 0
    var observed = 0
  }

  let time: UTCTime
  /// Square metres of a pixel.
  let pixelArea: Double
  /// Pixels of the class, and of any class.
  var total = Pixels()
  /// Pixels of the class that have one of another class above, below, left or right of them.
  var edge = 0
  /// By cell.
  var cells: [Cell: Pixels] = [:]

  /// Pixels of a side within which places are interpolated between transformed corners: at 10 m they are then off by
  /// less than a centimetre, as GDAL's approximate transformer does it.
  private static let block = 32
  /// Rows that are read at once.
  private static let rows = 256

  /// Counts a raster; nil for one without the class or a time.
  ///
  /// - Parameter target: chooses the reference system of the cells from the scene's middle latitude.
  /// - Throws: a sentence for a raster that cannot be read or placed.
  init?(path: String, className: String, cell: Double, target: (Double) throws -> CRS) throws {
    let file = try RasterFile.open(path)
    let spec = file.spec
    guard let code = spec.classes?.named(className)?.code, let time = spec.acquisition?.time, let crs = spec.grid.crs
    else { return nil }
    guard let area = spec.grid.pixelSquareMetres, let side = spec.grid.pixelMetres else {
      throw FloeError("\(path): its pixels have no size in metres")
    }
    guard cell >= 2 * max(side.x, side.y) else {
      throw FloeError(
        "--cell \(cell) is too small for \(path), whose pixels have \(max(side.x, side.y)) m: give twice that")
    }
    self.time = time
    pixelArea = area
    let middle = try CoordinateTransform(from: crs, to: CRS.wgs84).point(
      (spec.grid.bounds.minX + spec.grid.bounds.maxX) / 2, (spec.grid.bounds.minY + spec.grid.bounds.maxY) / 2)
    guard let middle else { throw FloeError("\(path): its middle has no longitude and latitude") }
    let map = try target(middle.y)
    let scale = try MapScale(of: map, longitude: middle.x, latitude: middle.y)
    guard let scale, scale.isFair else {
      throw FloeError(
        """
        \(path) lies at latitude \((middle.y * 10).rounded() / 10), longitude \((middle.x * 10).rounded() / 10), where \
        the grid \(map.label) has \(scale?.summary ?? "no place"); choose a --grid for that part of the Earth, or none \
        for EASE-Grid 2.0 of the scene's hemisphere
        """)
    }
    let transform = try CoordinateTransform(from: crs, to: map)
    var codes = [Bool](repeating: false, count: 256)
    for entry in spec.classes?.entries ?? [] where (0..<256).contains(entry.code) { codes[entry.code] = true }
    let noData = spec.bands[0].noData.flatMap { Int(exactly: $0) } ?? spec.classes?.noData ?? 255
    if (0..<256).contains(noData) { codes[noData] = false }
    guard (0..<256).contains(code), spec.type == .uint8 else {
      throw FloeError("\(path): classes must be codes of 8 bits")
    }
    var above: [UInt8] = []
    var strip: [UInt8] = []
    var first = 0
    // One strip later than the reading, since the row below a pixel decides about its edge.
    for window in spec.grid.rowBlocks(of: Self.rows) {
      guard case .uint8(let values) = try file.raster.read(window, bands: [0]).values else {
        throw FloeError("\(path): classes must be codes of 8 bits")
      }
      let width = spec.grid.width
      if !strip.isEmpty {
        count(strip, above: above, below: Array(values[..<width]), width: width, code: UInt8(code), codes)
        try place(strip, first: first, grid: spec.grid, code: UInt8(code), codes, transform, cell)
        above = Array(strip[(strip.count - width)...])
      }
      strip = values
      first = window.row
    }
    count(strip, above: above, below: [], width: spec.grid.width, code: UInt8(code), codes)
    try place(strip, first: first, grid: spec.grid, code: UInt8(code), codes, transform, cell)
  }

  private mutating func count(
    _ strip: [UInt8], above: [UInt8], below: [UInt8], width: Int, code: UInt8, _ codes: [Bool]
  ) {
    let rows = strip.count / width
    strip.withUnsafeBufferPointer { p in
      for row in 0..<rows {
        for column in 0..<width {
          let value = p[row * width + column]
          guard codes[Int(value)] else { continue }
          total.observed += 1
          guard value == code else { continue }
          total.found += 1
          let up = row > 0 ? p[(row - 1) * width + column] : above.isEmpty ? code : above[column]
          let down = row + 1 < rows ? p[(row + 1) * width + column] : below.isEmpty ? code : below[column]
          let left = column > 0 ? p[row * width + column - 1] : code
          let right = column + 1 < width ? p[row * width + column + 1] : code
          let isEdge = [up, down, left, right].contains { $0 != code && codes[Int($0)] }
          if isEdge { edge += 1 }
        }
      }
    }
  }

  private mutating func place(
    _ strip: [UInt8], first: Int, grid: Grid, code: UInt8, _ codes: [Bool], _ transform: CoordinateTransform,
    _ cell: Double
  ) throws {
    let rows = strip.count / grid.width
    let side = Self.block
    for top in stride(from: 0, to: rows, by: side) {
      let height = min(side, rows - top)
      for left in stride(from: 0, to: grid.width, by: side) {
        let width = min(side, grid.width - left)
        // Centres of the corner pixels of the block.
        let (x0, y0) = grid.centre(column: left, row: first + top)
        let (x1, y1) = grid.centre(column: left + width - 1, row: first + top + height - 1)
        var corners = [SIMD2(x0, y0), SIMD2(x1, y0), SIMD2(x0, y1), SIMD2(x1, y1)]
        transform.transform(&corners)
        // What the system does not show has no cell.
        guard corners.allSatisfy({ $0.x.isFinite && abs($0.x) < 1e9 && abs($0.y) < 1e9 }) else { continue }
        var last = Cell(column: .max, row: .max)
        var sum = Pixels()
        for row in 0..<height {
          let v = height > 1 ? Double(row) / Double(height - 1) : 0
          let a = corners[0] + (corners[2] - corners[0]) * v
          let b = corners[1] + (corners[3] - corners[1]) * v
          let step = width > 1 ? (b - a) / Double(width - 1) : .zero
          for column in 0..<width {
            let value = strip[(top + row) * grid.width + left + column]
            guard codes[Int(value)] else { continue }
            let p = (a + step * Double(column)) / cell
            let here = Cell(column: Int(p.x.rounded(.down)), row: Int(p.y.rounded(.down)))
            if here != last {
              if sum.observed > 0 { cells[last, default: Pixels()].add(sum) }
              (last, sum) = (here, Pixels())
            }
            sum.observed += 1
            if value == code { sum.found += 1 }
          }
        }
        if sum.observed > 0 { cells[last, default: Pixels()].add(sum) }
      }
    }
  }
}

extension SceneCounts.Pixels {
  mutating func add(_ other: Self) {
    found += other.found
    observed += other.observed
  }
}
