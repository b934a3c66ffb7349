internal import CGDAL
import FloeCore

/// Reads a `RasterSpec` off an open dataset, at full or reduced resolution.
struct RasterSpecReader {
  let path: String
  let dataset: GDALDataset
  let reduction: Int

  /// The description, what of the file's own could not be taken over, in sentences, and where validity stands.
  ///
  /// - Parameter asked: a no-data value that the user gives for all bands.
  func spec(
    noData asked: Double? = nil, alphaIsData: Bool = false
  ) throws -> (spec: RasterSpec, remarks: [String], validity: RasterValidity) {
    let count = Int(GDALGetRasterCount(dataset.handle))
    guard count > 0 else {
      let inside = items(dataset.handle, domain: "SUBDATASETS").filter { $0.key.hasSuffix("_NAME") }.map(\.value)
        .sorted()
      let hint = inside.isEmpty ? "" : "; it contains \(inside.prefix(4).joined(separator: ", "))"
      throw FloeError("'\(path)' has no raster band\(hint)")
    }
    let all = try (1...count).map { number -> UnsafeMutableRawPointer in
      guard let band = dataset.band(number) else { throw FloeError("band \(number) of '\(path)' cannot be opened") }
      return band
    }
    // An alpha band says which pixels there are; a file of alpha alone holds nothing else.
    let alpha = alphaIsData ? nil : all.firstIndex { GDALGetRasterColorInterpretation($0) == GCI_AlphaBand }
    let numbers = alpha == nil || count == 1 ? Array(1...count) : (1...count).filter { $0 != (alpha ?? 0) + 1 }
    let bands = numbers.map { all[$0 - 1] }
    let type = try pixelType(bands)
    try CutFileCheck.check(path, dataset)
    try checkBlocks(bands[0], type)
    tellOtherPages()
    // Opened once, for its places and for its pixels.
    let netCDF = try dataset.driverName == "netCDF" ? NetCDFPart(path: path) : nil
    let grid = try settledGrid(bands[0], netCDF)
    let tags = items(dataset.handle)
    var spec = RasterSpec(grid: grid, bands: try bandSpecs(bands), type: type, tile: tile(bands[0], grid: grid))
    if let netCDF { try applyConventions(of: netCDF, to: &spec, bands) }
    let odd = spec.bands.filter { $0.noData.map { type.stored($0) == nil } ?? false }
    var remarks = odd.prefix(1).map { band in
      let others = odd.count > 1 ? " and \(odd.count - 1) more" : ""
      return
        """
        '\(path)' declares the no-data value \(band.noData ?? .nan) for band '\(band.name)'\(others), which pixels \
        of type \(type.rawValue) cannot hold; it is left out
        """
    }
    for i in spec.bands.indices { spec.bands[i].noData = spec.bands[i].noData.flatMap(type.stored) }
    spec.classes = bands.count == 1 && type == .uint8 ? classes(bands[0], tags: tags) : nil
    if let table = spec.classes, let (own, remark) = withOwnNames(table) {
      spec.classes = own
      remarks.append(remark)
    }
    // A table of classes says which code is none, also where the band does not.
    if let code = spec.classes?.noData, spec.classes?[code] == nil, spec.bands[0].noData == nil {
      spec.bands[0].noData = type.stored(Double(code))
    }
    let validity = RasterValidity(
      bands: numbers, handles: bands, alpha: numbers.count < count ? alpha.map { $0 + 1 } : nil, stored: type,
      declared: spec.bands.map(\.noData), asked: asked, alphaIsData: alphaIsData)
    if let alpha, numbers.count < count {
      remarks.append(
        "band \(alpha + 1) of '\(path)' is an alpha band: it says which pixels are valid and is no band of the raster")
    }
    if validity.type != type {
      remarks.append(
        "'\(path)' says by a mask which pixels are valid and declares no no-data value: its \(type.rawValue) "
          + "pixels are read as \(validity.type.rawValue), the invalid ones as \(validity.fills[0]); "
          + "'no_data' sets another value"
      )
      spec.type = validity.type
      spec.classes = nil
    }
    for i in spec.bands.indices where validity.places[i] != .pixels { spec.bands[i].noData = validity.fills[i] }
    spec.style = RasterMetadataKeys.decoded(RasterStyle.self, tags[RasterMetadataKeys.style])
    spec.acquisition = RasterMetadataKeys.acquisition(tags)
    for (key, value) in tags where key.hasPrefix(RasterMetadataKeys.tagPrefix) {
      spec.tags[String(key.dropFirst(RasterMetadataKeys.tagPrefix.count))] = value
    }
    return (spec, remarks, validity)
  }

  /// Says which page of a TIFF with several is read.
  private func tellOtherPages() {
    guard dataset.driverName == "GTiff", DatasetName(path) == nil else { return }
    let inside = items(dataset.handle, domain: "SUBDATASETS")
    guard let second = inside["SUBDATASET_2_NAME"] else { return }
    let count = inside.keys.count { $0.hasSuffix("_NAME") }
    LibraryNotices.add(
      "'\(path)' has \(count) pages, of which the first is read; another one is named as \(second)")
  }

  /// Refuses tiles that are far larger than the raster: a file of some hundred bytes could ask for any memory.
  private func checkBlocks(_ band: UnsafeMutableRawPointer, _ type: PixelType) throws {
    var (width, height): (Int32, Int32) = (0, 0)
    GDALGetBlockSize(band, &width, &height)
    let block = Int(width) * Int(height)
    let own = Int(GDALGetRasterXSize(dataset.handle)) * Int(GDALGetRasterYSize(dataset.handle))
    guard block / 4 > own, block > (64 << 20) / type.byteCount else { return }
    throw FloeError(
      "'\(path)' keeps its pixels in tiles of \(width) x \(height), far larger than the raster, each of which takes "
        + "\((block >> 20) * type.byteCount) MB to read; write it anew with usual ones, for example with "
        + "'gdal_translate -co TILED=YES'")
  }

  /// More than any raster of the Earth's seas needs, and few enough that lists of tiles fit into memory.
  private static let mostPixels = 1 << 38

  /// What netCDF's conventions say of the bands and GDAL does not.
  private func applyConventions(
    of netCDF: NetCDFPart, to spec: inout RasterSpec, _ bands: [UnsafeMutableRawPointer]
  ) throws {
    guard bands.contains(where: { NetCDFRasterRules.concern(items($0)) }) else { return }
    var rules = NetCDFRasterRules(netCDF)
    for i in bands.indices {
      try rules.apply(to: &spec.bands[i], handle: bands[i], items: items(bands[i]), type: spec.type)
    }
  }

  private func pixelType(_ bands: [UnsafeMutableRawPointer]) throws -> PixelType {
    let types = bands.map { GDALGetRasterDataType($0) }
    let names = types.map { text(GDALGetDataTypeName($0)) ?? "unknown" }
    let accepted = PixelType.allCases.map(\.rawValue).joined(separator: ", ")
    if let odd = types.indices.first(where: { types[$0] != types[0] }) {
      throw FloeError(
        """
        '\(path)' mixes pixel types (band 1 is \(names[0]), band \(odd + 1) \(names[odd])); all bands of a raster \
        share one type
        """
      )
    }
    guard let type = PixelType(types[0]) else {
      throw FloeError("'\(path)' has pixels of type \(names[0]); accepted are \(accepted)")
    }
    if type == .uint8, text(GDALGetMetadataItem(bands[0], "PIXELTYPE", "IMAGE_STRUCTURE")) == "SIGNEDBYTE" {
      throw FloeError("'\(path)' has pixels of type signed byte; accepted are \(accepted)")
    }
    return type
  }

  /// The grid, where a netCDF file's own axes agree with it.
  private func settledGrid(_ band: UnsafeMutableRawPointer, _ netCDF: NetCDFPart?) throws -> Grid {
    let found = try grid(band)
    guard let netCDF else { return found }
    var t = [Double](repeating: 0, count: 6)
    let isPlaced = GDALGetGeoTransform(dataset.handle, &t) == CE_None
    return try NetCDFGridRules(netCDF).settled(
      found, transform: isPlaced ? t : nil, variable: items(band)["NETCDF_VARNAME"],
      reference: GDALGetSpatialRef(dataset.handle))
  }

  private func grid(_ band: UnsafeMutableRawPointer) throws -> Grid {
    let pixels = try RasterOverviews.band(of: band, dataset: dataset, reduction: reduction, path: path) ?? band
    let width = Int(GDALGetRasterBandXSize(pixels))
    let height = Int(GDALGetRasterBandYSize(pixels))
    var t = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]
    var found = t
    if GDALGetGeoTransform(dataset.handle, &found) == CE_None { t = found }
    if t[0] == 0, t[1] == 1, t[2] == 0, t[3] == 0, t[4] == 0, abs(t[5]) == 1 { try checkOtherPlaces() }
    guard t[2] == 0, t[4] == 0 else {
      throw FloeError("'\(path)' is rotated or sheared (geotransform \(t)); warp it to a north-up grid first")
    }
    guard t[1] > 0, t[5] < 0 else {
      throw FloeError(
        """
        '\(path)' is not north-up (pixel width \(t[1]), pixel height \(t[5])); a positive width and a negative \
        height are needed
        """
      )
    }
    guard width <= Self.mostPixels / max(1, height) else {
      throw FloeError(
        "'\(path)' has \(width) x \(height) pixels; rasters of up to \(Self.mostPixels) pixels are read (the Earth at "
          + "50 m); cut it first, for example with 'gdal_translate -projwin'")
    }
    let crs = GDALGetSpatialRef(dataset.handle).flatMap { SpatialReference.value(of: $0) }
    try crs?.checkAngles(of: "'\(path)'")
    guard
      let grid = Grid(
        width: width, height: height, originX: t[0], originY: t[3], pixelWidth: t[1] * Double(reduction),
        pixelHeight: -t[5] * Double(reduction), crs: crs)
    else { throw FloeError("'\(path)' has no usable grid (\(width) x \(height) pixels, geotransform \(t))") }
    return grid
  }

  /// Refuses a file without a grid whose pixels have their places by other means: they would be lost.
  private func checkOtherPlaces() throws {
    let points = Int(GDALGetGCPCount(dataset.handle))
    let means = [
      (points > 0, "\(points) ground control points", "-tps"),
      (!items(dataset.handle, domain: "GEOLOCATION").isEmpty, "arrays of longitudes and latitudes", "-geoloc"),
      (!items(dataset.handle, domain: "RPC").isEmpty, "rational polynomial coefficients (RPC)", "-rpc"),
    ]
    guard let (_, what, option) = means.first(where: { $0.0 }) else { return }
    throw FloeError(
      "'\(path)' places its pixels by \(what), not by a regular grid, so that they would have no place on a map; warp "
        + "it to one first, for example with 'gdalwarp \(option) -t_srs EPSG:3413 IN.tif OUT.tif'")
  }

  /// The file's blocks, or as many of them as make about a million pixels where they are small or flat.
  private func tile(_ band: UnsafeMutableRawPointer, grid: Grid) -> TileSize {
    // Safe because `grid(_:)` has found this overview already; the full band would only be a less handy tile.
    let pixels = (try? RasterOverviews.band(of: band, dataset: dataset, reduction: reduction, path: path)) ?? band
    var w: Int32 = 0
    var h: Int32 = 0
    GDALGetBlockSize(pixels, &w, &h)
    var width = min(max(1, Int(w)), grid.width)
    var height = min(max(1, Int(h)), grid.height)
    let full = width == grid.width
    if !full { width = min(grid.width, width * max(1, 1024 / width)) }
    let rows = full ? max(64, (1 << 20) / width) : 1024
    if height < rows { height = min(grid.height, height * max(1, rows / height)) }
    return TileSize(width: width, height: height)
  }

  private func bandSpecs(_ bands: [UnsafeMutableRawPointer]) throws -> [BandSpec] {
    var used: Set<String> = []
    return try bands.enumerated().map { i, band in
      var name = text(GDALGetDescription(band)) ?? ""
      if name.isEmpty { name = "band\(i + 1)" }
      let plain = name
      var next = 2
      while !used.insert(name).inserted {
        name = "\(plain)_\(next)"
        next += 1
      }
      let items = items(band).merging(items(band, domain: "IMAGERY")) { own, _ in own }
      var present: Int32 = 0
      let noData = GDALGetRasterNoDataValue(band, &present)
      let unit = text(GDALGetRasterUnitType(band)) ?? ""
      let (scale, offset) = (GDALGetRasterScale(band, nil), GDALGetRasterOffset(band, nil))
      guard scale.isFinite, offset.isFinite, scale != 0 else {
        let (word, value, plain) = scale.isFinite && scale != 0 ? ("offset", offset, 0) : ("scale", scale, 1)
        let what =
          scale == 0 ? "every pixel would have the same value; another" : "no pixel would have a value; a finite"
        throw FloeError(
          "'\(path)' declares the \(word) \(value) for band '\(name)', with which \(what) \(word) is right, \(plain) "
            + "for pixels that are no packed numbers (gdal_edit.py -\(word) \(plain))"
        )
      }
      return BandSpec(
        name: name, summary: items[RasterMetadataKeys.summary] ?? "",
        quantity: items[RasterMetadataKeys.quantity] ?? "value",
        unit: unit.isEmpty ? .dimensionless : PhysicalUnit(rawValue: unit), scale: scale, offset: offset,
        noData: present != 0 ? noData : nil, wavelength: RasterMetadataKeys.wavelength(items))
    }
  }

  private func items(_ object: UnsafeMutableRawPointer, domain: String? = nil) -> [String: String] {
    var result: [String: String] = [:]
    for line in strings(GDALGetMetadata(object, domain)) {
      guard let split = line.firstIndex(of: "=") else { continue }
      result[String(line[..<split])] = String(line[line.index(after: split)...])
    }
    return result
  }

  /// The classes from floe's own tag, else from the attribute table, else from category names with the colour table.
  private func classes(_ band: UnsafeMutableRawPointer, tags: [String: String]) -> ClassTable? {
    if let own = RasterMetadataKeys.decoded(ClassTable.self, tags[RasterMetadataKeys.classes]) { return own }
    var present: Int32 = 0
    let noData = GDALGetRasterNoDataValue(band, &present)
    let code = present != 0 ? Int(exactly: noData) ?? 255 : 255
    let entries = attributeEntries(band) ?? categoryEntries(band)
    return entries.isEmpty ? nil : ClassTable(entries.filter { $0.code != code }, noData: code)
  }

  /// The classes with a name for each, and a sentence about it; nil where each has one already.
  ///
  /// Steps find a class by its name, and would take the first of several codes alone.
  private func withOwnNames(_ table: ClassTable) -> (ClassTable, String)? {
    let given = Set(table.entries.map(\.name))
    var owners: [String: Int] = [:]
    var told: String?
    let entries = table.entries.map { entry -> ClassEntry in
      guard let owner = owners[entry.name] else {
        owners[entry.name] = entry.code
        return entry
      }
      var n = 2
      while given.contains("\(entry.name)_\(n)") || owners["\(entry.name)_\(n)"] != nil { n += 1 }
      let name = "\(entry.name)_\(n)"
      owners[name] = entry.code
      told = told ?? "to the codes \(owner) and \(entry.code): \(entry.code) is called '\(name)'"
      return ClassEntry(code: entry.code, name: name, label: entry.label, color: entry.color)
    }
    guard let told else { return nil }
    return (
      ClassTable(entries, noData: table.noData),
      "'\(path)' gives one class name \(told); a step that asks for the class by its name needs both"
    )
  }

  private func attributeEntries(_ band: UnsafeMutableRawPointer) -> [ClassEntry]? {
    guard let table = GDALGetDefaultRAT(band) else { return nil }
    let value = GDALRATGetColOfUsage(table, GFU_MinMax)
    let name = GDALRATGetColOfUsage(table, GFU_Name)
    let channels = [GFU_Red, GFU_Green, GFU_Blue].map { GDALRATGetColOfUsage(table, $0) }
    guard value >= 0, name >= 0 else { return nil }
    return (0..<GDALRATGetRowCount(table)).map { row in
      let code = Int(GDALRATGetValueAsInt(table, row, value))
      let rgb = channels.map { $0 < 0 ? UInt8(0) : UInt8(clamping: GDALRATGetValueAsInt(table, row, $0)) }
      let color = channels[0] < 0 ? color(band, code) : RGB(rgb[0], rgb[1], rgb[2])
      return entry(code, text(GDALRATGetValueAsString(table, row, name)) ?? "", color)
    }
  }

  private func categoryEntries(_ band: UnsafeMutableRawPointer) -> [ClassEntry] {
    strings(GDALGetRasterCategoryNames(band)).enumerated().filter { !$0.element.isEmpty }
      .map { entry($0.offset, $0.element, color(band, $0.offset)) }
  }

  private func color(_ band: UnsafeMutableRawPointer, _ code: Int) -> RGB {
    guard let table = GDALGetRasterColorTable(band), code < Int(GDALGetColorEntryCount(table)),
      let entry = GDALGetColorEntry(table, Int32(code))
    else { return RGB(128, 128, 128) }
    return RGB(UInt8(clamping: entry.pointee.c1), UInt8(clamping: entry.pointee.c2), UInt8(clamping: entry.pointee.c3))
  }

  private func entry(_ code: Int, _ label: String, _ color: RGB) -> ClassEntry {
    let name = String(label.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "-" ? $0 : "_" })
    return ClassEntry(code: code, name: name.isEmpty ? "class_\(code)" : name, label: label, color: color)
  }
}
