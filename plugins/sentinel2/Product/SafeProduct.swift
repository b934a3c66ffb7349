import FloeIO
import FloeSDK

/// Source: Sentinel-2 Products Specification Document, S2-PDGS-TAS-DI-PSD, sections on the user product and the tile
/// metadata.
extension Sentinel2Product {
  /// Reads the metadata of the .SAFE product at a path.
  init(safe path: String) throws {
    let location = try SafeLocation(path)
    let product = try XMLNode(file: location.metadata)
    let fields = MetadataFields(product, file: location.metadata)
    format = .safe
    self.location = location
    level = try Self.level(fields)
    try Self.refuseOldFormat(product, location)
    let uri =
      fields.text("PRODUCT_URI", "PRODUCT_URI_2A", "PRODUCT_URI_1C") ?? SafeLocation.lastComponent(location.root)
    name = uri.hasSuffix(".SAFE") ? String(uri.dropLast(5)) : uri
    start = fields.text("PRODUCT_START_TIME").flatMap { UTCTime($0) }
    stop = fields.text("PRODUCT_STOP_TIME").flatMap { UTCTime($0) }
    quantification =
      try level == .l1c
      ? fields.number("QUANTIFICATION_VALUE")
      : fields.number("BOA_QUANTIFICATION_VALUE", "L2A_BOA_QUANTIFICATION_VALUE")
    guard quantification > 0 else {
      throw FloeError("'\(location.metadata)' has the quantification value \(quantification); a positive one is needed")
    }
    offsets = try Self.offsets(
      product, tag: level == .l1c ? "RADIO_ADD_OFFSET" : "BOA_ADD_OFFSET", file: location.metadata)
    noDataDN = try Self.noData(product, file: location.metadata)
    wavelengths = Self.wavelengths(product)

    let listed = product.descendants("IMAGE_FILE") + product.descendants("IMAGE_FILE_2A")
    let granule = try Self.granule(listed.map(\.text), location)
    imageFolder = granule + "/IMG_DATA"
    let tileFile = granule + "/MTD_TL.xml"
    guard VirtualFile.exists(tileFile) else {
      throw FloeError("the tile metadata '\(tileFile)' is missing; the product is not whole")
    }
    let tileXML = try XMLNode(file: tileFile)
    let tileFields = MetadataFields(tileXML, file: tileFile)
    geocoding = try TileGeocoding(tileXML, file: tileFile)
    images = ImageFiles(listed: listed.map(\.text), root: location.root, granule: granule)
    masks = MaskFile.all(tileXML, root: location.root, granule: granule)
    let sun = tileXML.descendant("Mean_Sun_Angle")
    acquisition = Acquisition(
      product: name, time: tileFields.text("SENSING_TIME").flatMap { UTCTime($0) } ?? start,
      platform: fields.text("SPACECRAFT_NAME"), instrument: "MSI", level: level.rawValue,
      baseline: fields.text("PROCESSING_BASELINE"), sunZenith: sun?.first("ZENITH_ANGLE")?.number,
      sunAzimuth: sun?.first("AZIMUTH_ANGLE")?.number)
    footprint = Self.footprint(product)
    cloudCover =
      fields.text("Cloud_Coverage_Assessment").flatMap { Double($0) }
      ?? tileFields.text("CLOUDY_PIXEL_PERCENTAGE").flatMap { Double($0) }
    tile = Self.tileName(in: tileFields.text("TILE_ID") ?? "") ?? Self.tileName(in: name)
    orbit = fields.text("SENSING_ORBIT_NUMBER")
    orbitDirection = fields.text("SENSING_ORBIT_DIRECTION")
  }

  // MARK: - Parts of the metadata

  private static func level(_ fields: MetadataFields) throws -> ProcessingLevel {
    let text = fields.text("PROCESSING_LEVEL") ?? fields.root.name
    if text.contains("1C") { return .l1c }
    if text.contains("2A") { return .l2a }
    throw FloeError("'\(fields.file)' is of processing level '\(text)'; Level-1C and Level-2A are read")
  }

  private static func refuseOldFormat(_ product: XMLNode, _ location: SafeLocation) throws {
    let granules = (product.descendants("Granule") + product.descendants("Granules")).count
    let format = product.descendant("PRODUCT_FORMAT")?.text
    if granules > 1 || format == "SAFE" {
      throw FloeError(
        """
        '\(location.path)' is in the old format of products made before December 2016 (\(granules) granules in one \
        product); 
        """
          + "get the reprocessed product with one tile (name S2x_MSIL1C_...)")
    }
  }

  /// The values by band_id; nil when there is no list, which is not the same as a list with gaps.
  private static func offsets(_ product: XMLNode, tag: String, file: String) throws -> [Int: Double]? {
    let nodes = product.descendants(tag)
    if nodes.isEmpty {
      guard
        product.descendants(tag == "BOA_ADD_OFFSET" ? "BOA_ADD_OFFSET_VALUES_LIST" : "Radiometric_Offset_List").isEmpty
      else {
        throw FloeError("'\(file)' has an empty list of radiometric offsets; one \(tag) for each band is needed")
      }
      return nil
    }
    var values: [Int: Double] = [:]
    for node in nodes {
      guard let id = node.attributes["band_id"].flatMap({ Int($0) }), let value = node.number, value.isFinite else {
        throw FloeError(
          """
          '\(file)' has the \(tag) '\(node.text)' for band_id '\(node.attributes["band_id"] ?? "")'; a number for a \
          band 0..12 is needed
          """
        )
      }
      values[id] = value
    }
    return values
  }

  private static func noData(_ product: XMLNode, file: String) throws -> Int {
    for special in product.descendants("Special_Values") where special.first("SPECIAL_VALUE_TEXT")?.text == "NODATA" {
      guard let value = special.first("SPECIAL_VALUE_INDEX").flatMap({ Int($0.text) }), value == 0 else {
        throw FloeError(
          "'\(file)' marks no data with '\(special.first("SPECIAL_VALUE_INDEX")?.text ?? "")'; 0 is expected")
      }
    }
    return 0
  }

  private static func wavelengths(_ product: XMLNode) -> [Int: Double] {
    var result: [Int: Double] = [:]
    for info in product.descendants("Spectral_Information") {
      guard let id = info.attributes["bandId"].flatMap({ Int($0) }), let central = info.at("Wavelength/CENTRAL") else {
        continue
      }
      result[id] = central.number
    }
    return result
  }

  private static func granule(_ files: [String], _ location: SafeLocation) throws -> String {
    let folder = location.root + "/GRANULE"
    // A server that lists no folders answers for files alone.
    var names = Set(
      files.compactMap { file -> String? in
        let parts = file.split(separator: "/")
        return parts.count > 2 && parts[0] == "GRANULE" && parts[1] != ".." ? String(parts[1]) : nil
      }
    ).filter { VirtualFile.exists("\(folder)/\($0)") || VirtualFile.exists("\(folder)/\($0)/MTD_TL.xml") }
    if names.isEmpty, VirtualFile.isDirectory(folder) {
      names = Set(
        try VirtualFile.list(folder).map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
          .filter { VirtualFile.isDirectory("\(folder)/\($0)") })
    }
    guard names.count == 1, let name = names.first else {
      throw FloeError(
        """
        '\(location.path)' has \(names.isEmpty ? "no granule" : "\(names.count) granules"); the folder GRANULE must \
        hold exactly one tile
        """
      )
    }
    return "\(folder)/\(name)"
  }

  /// The outline of the product: pairs of latitude and longitude in the metadata.
  private static func footprint(_ product: XMLNode) -> [SIMD2<Double>] {
    let numbers = (product.descendant("EXT_POS_LIST")?.text ?? "").split(whereSeparator: \.isWhitespace).compactMap {
      Double($0)
    }
    var points = stride(from: 0, to: numbers.count - 1, by: 2).map { SIMD2(numbers[$0 + 1], numbers[$0]) }
    if points.count > 1, points.first == points.last { points.removeLast() }
    return points
  }
}

/// Elements of one metadata file by name, at any depth.
struct MetadataFields {
  let root: XMLNode
  let file: String
  init(_ root: XMLNode, file: String) {
    self.root = root
    self.file = file
  }
  /// The text of the first of the names that is there and not empty.
  func text(_ names: String...) -> String? {
    for name in names { if let text = root.descendant(name)?.text, !text.isEmpty { return text } }
    return nil
  }
  /// The number in the first of the names that is there.
  func number(_ names: String...) throws -> Double {
    for name in names {
      guard let node = root.descendant(name) else { continue }
      guard let value = node.number, value.isFinite else {
        throw FloeError("'\(file)' gives '\(node.text)' as \(name); a number is needed")
      }
      return value
    }
    throw FloeError("'\(file)' has no \(names.first ?? "number"); it is not the metadata of a whole Sentinel-2 product")
  }
}
