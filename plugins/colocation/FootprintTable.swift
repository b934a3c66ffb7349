import FloeSDK

/// Polygons for the map.
enum FootprintTable {
  /// One rectangle a record, in the raster's system, with what people want to see on the map.
  static func make(_ shapes: [(row: Int, shape: PixelFootprint)], of track: Table, grid: Grid, prefix: String) -> Table
  {
    let rings = shapes.map { item -> [[SIMD2<Double>]] in
      let corners = item.shape.corners.map {
        SIMD2(grid.originX + $0.x * grid.pixelWidth, grid.originY - $0.y * grid.pixelHeight)
      }
      return [corners + corners.prefix(1)]
    }
    var table = Table(
      rowCount: shapes.count, geometry: .polygons(rings), crs: grid.crs, acquisition: track.acquisition,
      style: "footprints")
    let wanted: Set<ColumnName> = [
      .record, .time, .classCode, .esaClass, .pixelClass, .footprintMajority, .footprintPurity, .footprintValid,
      .timeDifference, .leadDistance,
    ]
    let chosen = track.columns.filter { column in
      let name = column.name.hasPrefix(prefix) ? String(column.name.dropFirst(prefix.count)) : column.name
      return wanted.contains(ColumnName(rawValue: name))
        || column.classes == nil && name.hasPrefix("fp_") && !name.hasPrefix("fp_std_")
    }
    for column in chosen {
      var part = column
      part.values = column.values.picked(shapes.map(\.row))
      table.set(part)
    }
    for (i, item) in shapes.enumerated() {
      if let reason = track.rowCount > item.row ? track.status.reason(item.row) : nil {
        table.status.drop(i, because: reason)
      }
    }
    return table
  }

  /// The raster's extent as one polygon.
  static func outline(_ scene: SampledRaster) -> Table {
    let b = scene.grid.bounds
    let acquisition = scene.raster.spec.acquisition
    let ring = [
      SIMD2(b.minX, b.maxY), SIMD2(b.maxX, b.maxY), SIMD2(b.maxX, b.minY), SIMD2(b.minX, b.minY), SIMD2(b.minX, b.maxY),
    ]
    var table = Table(
      rowCount: 1, geometry: .polygons([[ring]]), crs: scene.grid.crs, acquisition: acquisition, style: "scene_outline")
    table.set(Column(.product, summary: "Name of the scene", values: .text([acquisition?.product])))
    table.set(
      Column(
        .time, unit: .second, summary: "Time of the scene", isTime: true,
        values: .number([acquisition?.time?.seconds ?? .nan])))
    let pixel = scene.grid.pixelMetres?.x ?? scene.grid.pixelWidth / Sphere.degreesPerMetre(latitude: 0).y
    table.set(Column("pixel_m", unit: .metre, summary: "Width of a pixel", values: .number([pixel])))
    return table
  }
}

extension ColumnValues {
  /// Some rows in the order asked for.
  func picked(_ rows: [Int]) -> ColumnValues {
    switch self {
    case .number(let v): .number(rows.map { v[$0] })
    case .integer(let v): .integer(rows.map { v[$0] })
    case .code(let v, let missing): .code(rows.map { v[$0] }, missing: missing)
    case .text(let v): .text(rows.map { v[$0] })
    case .array(let v, let width): .array(rows.flatMap { v[$0 * width..<($0 + 1) * width] }, width: width)
    }
  }
}

/// How far a track passes from a scene.
enum PixelDistances {
  /// Seconds as minutes, to a tenth below a hundred.
  static func minutes(_ seconds: Double) -> String {
    let v = abs(seconds) / 60
    return v < 100 ? "\((v * 10).rounded() / 10)" : "\(Int(min(1e15, v.rounded())))"
  }

  /// The sentence for a track that never meets the scene.
  static func sentence(_ places: [SIMD2<Double>], _ grid: Grid) throws -> String {
    let known = places.filter { $0.x.isFinite && $0.y.isFinite }
    let outline = try GeographicOutline(of: grid, pointsPerEdge: 64).ring.map(Sphere.vector)
    let step = max(1, known.count / 5000)
    let records = stride(from: 0, to: known.count, by: step).map { Sphere.vector(known[$0]) }
    let nearest = records.map { r in outline.map { Sphere.angle(r, $0) }.min() ?? 0 }.min() ?? 0
    let distance = nearest * Sphere.radius / 1000
    return
      """
      no record meets the scene: the nearest of \(known.count) records passes \
      \(distance < 10 ? "\((distance * 10).rounded() / 10)" : "\(Int(distance.rounded()))") km from its edge
      """
  }
}
