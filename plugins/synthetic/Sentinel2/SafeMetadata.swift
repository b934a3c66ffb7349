import FloeSDK

/// The XML files of a product, with the elements that readers use.
struct SafeMetadata {
  let product: SafeProduct

  private var isL1C: Bool { product.level == "L1C" }
  private var levelText: String { isL1C ? "Level-1C" : "Level-2A" }
  private static let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n"

  /// `MTD_MSIL1C.xml` or `MTD_MSIL2A.xml`.
  func productFile() throws -> String {
    let p = product
    let start = p.sensing.iso8601
    let files = p.bands.map { "            <IMAGE_FILE>\(p.imageFile($0))</IMAGE_FILE>" }.joined(separator: "\n")
    // Readers take a list of bands as the sign of a product that holds only some of them.
    let bandList =
      p.bands.count == MSIBand.all.count || !isL1C
      ? ""
      : "\n        <Band_List>\n" + p.bands.map { "          <BAND_NAME>\($0.metadataName)</BAND_NAME>\n" }.joined()
        + "        </Band_List>"
    return Self.head + """
      <n1:\(levelText)_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_\(levelText).xsd">
        <n1:General_Info>
          <Product_Info>
            <PRODUCT_START_TIME>\(start)</PRODUCT_START_TIME>
            <PRODUCT_STOP_TIME>\(start)</PRODUCT_STOP_TIME>
            <PRODUCT_URI>\(p.name)</PRODUCT_URI>
            <PROCESSING_LEVEL>\(levelText)</PROCESSING_LEVEL>
            <PRODUCT_TYPE>S2MSI\(isL1C ? "1C" : "2A")</PRODUCT_TYPE>
            <PROCESSING_BASELINE>\(p.baseline)</PROCESSING_BASELINE>
            <GENERATION_TIME>\(p.generated.iso8601)</GENERATION_TIME>
            <PREVIEW_IMAGE_URL>Not applicable</PREVIEW_IMAGE_URL>
            <PREVIEW_GEO_INFO>Not applicable</PREVIEW_GEO_INFO>
            <Datatake datatakeIdentifier="\(p.datatakeID)">
              <SPACECRAFT_NAME>Sentinel-2A\(p.isSynthetic ? " (synthetic)" : "")</SPACECRAFT_NAME>
              <DATATAKE_TYPE>INS-NOBS</DATATAKE_TYPE>
              <DATATAKE_SENSING_START>\(start)</DATATAKE_SENSING_START>
              <SENSING_ORBIT_NUMBER>\(p.relativeOrbit)</SENSING_ORBIT_NUMBER>
              <SENSING_ORBIT_DIRECTION>DESCENDING</SENSING_ORBIT_DIRECTION>
            </Datatake>
            <Query_Options completeSingleTile="true">
              <PRODUCT_FORMAT>SAFE_COMPACT</PRODUCT_FORMAT>\(bandList)
            </Query_Options>
            <Product_Organisation>
              <Granule_List>
                <Granule datastripIdentifier="\(p.datastripID)" granuleIdentifier="\(p.tileID)" imageFormat="JPEG2000">
      \(files)
                </Granule>
              </Granule_List>
            </Product_Organisation>
          </Product_Info>
      \(imageCharacteristics())
        </n1:General_Info>
      \(try geometricInfo())
        <n1:Quality_Indicators_Info>
          <Cloud_Coverage_Assessment>0.0</Cloud_Coverage_Assessment>
        </n1:Quality_Indicators_Info>
      </n1:\(levelText)_User_Product>

      """
  }

  /// Special values, radiometry and spectral bands.
  private func imageCharacteristics() -> String {
    """
        <Product_Image_Characteristics>
          <Special_Values>
            <SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT>
            <SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX>
          </Special_Values>
          <Special_Values>
            <SPECIAL_VALUE_TEXT>SATURATED</SPECIAL_VALUE_TEXT>
            <SPECIAL_VALUE_INDEX>65535</SPECIAL_VALUE_INDEX>
          </Special_Values>
          <Image_Display_Order>
            <RED_CHANNEL>3</RED_CHANNEL>
            <GREEN_CHANNEL>2</GREEN_CHANNEL>
            <BLUE_CHANNEL>1</BLUE_CHANNEL>
          </Image_Display_Order>
    \(radiometry())
          <Reflectance_Conversion>
            <U>1.01776</U>
            <Solar_Irradiance_List>
    \(irradiances())
            </Solar_Irradiance_List>
          </Reflectance_Conversion>
          <Spectral_Information_List>
    \(each(spectral))
          </Spectral_Information_List>
          <REFERENCE_BAND>3</REFERENCE_BAND>
        </Product_Image_Characteristics>
    """
  }

  /// The outline in degrees, and how pixels lie.
  private func geometricInfo() throws -> String {
    """
      <n1:Geometric_Info>
        <Product_Footprint>
          <Product_Footprint>
            <Global_Footprint>
              <EXT_POS_LIST>\(try footprint())</EXT_POS_LIST>
            </Global_Footprint>
          </Product_Footprint>
          <RASTER_CS_TYPE>POINT</RASTER_CS_TYPE>
          <PIXEL_ORIGIN>1</PIXEL_ORIGIN>
        </Product_Footprint>
        <Coordinate_Reference_System>
          <GEO_TABLES version="1">EPSG</GEO_TABLES>
          <HORIZONTAL_CS_TYPE>GEOGRAPHIC</HORIZONTAL_CS_TYPE>
        </Coordinate_Reference_System>
      </n1:Geometric_Info>
    """
  }

  /// `MTD_TL.xml` of the granule.
  func tileFile() throws -> String {
    let p = product
    guard let code = p.grid.crs?.code else {
      throw FloeError("a Sentinel-2 product needs a grid in a UTM zone with an EPSG code")
    }
    let zone = code.suffix(2)
    let half = code.contains("327") ? "S" : "N"
    var sizes = ""
    var places = ""
    for resolution in [10, 20, 60] {
      guard let g = p.grid(resolution) else { continue }
      sizes +=
        """
              <Size resolution="\(resolution)">
                <NROWS>\(g.height)</NROWS>
                <NCOLS>\(g.width)</NCOLS>
              </Size>

        """
      places +=
        """
              <Geoposition resolution=\"\(resolution)\">\n        <ULX>\(Int(g.originX))</ULX>\n        <ULY>\
        \(Int(g.originY))</ULY>\n
        """
      places += "        <XDIM>\(resolution)</XDIM>\n        <YDIM>-\(resolution)</YDIM>\n      </Geoposition>\n"
    }
    let masks = p.bands.map {
      "      <MASK_FILENAME bandId=\"\($0.index)\" type=\"MSK_QUALIT\">\(p.qualityFile($0))</MASK_FILENAME>"
    }
    return Self.head + """
      <n1:\(levelText)_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_\(levelText)_Tile_Metadata.xsd">
        <n1:General_Info>
          <TILE_ID metadataLevel="Brief">\(p.tileID)</TILE_ID>
          <DATASTRIP_ID metadataLevel="Standard">\(p.datastripID)</DATASTRIP_ID>
          <DOWNLINK_PRIORITY metadataLevel="Standard">NOMINAL</DOWNLINK_PRIORITY>
          <SENSING_TIME metadataLevel="Standard">\(p.tileTime.iso8601)</SENSING_TIME>
        </n1:General_Info>
        <n1:Geometric_Info>
          <Tile_Geocoding metadataLevel="Brief">
            <HORIZONTAL_CS_NAME>WGS84 / UTM zone \(Int(zone) ?? 1)\(half)</HORIZONTAL_CS_NAME>
            <HORIZONTAL_CS_CODE>\(code)</HORIZONTAL_CS_CODE>
      \(sizes)\(places)    </Tile_Geocoding>
          <Tile_Angles metadataLevel="Standard">
            <Mean_Sun_Angle>
              <ZENITH_ANGLE unit="deg">\(p.sunZenith)</ZENITH_ANGLE>
              <AZIMUTH_ANGLE unit="deg">\(p.sunAzimuth)</AZIMUTH_ANGLE>
            </Mean_Sun_Angle>
          </Tile_Angles>
        </n1:Geometric_Info>
        <n1:Quality_Indicators_Info metadataLevel="Standard">
          <Image_Content_QI>
            <CLOUDY_PIXEL_PERCENTAGE>0.0</CLOUDY_PIXEL_PERCENTAGE>
          </Image_Content_QI>
          <Pixel_Level_QI geometry="FULL_RESOLUTION">
      \(masks.joined(separator: "\n"))
            <MASK_FILENAME type="MSK_CLASSI">\(p.classificationFile)</MASK_FILENAME>
          </Pixel_Level_QI>
        </n1:Quality_Indicators_Info>
      </n1:\(levelText)_Tile_ID>

      """
  }

  /// `manifest.safe`: what is in the folder, with sizes and checksums.
  func manifest(_ files: [(path: String, bytes: Int, md5: String)]) -> String {
    let objects = files.enumerated().map { i, file in
      let kind = file.path.hasSuffix(".xml") ? "text/xml" : "application/octet-stream"
      return """
            <dataObject ID="Object_\(i + 1)">
              <byteStream mimeType="\(kind)" size="\(file.bytes)">
                <fileLocation href="./\(file.path)" locatorType="URL"/>
                <checksum checksumName="MD5">\(file.md5)</checksum>
              </byteStream>
            </dataObject>
        """
    }
    return Self.head + """
      <xfdu:XFDU xmlns:safe="http://www.esa.int/safe/sentinel/1.1" xmlns:xfdu="urn:ccsds:schema:xfdu:1" \
      version="esa/safe/sentinel/1.1/sentinel-2/msi/archive_\(product.level.lowercased())_user_product">
        <informationPackageMap>
          <xfdu:contentUnit \
      pdiID="\(product.name)" textInfo="SENTINEL-2 MSI \(levelText) User Product" unitType="Product_\(levelText)"/>
        </informationPackageMap>
        <dataObjectSection>
      \(objects.joined(separator: "\n"))
        </dataObjectSection>
      </xfdu:XFDU>

      """
  }

  private func irradiances() -> String {
    each { band in
      "          <SOLAR_IRRADIANCE bandId=\"\(band.index)\" unit=\"W/m²/µm\">\(band.irradiance)</SOLAR_IRRADIANCE>"
    }
  }
  private func each(_ text: (MSIBand) -> String) -> String { MSIBand.all.map(text).joined(separator: "\n") }

  private func radiometry() -> String {
    let p = product
    let value =
      isL1C
      ? "      <QUANTIFICATION_VALUE unit=\"none\">\(p.quantification)</QUANTIFICATION_VALUE>"
      : """
            <QUANTIFICATION_VALUES_LIST>
              <BOA_QUANTIFICATION_VALUE unit="none">\(p.quantification)</BOA_QUANTIFICATION_VALUE>
            </QUANTIFICATION_VALUES_LIST>
      """
    guard let offset = p.offset else { return value }
    let list = isL1C ? "Radiometric_Offset_List" : "BOA_ADD_OFFSET_VALUES_LIST"
    let node = isL1C ? "RADIO_ADD_OFFSET" : "BOA_ADD_OFFSET"
    return value + "\n      <\(list)>\n" + each { "        <\(node) band_id=\"\($0.index)\">\(offset)</\(node)>" }
      + "\n      </\(list)>"
  }

  private func spectral(_ b: MSIBand) -> String {
    """
            <Spectral_Information bandId="\(b.index)" physicalBand="\(b.metadataName)">
              <RESOLUTION>\(b.resolution)</RESOLUTION>
              <Wavelength>
                <MIN unit="nm">\(Int(b.low))</MIN>
                <MAX unit="nm">\(Int(b.high))</MAX>
                <CENTRAL unit="nm">\(b.central)</CENTRAL>
              </Wavelength>
            </Spectral_Information>
    """
  }

  /// Latitude and longitude of the corners, closed, longitudes within ±180 as in real products.
  private func footprint() throws -> String {
    let corners = try GeographicOutline(of: product.grid, pointsPerEdge: 1).ring
    return (corners + corners.prefix(1)).map { "\($0.y) \(GeographicOutline.normalised($0.x))" }.joined(separator: " ")
  }
}
