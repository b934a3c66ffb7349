import FloeIO
import FloeSDK

extension Sentinel2Product {
  /// What the attributes of an EOPF product say; no pixel is read.
  ///
  /// `measurements/reflectance/r10m/b02` and so on are the DN of the .SAFE product, with `scale_factor` and
  /// `add_offset`; `x` and `y` beside the bands are the centres of the pixels.
  init(_ store: EOPFStore) throws {
    let stac = store.attributes["stac_discovery"] ?? .null
    let properties = stac["properties"] ?? .null
    let other = store.attributes["other_metadata"] ?? .null
    let bands = try EOPFBands(store.root)
    let location = SafeLocation(root: store.root, metadata: store.root + "/.zattrs", path: store.path)

    let given = stac["id"]?.stringValue ?? SafeLocation.lastComponent(store.path)
    let name = [".zip", ".zarr", ".SAFE"].reduce(given) { $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0 }
    let start = Self.time(properties["start_datetime"])
    let baseline = (properties["processing:version"] ?? properties["eopf:baseline"])?.stringValue
    try bands.checkOffsets(baseline: baseline, metadata: location.metadata)
    let consolidated = try ConsolidatedMetadata(store.root)
    let code = try Self.code(store, bands)
    try consolidated.check(root: store.attributes)
    let geocoding = try TileGeocoding(bands, code: code, metadata: location.metadata)

    format = .zarr
    self.location = location
    level = store.level
    self.name = name
    acquisition = Acquisition(
      product: name, time: Self.time(other["mean_sensing_time"]) ?? Self.time(properties["datetime"]) ?? start,
      platform: Self.platform(properties["platform"]?.stringValue), instrument: "MSI", level: store.level.rawValue,
      baseline: baseline, sunZenith: other["mean_sun_zenith_angle_in_deg_for_all_bands_all_detectors"]?.doubleValue,
      sunAzimuth: other["mean_sun_azimuth_angle_in_deg_for_all_bands_all_detectors"]?.doubleValue)
    self.start = start
    stop = Self.time(properties["end_datetime"])
    quantification = bands.quantification
    offsets = bands.offsets
    noDataDN = 0
    wavelengths = Self.wavelengths(other)
    self.geocoding = geocoding
    imageFolder = bands.folder
    var files = bands.paths
    if store.level == .l2a {
      let classes = store.root + "/conditions/mask/l2a_classification"
      files["SCL"] = [20: classes + "/r20m/scl", 60: classes + "/r60m/scl"]
    }
    images = ImageFiles(files)
    masks = Self.masks(store.root, bands)
    let outline = try Self.footprint(stac["geometry"]) ?? geocoding.outline()
    try Self.checkPlace(of: outline, geocoding, metadata: location.metadata)
    footprint = outline
    cloudCover = properties["eo:cloud_cover"]?.doubleValue
    tile = Self.tileName(in: name)
    orbit = properties["sat:relative_orbit"]?.intValue.map(String.init)
    orbitDirection = properties["sat:orbit_state"]?.stringValue
  }

  private static func time(_ value: JSONValue?) -> UTCTime? { value?.stringValue.flatMap { UTCTime($0) } }

  /// `sentinel-2a` as .SAFE products write it.
  private static func platform(_ text: String?) -> String? {
    guard let text, text.utf8.count == 11, text.hasPrefix("sentinel-2") else { return text }
    return "Sentinel-2" + text.suffix(1).uppercased()
  }

  /// The code of the reference system, which has had several names; they must agree.
  private static func code(_ store: EOPFStore, _ bands: EOPFBands) throws -> String {
    let other = store.attributes["other_metadata"]
    let properties = store.attributes["stac_discovery"]?["properties"]
    let found = [
      other?["horizontal_CRS_code"], other?["horizontal_crs_code"], properties?["proj:code"], properties?["proj:epsg"],
      bands.referenceCode,
    ].compactMap { value -> String? in
      if let number = value?.intValue { return "EPSG:\(number)" }
      guard let text = value?.stringValue, !text.isEmpty, text != "null" else { return nil }
      return Int(text) == nil ? text : "EPSG:\(text)"
    }
    guard let first = found.first else {
      throw FloeError(
        "'\(store.root)/.zattrs' has no code of a reference system (horizontal_crs_code, proj:code or proj:epsg)")
    }
    if let odd = found.first(where: { $0 != first }) {
      throw FloeError("'\(store.path)' names two reference systems, \(first) and \(odd); one of them is wrong")
    }
    return first
  }

  /// Central wavelengths in nanometres by `band_id`.
  private static func wavelengths(_ other: JSONValue) -> [Int: Double] {
    var result: [Int: Double] = [:]
    for (key, value) in other["band_description"]?.objectValue ?? [:] {
      if let band = SpectralBand("B" + key) { result[band.rawValue] = value["central_wavelength"]?.doubleValue }
    }
    return result
  }

  /// The masks of level 1, whose bits are those of the .SAFE product's images; missing ones are reported when used.
  private static func masks(_ root: String, _ bands: EOPFBands) -> [MaskFile] {
    let quality = SpectralBand.allCases.filter { bands.paths[$0.name] != nil }.map { band in
      MaskFile(
        type: "MSK_QUALIT", band: band.rawValue,
        path: "\(root)/quality/mask/r\(band.nativeResolution)m/\(band.name.lowercased())")
    }
    let classes = MaskFile(
      type: "MSK_CLASSI", band: nil, path: root + "/conditions/mask/l1c_classification/r60m/b00")
    return [classes] + quality
  }

  /// Refuses a footprint that does not lie where the pixels do; pairs of products are found by it.
  private static func checkPlace(of outline: [SIMD2<Double>], _ tile: TileGeocoding, metadata: String) throws {
    let own = "its footprint in stac_discovery.geometry"
    if let odd = outline.first(where: { !(abs($0.y) <= 90) }) {
      throw FloeError("'\(metadata)': \(own) has the latitude \(odd.y); longitudes stand before latitudes there")
    }
    var x = outline.map(\.x)
    var y = outline.map(\.y)
    try CoordinateTransform(from: .wgs84, to: tile.crs).transform(x: &x, y: &y)
    let (west, north) = (tile.origin.x, tile.origin.y)
    let (east, south) = (west + Double(tile.extent.width), north - Double(tile.extent.height))
    let (xs, ys) = (x.filter(\.isFinite), y.filter(\.isFinite))
    guard let least = xs.min(), let most = xs.max(), let low = ys.min(), let high = ys.max(),
      least < east, most > west, low < north, high > south
    else {
      throw FloeError(
        """
        '\(metadata)': \(own) does not touch the pixels, which lie at x \(west) to \(east), y \(south) to \(north) in \
        \(tile.crs.label); the footprint, the coordinates or the code of the reference system is wrong: fetch the \
        product anew
        """)
    }
  }

  /// The points of a polygon of GeoJSON, not closed; nil for other shapes.
  private static func footprint(_ geometry: JSONValue?) -> [SIMD2<Double>]? {
    guard geometry?["type"]?.stringValue == "Polygon", let ring = geometry?["coordinates"]?.arrayValue?.first else {
      return nil
    }
    var points = (ring.arrayValue ?? []).compactMap { point -> SIMD2<Double>? in
      guard let numbers = point.arrayValue, numbers.count >= 2, let x = numbers[0].doubleValue,
        let y = numbers[1].doubleValue
      else { return nil }
      return SIMD2(x, y)
    }
    if points.count > 1, points.first == points.last { points.removeLast() }
    return points.count >= 3 ? points : nil
  }
}

extension TileGeocoding {
  /// The grids that the coordinates beside the bands give.
  init(_ bands: EOPFBands, code: String, metadata: String) throws {
    let crs = try CRSFactory.make(code)
    var grids: [Int: Grid] = [:]
    for (resolution, found) in bands.grids.sorted(by: { $0.key < $1.key }) {
      let size = Double(resolution)
      guard abs(found.pixelWidth - size) < 1e-6, abs(found.pixelHeight - size) < 1e-6,
        let grid = Grid(
          width: found.width, height: found.height, originX: found.originX, originY: found.originY, pixelWidth: size,
          pixelHeight: size, crs: crs)
      else {
        throw FloeError(
          """
          '\(bands.folder)/r\(resolution)m' has coordinates x and y that give pixels of \(found.pixelWidth) x \
          \(found.pixelHeight); centres of pixels \(resolution) m apart, from west to east and north to south, are \
          needed
          """)
      }
      grids[resolution] = grid
    }
    guard let finest = grids.min(by: { $0.key < $1.key }) else {
      throw FloeError("'\(bands.folder)' has no bands; the product of '\(metadata)' is not whole")
    }
    for (resolution, grid) in grids.sorted(by: { $0.key < $1.key })
    where abs(grid.originX - finest.value.originX) > 0.01 || abs(grid.originY - finest.value.originY) > 0.01 {
      throw FloeError(
        """
        the corner of '\(bands.folder)/r\(resolution)m' is x \(grid.originX), y \(grid.originY), that of r\
        \(finest.key)m x \(finest.value.originX), y \(finest.value.originY); they must be the same
        """)
    }
    self.crs = crs
    extent = (finest.value.width * finest.key, finest.value.height * finest.key)
    origin = (finest.value.originX, finest.value.originY)
    // A .SAFE product names the grids of all resolutions, also of those of which it holds no band.
    for resolution in EOPFBands.resolutions
    where grids[resolution] == nil && extent.width % resolution == 0 && extent.height % resolution == 0 {
      grids[resolution] = Grid(
        width: extent.width / resolution, height: extent.height / resolution, originX: origin.x, originY: origin.y,
        pixelWidth: Double(resolution), pixelHeight: Double(resolution), crs: crs)
    }
    self.grids = grids
  }

  /// The corners of the tile in longitude and latitude, from the north-west clockwise.
  func outline() throws -> [SIMD2<Double>] {
    let (east, south) = (origin.x + Double(extent.width), origin.y - Double(extent.height))
    var x = [origin.x, east, east, origin.x]
    var y = [origin.y, origin.y, south, south]
    try CoordinateTransform(from: .wgs84, to: crs).transform(x: &x, y: &y, inverse: true)
    return zip(x, y).map { SIMD2($0, $1) }
  }
}
