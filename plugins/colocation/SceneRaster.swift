import FloeSDK

/// One raster under a track: its role and the names that its bands give to columns.
struct SceneRaster: Sendable {
  let raster: Raster
  /// The band of class codes and its table; nil for a raster of values.
  let classes: (band: Int, table: ClassTable, noData: Set<Int>)?
  /// Suffixes of the columns, one a band; unique over all rasters.
  let names: [String]
  var grid: Grid { raster.spec.grid }

  /// Sorts rasters into class raster and values.
  ///
  /// - Throws: for a raster without reference system, a class raster without names, several class rasters.
  static func all(_ rasters: [Raster]) throws -> [SceneRaster] {
    guard !rasters.isEmpty else { throw ParameterError("rasters", "needs at least one raster") }
    var used: Set<String> = [], result: [SceneRaster] = []
    for (i, raster) in rasters.enumerated() {
      let spec = raster.spec, ordinal = "raster \(i + 1) of \(rasters.count) (\(spec.bands.map(\.name).joined(separator: ", ")))"
      guard spec.grid.crs != nil else { throw FloeError("\(ordinal) has no coordinate reference system, so that no record can be found on it") }
      let codes = spec.bands.firstIndex { ["class", "label"].contains($0.quantity) } ?? (spec.classes != nil ? 0 : nil)
      if let band = codes {
        guard let table = spec.classes, !table.entries.isEmpty else {
          throw FloeError("\(ordinal) holds class codes without names; fractions of classes need them: give the class raster that a clustering step made")
        }
        guard spec.type == .uint8 else { throw FloeError("\(ordinal) holds class codes as \(spec.type.rawValue); uint8 is needed") }
        if result.contains(where: { $0.classes != nil }) { throw ParameterError("rasters", "has several class rasters; one is needed: colocate a second one in a step of its own") }
        let noData = Set([table.noData, spec.bands[band].noData.flatMap { Int(exactly: $0) }].compactMap { $0 })
        result.append(SceneRaster(raster: raster, classes: (band, table, noData), names: []))
        continue
      }
      let names = spec.bands.map { band in
        var name = band.name, n = 2
        while !used.insert(name).inserted {
          name = "\(band.name)_\(n)"
          n += 1
        }
        return name
      }
      result.append(SceneRaster(raster: raster, classes: nil, names: names))
    }
    return result
  }

  /// Records of one piece of the grid.
  struct Piece: Sendable {
    let rows: [Int]
    let window: PixelWindow
  }

  /// The records on the grid in pieces that are read once each.
  ///
  /// - Parameter inside: the records that lie on the grid.
  func pieces(_ pixels: [SIMD2<Double>], inside: [Int], footprints: [PixelFootprint?]?) -> [Piece] {
    let tile = raster.spec.tile
    // Narrow tiles would read margins over and over, wide ones leave workers idle.
    let width = min(2048, max(512, tile.width)), height = min(2048, max(512, tile.height))
    let across = (grid.width + width - 1) / width
    var buckets = [[Int]](repeating: [], count: across * ((grid.height + height - 1) / height))
    for row in inside { buckets[Int(pixels[row].y) / height * across + Int(pixels[row].x) / width].append(row) }
    return buckets.flatMap { rows in
      stride(from: 0, to: rows.count, by: 1 << 15).map { start -> Piece in
        let part = Array(rows[start..<min(rows.count, start + 1 << 15)])
        var low = SIMD2(Double.infinity, .infinity), high = -low
        for row in part {
          // One pixel more for bilinear values.
          let reach = footprints?[row]?.reach ?? SIMD2(0, 0), margin = SIMD2(max(1, reach.x), max(1, reach.y))
          low = pointwiseMin(low, pixels[row] - margin)
          high = pointwiseMax(high, pixels[row] + margin)
        }
        let c = Int(max(0, low.x.rounded(.down))), r = Int(max(0, low.y.rounded(.down)))
        let endColumn = Int(min(Double(grid.width), high.x.rounded(.up))), endRow = Int(min(Double(grid.height), high.y.rounded(.up)))
        return Piece(rows: part, window: PixelWindow(column: c, row: r, width: endColumn - c, height: endRow - r))
      }
    }
  }
}
