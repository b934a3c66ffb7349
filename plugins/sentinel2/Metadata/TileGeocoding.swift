import FloeIO
import FloeSDK

/// The reference system of a tile and its grids of 10, 20 and 60 m.
struct TileGeocoding: Sendable {
  let crs: CRS
  /// Grids by resolution in metres.
  let grids: [Int: Grid]
  /// The width and height of the tile in metres and its upper left corner.
  let extent: (width: Int, height: Int)
  let origin: (x: Double, y: Double)

  init(_ tile: XMLNode, file: String) throws {
    guard let geocoding = tile.descendant("Tile_Geocoding"), let code = geocoding.first("HORIZONTAL_CS_CODE")?.text
    else {
      throw FloeError(
        "'\(file)' has no Tile_Geocoding with a HORIZONTAL_CS_CODE; it is not the metadata of a whole tile")
    }
    crs = try CRSFactory.make(code)
    var grids: [Int: Grid] = [:]
    for size in geocoding.all("Size") {
      guard let resolution = size.attributes["resolution"].flatMap({ Int($0) }), resolution > 0,
        let rows = size.first("NROWS").flatMap({ Int($0.text) }),
        let columns = size.first("NCOLS").flatMap({ Int($0.text) }),
        (1...1_000_000).contains(rows), (1...1_000_000).contains(columns),
        let position = geocoding.all("Geoposition").first(where: { $0.attributes["resolution"] == String(resolution) }),
        let x = position.first("ULX")?.number, let y = position.first("ULY")?.number,
        let grid = Grid(
          width: columns, height: rows, originX: x, originY: y, pixelWidth: Double(resolution),
          pixelHeight: Double(resolution), crs: crs)
      else {
        throw FloeError(
          """
          '\(file)' has a Size without usable NROWS, NCOLS, ULX or ULY for resolution '\
          \(size.attributes["resolution"] ?? "")'
          """
        )
      }
      grids[resolution] = grid
    }
    guard let finest = grids.min(by: { $0.key < $1.key }) else {
      throw FloeError("'\(file)' has no Size in its Tile_Geocoding; sizes for 10, 20 and 60 m are needed")
    }
    self.grids = grids
    extent = (finest.value.width * finest.key, finest.value.height * finest.key)
    origin = (finest.value.originX, finest.value.originY)
  }

  /// The grid of the whole tile at any resolution in metres; the last column and row may reach beyond the tile.
  func grid(resolution: Int) -> Grid? {
    Grid(
      width: (extent.width + resolution - 1) / resolution, height: (extent.height + resolution - 1) / resolution,
      originX: origin.x, originY: origin.y, pixelWidth: Double(resolution), pixelHeight: Double(resolution), crs: crs)
  }
}
