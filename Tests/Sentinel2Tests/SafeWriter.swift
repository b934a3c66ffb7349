import FloeIO
import FloeSDK
import Foundation

/// Writes small products with calculated pixels and metadata of the official shape.
struct SafeWriter {
  var level = "L1C"
  var baseline = "04.00"
  /// Offsets by band_id; nil writes no list.
  var offsets: [Int: Int]? = Dictionary(uniqueKeysWithValues: (0..<13).map { ($0, -1000) })
  var sunZenith = 60.0
  /// Pixels of the tile at 10 m; a multiple of 6.
  var size = 240
  var code = "EPSG:32601"
  var origin = (x: 300_000.0, y: 8_100_000.0)
  /// `(band, resolution, column, row) -> DN`.
  var pixel: @Sendable (String, Int, Int, Int) -> UInt16 = { _, _, c, r in UInt16(1 + r * 7 + c) }
  /// Bands with their resolutions.
  var bands: [(name: String, resolution: Int)] = [
    ("B02", 10), ("B03", 10), ("B04", 10), ("B08", 10), ("B05", 20), ("B01", 60),
  ]
  /// Mask elements of the tile metadata: attributes and path under QI_DATA.
  var masks: [(attributes: String, file: String)] = []

  static let ids = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"]
  var name: String { "S2A_MSI\(level)_20190301T235611_N0400_R116_T01WCU_20190302T014622.SAFE" }
  var granule: String { "GRANULE/\(level)_T01WCU_A019275_20190301T235610" }

  func bandFile(_ band: String, _ resolution: Int) -> String {
    level == "L2A"
      ? "\(granule)/IMG_DATA/R\(resolution)m/T01WCU_20190301T235611_\(band)_\(resolution)m"
      : "\(granule)/IMG_DATA/T01WCU_20190301T235611_\(band)"
  }

  /// Writes the product into a folder and returns its path.
  func write(in folder: String) throws -> String {
    let root = folder + "/" + name
    for sub in ["IMG_DATA/R10m", "IMG_DATA/R20m", "IMG_DATA/R60m", "QI_DATA"] {
      try FileManager.default.createDirectory(atPath: "\(root)/\(granule)/\(sub)", withIntermediateDirectories: true)
    }
    try productMetadata.write(toFile: "\(root)/MTD_MSI\(level).xml", atomically: true, encoding: .utf8)
    try tileMetadata.write(toFile: "\(root)/\(granule)/MTD_TL.xml", atomically: true, encoding: .utf8)
    for (band, resolution) in bands {
      let n = size * 10 / resolution
      var values = [UInt16](repeating: 0, count: n * n)
      for r in 0..<n { for c in 0..<n { values[r * n + c] = pixel(band, resolution, c, r) } }
      try image(.uint16(values), size: n, bands: 1, to: "\(root)/\(bandFile(band, resolution)).jp2")
    }
    return root
  }

  /// Writes a mask image of several bands: `values[band][row][column]`.
  func writeMask(_ values: [UInt8], size n: Int, bands: Int, to path: String) throws {
    try image(.uint8(values), size: n, bands: bands, to: path)
  }

  private func image(_ values: PixelArray, size n: Int, bands: Int, to path: String) throws {
    let grid = try present(
      Grid(
        width: n, height: n, originX: origin.x, originY: origin.y, pixelWidth: Double(size * 10 / n),
        pixelHeight: Double(size * 10 / n), crs: CRSFactory.make(code)))
    let specs = (0..<bands).map { BandSpec(name: "band\($0 + 1)") }
    let raster = Raster(
      RasterSpec(grid: grid, bands: specs, type: values.type),
      source: MemorySource(PixelBlock(window: grid.fullWindow, bandCount: bands, values: values)))
    try writeRaster(
      raster, to: path, driver: "JP2OpenJPEG",
      creationOptions: ["QUALITY=100", "REVERSIBLE=YES", "YCBCR420=NO", "YCC=NO", "BLOCKXSIZE=1024", "BLOCKYSIZE=1024"])
  }

  var productMetadata: String {
    let images = bands.map { "<IMAGE_FILE>\(bandFile($0.name, $0.resolution))</IMAGE_FILE>" }.joined(separator: "\n")
    let list = level == "L2A" ? "BOA_ADD_OFFSET_VALUES_LIST" : "Radiometric_Offset_List"
    let tag = level == "L2A" ? "BOA_ADD_OFFSET" : "RADIO_ADD_OFFSET"
    let offsetXML =
      offsets.map { all in
        "<\(list)>"
          + all.sorted { $0.key < $1.key }.map { "<\(tag) band_id=\"\($0.key)\">\($0.value)</\(tag)>" }.joined()
          + "</\(list)>"
      } ?? ""
    let quantification =
      level == "L2A"
      ? """
      <QUANTIFICATION_VALUES_LIST><BOA_QUANTIFICATION_VALUE unit=\"none\">10000</BOA_QUANTIFICATION_VALUE>\
      </QUANTIFICATION_VALUES_LIST>
      """
      : "<QUANTIFICATION_VALUE unit=\"none\">10000</QUANTIFICATION_VALUE>"
    let spectral = Self.ids.indices.map {
      """
      <Spectral_Information bandId=\"\($0)\" physicalBand=\"x\"><Wavelength><CENTRAL \
      unit=\"nm\">\(440 + 10 * $0)</CENTRAL></Wavelength></Spectral_Information>
      """
    }.joined()
    return """
      <?xml version="1.0" encoding="UTF-8" standalone="no"?>
      <n1:Level-\(level.dropFirst())_User_Product \
      xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level.xsd">
      <n1:General_Info><Product_Info>
      <PRODUCT_START_TIME>2019-03-01T23:56:11.024Z</PRODUCT_START_TIME>\
      <PRODUCT_STOP_TIME>2019-03-01T23:56:11.024Z</PRODUCT_STOP_TIME>
      <PRODUCT_URI>\(name)</PRODUCT_URI><PROCESSING_LEVEL>Level-\(level.dropFirst())</PROCESSING_LEVEL>
      <PROCESSING_BASELINE>\(baseline)</PROCESSING_BASELINE>
      <Datatake><SPACECRAFT_NAME>Sentinel-2A</SPACECRAFT_NAME><SENSING_ORBIT_NUMBER>116</SENSING_ORBIT_NUMBER>\
      </Datatake>
      <Query_Options><PRODUCT_FORMAT>SAFE_COMPACT</PRODUCT_FORMAT></Query_Options>
      <Product_Organisation><Granule_List><Granule \
      imageFormat="JPEG2000">\(images)</Granule></Granule_List></Product_Organisation></Product_Info>
      <Product_Image_Characteristics>
      <Special_Values><SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX>\
      </Special_Values>
      \(quantification)\(offsetXML)<Spectral_Information_List>\(spectral)</Spectral_Information_List>\
      </Product_Image_Characteristics></n1:General_Info>
      <n1:Geometric_Info><Product_Footprint><EXT_POS_LIST>73 -180 73 -176 72 -176 72 -180 73 -180</EXT_POS_LIST>\
      </Product_Footprint></n1:Geometric_Info>
      <n1:Quality_Indicators_Info><Cloud_Coverage_Assessment>12.5</Cloud_Coverage_Assessment>\
      </n1:Quality_Indicators_Info>
      </n1:Level-\(level.dropFirst())_User_Product>
      """
  }

  var tileMetadata: String {
    let sizes = [10, 20, 60].map { r in
      "<Size resolution=\"\(r)\"><NROWS>\(size * 10 / r)</NROWS><NCOLS>\(size * 10 / r)</NCOLS></Size>"
        + """
        <Geoposition resolution=\"\(r)\"><ULX>\(Int(origin.x))</ULX><ULY>\(Int(origin.y))</ULY><XDIM>\(r)</XDIM>\
        <YDIM>-\(r)</YDIM></Geoposition>
        """
    }.joined()
    let maskXML = masks.map { "<MASK_FILENAME \($0.attributes)>\(granule)/QI_DATA/\($0.file)</MASK_FILENAME>" }.joined()
    return """
      <?xml version="1.0" encoding="UTF-8" standalone="no"?>
      <n1:Level-1C_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-1C_Tile_Metadata.xsd">
      <n1:General_Info><TILE_ID>S2A_OPER_MSI_L1C_TL_EPAE_20190302T014622_A019275_T01WCU_N02.07</TILE_ID>
      <SENSING_TIME metadataLevel="Standard">2019-03-01T23:56:10.458Z</SENSING_TIME></n1:General_Info>
      <n1:Geometric_Info><Tile_Geocoding><HORIZONTAL_CS_NAME>WGS84 / UTM zone 1N</HORIZONTAL_CS_NAME>\
      <HORIZONTAL_CS_CODE>\(code)</HORIZONTAL_CS_CODE>
      \(sizes)</Tile_Geocoding><Tile_Angles><Mean_Sun_Angle><ZENITH_ANGLE \
      unit="deg">\(sunZenith)</ZENITH_ANGLE>\
      <AZIMUTH_ANGLE unit="deg">181.5</AZIMUTH_ANGLE></Mean_Sun_Angle></Tile_Angles></n1:Geometric_Info>
      <n1:Quality_Indicators_Info><Pixel_Level_QI>\(maskXML)</Pixel_Level_QI></n1:Quality_Indicators_Info>
      </n1:Level-1C_Tile_ID>
      """
  }
}
