import FloeIO
import FloeSDK
import Foundation
import Sentinel2
import Testing

/// Real products' metadata, where it is at hand.
enum RealData {
  static let folder: String =
    ProcessInfo.processInfo.environment["FLOE_REAL_DATA"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../shared/data")
    .standardized.path
  static let metadata = folder + "/s2_metadata"
  static let l1c = metadata + "/S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248.SAFE"
  static let l2a = metadata + "/S2B_MSIL2A_20220413T150759_N0400_R025_T33XWJ_20220414T082126.SAFE"
  static var isThere: Bool { FileManager.default.fileExists(atPath: metadata) }
}

extension Sentinel2Tests {
  @Suite struct ProductTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test(.enabled(if: RealData.isThere)) func readsARealProductWithoutOffsets() throws {
      let reader = Sentinel2Reader()
      #expect(reader.recognises(RealData.l1c) && reader.recognises(RealData.l1c + "/MTD_MSIL1C.xml"))
      let product = try reader.describe(RealData.l1c)
      #expect(product.kind == "Sentinel-2 MSI L1C")
      #expect(product.name == "S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248")
      #expect(product.start == UTCTime("2021-09-08T04:27:01.024Z"))
      #expect(product.acquisition.time == UTCTime("2021-09-08T04:40:48.758475Z"))
      #expect(product.acquisition.platform == "Sentinel-2A" && product.acquisition.baseline == "03.01")
      #expect(product.acquisition.sunZenith == 26.4931642669439 && product.acquisition.sunAzimuth == 142.987598836457)
      #expect(product.bands.count == 13 && product.bands.allSatisfy { $0.offset == 0 && $0.scale == 1e-4 })
      #expect(
        product.bands.map(\.wavelength)
          == [442.7, 492.7, 559.8, 664.6, 704.1, 740.5, 782.8, 832.8, 864.7, 945.1, 1373.5, 1613.7, 2202.4])
      #expect(product.footprint.first == SIMD2(93.43341763893636, 28.023673957735582))
      #expect(product.facts.first { $0.name == "tile" }?.text == "T46RER")
      #expect(product.facts.first { $0.name == "cloud cover" }?.text == "88.2972 %")
      #expect(product.facts.first { $0.name == "relative orbit" }?.text == "133 (descending)")
      #expect(product.facts.first { $0.name == "reference system" }?.text == "EPSG:32646")
    }

    @Test(.enabled(if: RealData.isThere)) func readsARealProductWithOffsetsAndALowSun() throws {
      let product = try Sentinel2Reader().describe(RealData.l2a)
      #expect(product.kind == "Sentinel-2 MSI L2A")
      #expect(product.acquisition.time == UTCTime("2022-04-13T15:08:07.846358Z"))
      #expect(product.acquisition.platform == "Sentinel-2B" && product.acquisition.baseline == "04.00")
      #expect(product.bands.count == 12 && !product.bands.contains { $0.name == "B10" })
      #expect(product.bands.allSatisfy { $0.offset == -0.1 && $0.scale == 1e-4 })
      #expect(product.bands.first { $0.name == "B08" }?.wavelength == 833)
      #expect(product.footprint.count == 6 && product.footprint[0] == SIMD2(17.7331712786673, 80.14220060199362))
      #expect(product.warnings.contains { $0.contains("76.5°") && $0.contains("not quantitative") })
    }

    @Test func describesASyntheticProduct() throws {
      let path = try SafeWriter().write(in: folder.path)
      let product = try Sentinel2Reader().describe(path)
      #expect(product.facts.first { $0.name == "bands with images" }?.text == "B01, B02, B03, B04, B05, B08")
      #expect(product.facts.first { $0.name == "radiometric offset" }?.text == "-1000 for all bands")
      #expect(product.footprint == [SIMD2(-180, 73), SIMD2(-176, 73), SIMD2(-176, 72), SIMD2(-180, 72)])
      #expect(!Sentinel2Reader().recognises(folder.path + "/nothing") && !Sentinel2Reader().recognises(#filePath))
    }

    @Test func refusesWhatIsNoProduct() async throws {
      #expect(await refusal(folder.path + "/none").contains("there is no Sentinel-2 product"))
      #expect(await refusal(folder.path).contains("is neither in it nor in a .SAFE folder"))
      let text = folder.path + "/plain.txt"
      try "x".write(toFile: text, atomically: true, encoding: .utf8)
      #expect(await refusal(text).contains("is not a Sentinel-2 product"))
      let broken = folder.path + "/broken.zip"
      try "PK no archive".write(toFile: broken, atomically: true, encoding: .utf8)
      #expect(await refusal(broken).contains("broken.zip"))
    }

    @Test func refusesBrokenProducts() async throws {
      let writer = SafeWriter()
      let path = try writer.write(in: folder.path)
      let files = FileManager.default
      let metadata = path + "/MTD_MSIL1C.xml"
      let tile = "\(path)/\(writer.granule)/MTD_TL.xml"
      let band = "\(path)/\(writer.bandFile("B03", 10)).jp2"
      func with(_ file: String, _ bytes: Data?, _ parameters: [String: String] = [:]) async throws -> String {
        let before = try Data(contentsOf: URL(fileURLWithPath: file))
        if let bytes { try bytes.write(to: URL(fileURLWithPath: file)) } else { try files.removeItem(atPath: file) }
        let sentence = await refusal(path, parameters)
        try before.write(to: URL(fileURLWithPath: file))
        return sentence
      }
      #expect(try await with(metadata, nil).contains("MTD_MSIL1C.xml or MTD_MSIL2A.xml is neither in it"))
      #expect(try await with(metadata, Data("not <xml".utf8)).contains("is not XML"))
      #expect(try await with(tile, nil).contains("MTD_TL.xml' is missing"))
      #expect(try await with(tile, Data("<a/>".utf8)).contains("HORIZONTAL_CS_CODE"))
      #expect(try await with(band, nil).contains("of band B03 is missing"))
      #expect(try await with(band, Data()).contains("of band B03 is empty (0 bytes)"))
      let whole = try Data(contentsOf: URL(fileURLWithPath: band))
      #expect(try await with(band, whole.prefix(whole.count / 2)).contains("_B03.jp2' cannot be read"))
      let other = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(writer.bandFile("B05", 20)).jp2"))
      #expect(try await with(band, other).contains("is 120 x 120 pixels; at 10 m the metadata says 240 x 240"))
      #expect(await refusal(path) == "")
    }

    @Test func refusesGapsInTheOffsets() async throws {
      var writer = SafeWriter()
      writer.offsets?[3] = nil
      let gap = try writer.write(in: folder.path)
      #expect(await refusal(gap).contains("none for B04 (band_id 3)"))
      #expect(await refusal(gap, ["bands": "B02"]) == "")
      writer.offsets = nil
      try writer.productMetadata.write(toFile: gap + "/MTD_MSIL1C.xml", atomically: true, encoding: .utf8)
      #expect(await refusal(gap).contains("no list of radiometric offsets although its processing baseline is 04.00"))
    }

    @Test func refusesWrongParameters() async throws {
      let path = try SafeWriter().write(in: folder.path)
      let unknown = await refusal(path, ["bands": "B02,B13"])
      #expect(unknown.contains("no band 'B13' (did you mean 'B") && unknown.contains("B8A"))
      #expect(await refusal(path, ["bands": "B02,b2"]).contains("B02 twice"))
      #expect(await refusal(path, ["bands": "B11"]).contains("band B11 has no image file"))
      #expect(await refusal(path, ["masks": "snow"]).contains("must be one of opaque_cloud"))
      #expect(await refusal(path, ["masks": "shadow"]).contains("only L2A"))
      #expect(await refusal(path, ["masks": "cirrus"]).contains("lists no mask file for cirrus"))
      #expect(await refusal(path, ["box": "1,2,3"]).contains("west, south, east, north"))
      #expect(await refusal(path, ["window": "0,0,0,5"]).contains("positive size"))
    }

    @Test func warnsOfALowSun() async throws {
      var writer = SafeWriter()
      writer.sunZenith = 82.34
      let result = try await stack(try writer.write(in: folder.path), ["bands": "B02"])
      #expect(result.warnings.count == 1 && result.warnings[0].contains("82.3°"))
    }
  }
}
