import FloeIO
import FloeSDK
import Foundation
import Testing

@Suite("Synthetic scenes", .serialized)
struct SceneTests {
  @Test("The same seed gives the same numbers for one and two workers; another seed gives others")
  func reproducible() async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    // More than one tile along each side.
    let one = try await runner.scene("one", seed: 3, size: 600, workers: 1)
    let two = try await runner.scene("two", seed: 3, size: 600, workers: 2)
    let other = try await runner.scene("other", seed: 4, size: 600)
    for band in ["B02", "B04", "B11"] {
      #expect(try one.pixels(band) == two.pixels(band))
      #expect(try one.pixels(band) != other.pixels(band))
    }
    #expect(try one.classes() == two.classes())
    #expect(try Data(contentsOf: URL(fileURLWithPath: one.truth)) == Data(contentsOf: URL(fileURLWithPath: two.truth)))
  }

  @Test("Seeds that end in 0 give no lead, and nothing nearly as dark as water")
  func withoutLeads() async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    let scene = try await runner.scene("none", seed: 10)
    let classes = try scene.classes()
    let red = try scene.pixels("B04")
    #expect(!classes.contains(2))
    #expect(classes.contains(1))
    #expect(scene.body["has_leads"]?.boolValue == false)
    let ice = classes.indices.filter { classes[$0] == 1 }.map { red[$0] }
    #expect(ice.min().map { $0 > 4500 } == true)
  }

  @Test("Leads, range of numbers, edge of the swath, and land agree with the truth")
  func truth() async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    let size = 600
    let scene = try await runner.scene("usual", seed: 2, size: size)
    let classes = try scene.classes()
    let red = try scene.pixels("B04")
    let leads = classes.count { $0 == 2 }
    let ocean = classes.count { $0 != 255 }
    #expect((0.03...0.08).contains(Double(leads) / Double(ocean)))
    #expect(red.allSatisfy { $0 <= 32767 })
    #expect(red[size - 1] == 0 && red[0] > 0)
    // What has no data has none in the truth either; what else the truth lacks is land.
    #expect(zip(red, classes).allSatisfy { $0 > 0 || $1 == 255 })
    let grid = try RasterFile.open(scene.truth).spec.grid
    let mask = try PolygonRasterizer(path: scene.land, grid: grid).burn(grid.fullWindow)
    let astray = mask.indices.count { i in
      let isLand = red[i] > 0 && classes[i] == 255
      return red[i] > 0 && isLand != (mask[i] == 1)
    }
    #expect(astray == 0)
    #expect(mask.count { $0 == 1 } > size * size / 50)
    func mean(_ code: UInt8) -> Double {
      let values = zip(red, classes).filter { $0.1 == code }.map { Double($0.0) }
      return values.reduce(0, +) / Double(max(values.count, 1))
    }
    #expect(mean(2) < 3000)
    #expect(mean(1) > 6000)
    #expect(scene.body["pixels"]?["lead"]?.intValue == leads)
  }

  @Test("The folder is laid out like an official product")
  func layout() async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    let scene = try await runner.scene("layout", seed: 1, bands: "B01,B02,B11")
    #expect(scene.path.hasSuffix("/S2A_MSIL1C_20190301T235611_N0500_R116_T01WCU_20230501T014623.SAFE"))
    let expected = [
      "MTD_MSIL1C.xml", "manifest.safe", "GRANULE/L1C_T01WCU_A019275_20190301T235610/MTD_TL.xml",
      "GRANULE/L1C_T01WCU_A019275_20190301T235610/QI_DATA/MSK_CLASSI_B00.jp2",
      "GRANULE/L1C_T01WCU_A019275_20190301T235610/QI_DATA/MSK_QUALIT_B11.jp2",
      "GRANULE/L1C_T01WCU_A019275_20190301T235610/IMG_DATA/T01WCU_20190301T235611_B01.jp2",
    ]
    for file in expected { #expect(VirtualFile.exists("\(scene.path)/\(file)"), "\(file)") }
    let all = try VirtualFile.list(scene.path, recursive: true)
    #expect(!all.contains { $0.hasSuffix(".aux.xml") })
    #expect(try VirtualFile.list("\(runner.folder)/layout").filter { $0.hasPrefix(".") }.isEmpty)
    #expect(runner.surroundings.messages.records["settings"]?["scene"]?.stringValue == scene.path)
    #expect(runner.surroundings.messages.records["truth"]?.stringValue == scene.truth)
    let metadata = try XMLNode(parsing: VirtualFile.readText("\(scene.path)/MTD_MSIL1C.xml"))
    #expect(metadata.descendants("RADIO_ADD_OFFSET").map(\.text) == Array(repeating: "-1000", count: 13))
    let widths = try [("B01", 40), ("B02", 240), ("B11", 120)].map { ($1, try scene.pixels($0).count) }
    #expect(widths.allSatisfy { $0 * $0 == $1 })
    // GDAL's own driver opens the product.
    let opened = try RasterFile.open("SENTINEL2_L1C:\(scene.path)/MTD_MSIL1C.xml:10m:EPSG_32601")
    #expect(opened.driver == "SENTINEL2" && opened.spec.grid.width == 240 && opened.spec.grid.originY == 7_900_020)
  }

  @Test("Wrapped pixels come out as they went in, at both levels", arguments: ["L1C", "L2A"])
  func wrapping(level: String) async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    let grid = try #require(
      Grid(
        width: 130, height: 70, originX: 500_000, originY: 7_800_000, pixelWidth: 10, pixelHeight: 10,
        crs: try CRSFactory.make("EPSG:32622")))
    let values = (0..<UInt16(2 * 130 * 70)).map { $0 }
    let image = Raster(
      RasterSpec(grid: grid, bands: [BandSpec(name: "B02"), BandSpec(name: "B04")], type: .uint16),
      source: MemorySource(PixelBlock(window: grid.fullWindow, bandCount: 2, values: .uint16(values))))
    let body = try await runner.run(
      "synthetic.wrap_sentinel2", ["folder": runner.folder + "/wrapped", "level": level, "tile": "22WEV"],
      ports: ["image": [.raster(image)]])
    let path = try #require(body["scene"]?.stringValue)
    let files = try VirtualFile.list(path, recursive: true).filter { $0.contains("_B04") && $0.contains("IMG_DATA") }
    let file = try RasterFile.open("\(path)/\(try #require(files.first))")
    #expect(try file.raster.read(grid.fullWindow).values == .uint16(Array(values.dropFirst(130 * 70))))
    #expect(file.spec.grid == grid)
    #expect(VirtualFile.exists("\(path)/MTD_MSI\(level).xml"))
  }

  @Test("Mistakes are refused with the value and what would be right")
  func refusals() throws {
    let factory = try StepRunner.factory("synthetic.sentinel2")
    for (given, word) in [
      (["size": "1000"], "multiple of 60"), (["bands": "B02,B99"], "B99"), (["variant": "no_leed"], "no_lead"),
    ] {
      let parameters = given.merging(["folder": "x"]) { a, _ in a }.mapValues { ParameterLiteral.text($0) }
      let error = #expect(throws: BindingErrors.self) { _ = try factory.bind(parameters: parameters, ports: [:]) }
      #expect(error?.errors.contains { $0.message.contains(word) } == true)
    }
    for f in StepRunner.factories { #expect(f.declaration.inconsistencies().isEmpty) }
  }
}
