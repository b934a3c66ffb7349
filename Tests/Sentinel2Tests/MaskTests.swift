import FloeIO
import FloeSDK
import Foundation
import Testing

extension Sentinel2Tests {
  @Suite struct MaskTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func imagesOfBaseline4MaskByBand() async throws {
      var writer = SafeWriter()
      writer.pixel = { _, _, _, _ in 400 }
      writer.masks = [
        (#"type="MSK_CLASSI""#, "MSK_CLASSI_B00.jp2"), (#"bandId="1" type="MSK_QUALIT""#, "MSK_QUALIT_B02.jp2"),
        (#"bandId="3" type="MSK_QUALIT""#, "MSK_QUALIT_B04.jp2"),
      ]
      let path = try writer.write(in: folder.path)
      let quality = "\(path)/\(writer.granule)/QI_DATA"
      // 60 m, three bands: cloud in column 0, cirrus in column 1.
      var classes = [UInt8](repeating: 0, count: 3 * 40 * 40)
      for r in 0..<40 {
        classes[r * 40] = 1
        classes[1600 + r * 40 + 1] = 1
      }
      try writer.writeMask(classes, size: 40, bands: 3, to: quality + "/MSK_CLASSI_B00.jp2")
      // One band of bits: 16 defective, 128 saturated.
      var bits = [UInt8](repeating: 0, count: 240 * 240)
      bits[100 * 240 + 100] = 16
      bits[100 * 240 + 101] = 128
      try writer.writeMask(bits, size: 240, bands: 1, to: quality + "/MSK_QUALIT_B02.jp2")
      // Eight bands: the eighth is saturation.
      var planes = [UInt8](repeating: 0, count: 8 * 240 * 240)
      planes[7 * 240 * 240 + 100 * 240 + 102] = 1
      try writer.writeMask(planes, size: 240, bands: 8, to: quality + "/MSK_QUALIT_B04.jp2")

      let all = ["bands": "B02,B04", "masks": "opaque_cloud,cirrus,defective,saturated"]
      let result = try await stack(path, all)
      #expect(try (0..<13).map { try result.code($0, 5) } == [2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 0])
      #expect(try (99..<104).map { try result.code($0, 100) } == [0, 4, 5, 5, 0])
      #expect(try (result.dn(0, 3, 5), result.dn(1, 100, 100), result.dn(0, 50, 50)) == (0, 0, 400))
      #expect(result.dropped == ["opaque cloud": 1440, "cirrus": 1440, "defective": 1, "saturated": 2])
      // B04's mask does not count when only B02 is chosen; nothing is masked unless asked for.
      #expect(try await stack(path, ["bands": "B02", "masks": "saturated"]).dropped == ["saturated": 1])
      #expect(try await stack(path, ["bands": "B02,B04"]).dropped.isEmpty)
      // One saturated pixel of nine spoils the mean.
      #expect(try await stack(path, ["bands": "B02", "masks": "saturated", "resolution": "60"]).code(16, 16) == 5)
    }

    @Test func polygonsOfOlderBaselinesMaskByType() async throws {
      var writer = SafeWriter()
      writer.baseline = "02.07"
      writer.offsets = nil
      writer.pixel = { _, _, _, _ in 400 }
      writer.masks = [
        (#"type="MSK_CLOUDS""#, "MSK_CLOUDS_B00.gml"), (#"bandId="1" type="MSK_SATURA""#, "MSK_SATURA_B02.gml"),
      ]
      let path = try writer.write(in: folder.path)
      let quality = "\(path)/\(writer.granule)/QI_DATA"
      func feature(_ type: String, _ x: Int, _ y: Int, _ w: Int) -> String {
        let x = 300_000 + 10 * x
        let y = 8_100_000 - 10 * y
        let d = 10 * w
        return """
          <eop:MaskFeature \
          gml:id="\(type)-0"><eop:maskType codeSpace="urn:gs2:S2PDGS:maskType">\(type)</eop:maskType><eop:extentOf>
          <gml:Polygon \
          gml:id="p"><gml:exterior><gml:LinearRing><gml:posList srsDimension="2">\
          \(x) \(y) \(x + d) \(y) \(x + d) \(y - d) \(x) \(y - d) \(x) \(y)</gml:posList>
          </gml:LinearRing></gml:exterior></gml:Polygon></eop:extentOf></eop:MaskFeature>
          """
      }
      func document(_ features: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <eop:Mask xmlns:eop="http://www.opengis.net/eop/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" gml:id="m">
        <eop:maskMembers>\(features)</eop:maskMembers></eop:Mask>
        """
      }
      try document(feature("OPAQUE", 10, 10, 4) + feature("CIRRUS", 20, 10, 3)).write(
        toFile: quality + "/MSK_CLOUDS_B00.gml", atomically: true, encoding: .utf8)
      try document("").write(toFile: quality + "/MSK_SATURA_B02.gml", atomically: true, encoding: .utf8)
      let result = try await stack(path, ["bands": "B02", "masks": "opaque_cloud,cirrus,saturated"])
      #expect(result.dropped == ["opaque cloud": 16, "cirrus": 9])
      #expect(try (result.code(10, 10), result.code(13, 13), result.code(14, 13), result.code(20, 10)) == (2, 2, 0, 3))
      #expect(try await stack(path, ["bands": "B02", "masks": "cirrus"]).dropped == ["cirrus": 9])
      #expect(result.image.spec.bands[0].offset == 0)
      #expect(result.image.spec.tags["offset_applied"] == "none in the product")
    }

    @Test func sceneClassificationOfLevel2() async throws {
      var writer = SafeWriter()
      writer.level = "L2A"
      writer.pixel = { _, resolution, _, _ in UInt16(resolution * 10) }
      writer.bands = [("B02", 10), ("B02", 20), ("B05", 20), ("B02", 60), ("B01", 60)]
      let path = try writer.write(in: folder.path)
      var classes = [UInt8](repeating: 6, count: 120 * 120)
      for (i, value) in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].enumerated() { classes[i] = UInt8(value) }
      try writer.writeMask(classes, size: 120, bands: 1, to: "\(path)/\(writer.bandFile("SCL", 20)).jp2")
      #expect(await refusal(path, ["bands": "B02", "masks": "cirrus"]).contains("no scene classification"))
      writer.bands.append(("SCL", 20))
      try writer.productMetadata.write(toFile: path + "/MTD_MSIL2A.xml", atomically: true, encoding: .utf8)
      let result = try await stack(
        path, ["bands": "B02,B05", "resolution": "20", "masks": "opaque_cloud,cirrus,defective,shadow"])
      #expect(try (0..<12).map { try result.code($0, 0) } == [0, 4, 0, 7, 0, 0, 0, 0, 2, 2, 3, 0])
      // The file of the resolution asked for is taken: no resampling.
      #expect(result.image.spec.tags["resampling"] == "B02: 20 m; B05: 20 m")
      #expect(try result.dn(0, 50, 50) == 200)
      #expect(try await stack(path, ["bands": "B02", "masks": "cirrus"]).dropped == ["cirrus": 4])
      #expect(await refusal(path, ["bands": "B02,B10"]).contains("L2A has no B10"))
    }

    @Test func landIsLeftOut() async throws {
      var writer = SafeWriter()
      writer.pixel = { _, _, c, _ in c == 0 ? 0 : 400 }
      let path = try writer.write(in: folder.path)
      let land = folder.path + "/land.geojson"
      let ring = "[[299990,8100010],[300050,8100010],[300050,8099950],[299990,8099950],[299990,8100010]]"
      try """
      {"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32601"}},"features":[
      {"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[\(ring)]}}]}
      """.write(toFile: land, atomically: true, encoding: .utf8)
      let result = try await stack(path, ["bands": "B02", "land": land])
      #expect(result.dropped == ["no data in a chosen band": 240, "land": 20])
      #expect(try (result.code(0, 0), result.code(1, 0), result.code(4, 4), result.code(5, 4)) == (1, 6, 6, 0))
      #expect(await refusal(path, ["land": folder.path + "/none.shp"]).contains("does not exist"))
    }
  }
}
