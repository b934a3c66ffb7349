import FloeIO
import FloeSDK

/// One raster under a track: its role and the names that its bands give to columns.
struct SampledRaster: Sendable {
  typealias Classes = (band: Int, table: ClassTable, noData: Set<Int>)

  let raster: Raster
  /// The band of class codes and its table; nil for a raster of values.
  let classes: Classes?
  /// Suffixes of the columns, one a band; unique over all rasters.
  let names: [String]
  var grid: Grid { raster.spec.grid }

  /// Sorts rasters into class raster and values.
  ///
  /// - Throws: for a raster without reference system, a class raster without names, several class rasters.
  static func all(_ rasters: [Raster]) throws -> [SampledRaster] {
    guard !rasters.isEmpty else { throw ParameterError("rasters", "needs at least one raster") }
    var used: Set<String> = []
    var result: [SampledRaster] = []
    for (i, raster) in rasters.enumerated() {
      let spec = raster.spec
      let ordinal = "raster \(i + 1) of \(rasters.count) (\(spec.bands.map(\.name).joined(separator: ", ")))"
      guard spec.grid.crs != nil else {
        throw FloeError(
          "\(ordinal) has no coordinate reference system, so that no record can be found on it; "
            + NoReferenceSystem.way)
      }
      let codes = spec.classBands
      if codes.count > 1 {
        let names = codes.map { spec.bands[$0].name }.joined(separator: ", ")
        throw FloeError(
          """
          \(ordinal) holds class codes in several bands (\(names)); \
          one is needed: take it out with raster.expression
          """)
      }
      if let band = codes.first {
        guard let table = spec.classes, !table.entries.isEmpty else {
          throw FloeError(
            """
            \(ordinal) holds class codes without names; fractions of classes need them: give the class raster that \
            a clustering step made
            """
          )
        }
        guard spec.type == .uint8 else {
          throw FloeError("\(ordinal) holds class codes as \(spec.type.rawValue); uint8 is needed")
        }
        if result.contains(where: { $0.classes != nil }) {
          throw ParameterError(
            "rasters", "has several class rasters; one is needed: colocate a second one in a step of its own")
        }
        result.append(
          SampledRaster(raster: raster, classes: (band, table, spec.noDataCodes(band: band)), names: []))
        continue
      }
      let names = spec.bands.map { band in
        var name = band.name
        var n = 2
        while !used.insert(name).inserted {
          name = "\(band.name)_\(n)"
          n += 1
        }
        return name
      }
      result.append(SampledRaster(raster: raster, classes: nil, names: names))
    }
    return result
  }

  /// Records in the order of the pieces of the grid in which they lie.
  struct Pieces: Sendable {
    let rows: [Int]
    /// Places in `rows`, one range a piece; none is empty.
    let ranges: [Range<Int>]
  }

  /// The records on the grid in pieces that are read once each.
  ///
  /// - Parameter inside: the records that lie on the grid, ascending; so they stay within each piece.
  func pieces(_ pixels: [SIMD2<Double>], inside: [Int]) -> Pieces {
    let tile = raster.spec.tile
    // Narrow tiles would read margins over and over, wide ones leave workers idle.
    let width = min(2048, max(512, tile.width))
    let height = min(2048, max(512, tile.height))
    let across = (grid.width + width - 1) / width
    // Pieces without records take no memory, however many there are.
    let keyed = inside.map { row in (Int(pixels[row].y) / height * across + Int(pixels[row].x) / width, row) }
    let sorted = keyed.sorted { $0 < $1 }
    var ranges: [Range<Int>] = []
    var start = 0
    for i in sorted.indices where i + 1 == sorted.count || sorted[i + 1].0 != sorted[i].0 || i + 1 - start == 1 << 15 {
      ranges.append(start..<i + 1)
      start = i + 1
    }
    return Pieces(rows: sorted.map(\.1), ranges: ranges)
  }

  /// The smallest window with all pixels that records need: those under them, with `bilinear` the four around, and
  /// those of footprints.
  func window(_ rows: ArraySlice<Int>, _ pixels: [SIMD2<Double>], footprints: [PixelFootprint]?, bilinear: Bool)
    -> PixelWindow
  {
    var low = SIMD2(Double.infinity, .infinity)
    var high = -low
    let least = SIMD2(repeating: bilinear ? 0.5 : 0)
    for row in rows {
      let margin = footprints.map { pointwiseMax($0[row].reach, least) } ?? least
      low = pointwiseMin(low, pixels[row] - margin)
      high = pointwiseMax(high, pixels[row] + margin)
    }
    let c = Int(max(0, low.x.rounded(.down)))
    let r = Int(max(0, low.y.rounded(.down)))
    let endColumn = Int(min(Double(grid.width), high.x.rounded(.down) + 1))
    let endRow = Int(min(Double(grid.height), high.y.rounded(.down) + 1))
    return PixelWindow(column: c, row: r, width: endColumn - c, height: endRow - r)
  }
}
