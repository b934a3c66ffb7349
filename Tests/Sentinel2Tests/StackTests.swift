import FloeIO
import FloeSDK
import Foundation
import Testing

/// GDAL's configuration and virtual files belong to the whole process: one test at a time.
@Suite(.serialized) struct Sentinel2Tests {}

extension Sentinel2Tests {
  @Suite struct StackTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func bandsKeepTheirNumbersAndTakeScaleAndOffsetFromTheMetadata() async throws {
      var writer = SafeWriter()
      writer.offsets?[1] = -900
      let path = try writer.write(in: folder.path)
      let result = try await stack(path, ["bands": "b2,B04"])
      let spec = result.image.spec
      #expect(spec == result.planned)
      #expect(spec.bands.map(\.name) == ["B02", "B04"])
      #expect(spec.bands.map(\.scale) == [1e-4, 1e-4])
      #expect(spec.bands.map(\.offset) == [-0.09, -0.1])
      #expect(spec.bands.map(\.wavelength) == [450, 470])
      #expect(spec.bands.allSatisfy { $0.noData == 0 && $0.quantity == "reflectance" && $0.unit == .dimensionless })
      #expect(spec.grid.crs?.code == "EPSG:32601")
      #expect(
        (spec.grid.width, spec.grid.height, spec.grid.originX, spec.grid.originY) == (240, 240, 300_000, 8_100_000))
      #expect(spec.acquisition?.time == UTCTime("2019-03-01T23:56:10.458Z"))
      #expect(spec.acquisition?.platform == "Sentinel-2A")
      #expect(spec.acquisition?.sunZenith == 60)
      #expect(spec.tags["add_offset"] == "B02=-900,B04=-1000")
      #expect(spec.style == .ramp(band: "B02", low: nil, high: nil))
      #expect(try result.dn(1, 5, 3) == 1 + 21 + 5)
      #expect(try result.code(5, 3) == 0)
      let raw = try await stack(path, ["bands": "B04", "units": "dn"])
      #expect(
        raw.image.spec.bands[0].scale == 1 && raw.image.spec.bands[0].offset == 0
          && raw.image.spec.bands[0].quantity == "DN")
    }

    @Test func anyBandWithoutDataBlanksThePixelInAllBands() async throws {
      var writer = SafeWriter()
      writer.pixel = { band, _, c, r in band == "B03" && r < 10 ? 0 : band == "B04" && c == 7 ? 0 : 500 }
      let result = try await stack(try writer.write(in: folder.path), ["bands": "B02,B03,B04"])
      #expect(try [0, 1, 2].map { try result.dn($0, 100, 9) } == [0, 0, 0])
      #expect(try [0, 1, 2].map { try result.dn($0, 7, 50) } == [0, 0, 0])
      #expect(try [0, 1, 2].map { try result.dn($0, 8, 50) } == [500, 500, 500])
      #expect(try result.code(100, 9) == 1)
      let blank = 10 * 240 + 230
      #expect(result.dropped == ["no data in a chosen band": blank])
      #expect(result.records["areas"]?["valid"]?["pixels"]?.intValue == 240 * 240 - blank)
      #expect(result.records["areas"]?["no_data"]?["km2"]?.doubleValue == Double(blank) * 1e-4)
      #expect(result.image.spec.style == .composite(red: "B04", green: "B03", blue: "B02"))
    }

    @Test func finerBandsAreAveragedWithoutNoDataAndCoarserOnesRepeated() async throws {
      var writer = SafeWriter()
      writer.pixel = { band, _, c, r in
        band == "B02" ? (c % 2 == 1 ? 0 : UInt16(100 + 10 * r)) : UInt16(11 + c + 100 * (r % 50))
      }
      let path = try writer.write(in: folder.path)
      // 2 x 2 pixels: the two of the left column are 100 + 10 r and 110 + 10 r, the right ones have no data.
      let average = try await stack(path, ["bands": "B02,B05", "resolution": "20"])
      #expect((average.image.spec.grid.width, average.image.spec.grid.pixelWidth) == (120, 20))
      #expect(try average.dn(0, 10, 4) == 185)
      #expect(try average.dn(1, 10, 4) == 11 + 10 + 400)
      #expect(average.image.spec.tags["resampling"] == "B02: 10 m, average; B05: 20 m")
      // The centre of a 20 m pixel is a corner of four: the lower right one, here without data.
      let nearest = try await stack(path, ["bands": "B02", "resolution": "20", "downsampling": "nearest"])
      #expect(try nearest.dn(0, 10, 4) == 0)
      let fine = try await stack(path, ["bands": "B05,B03"])
      #expect(try (fine.dn(0, 20, 8), fine.dn(0, 21, 9), fine.dn(0, 22, 9)) == (421, 421, 422))
      // Centre of column 21 at 10 m: a quarter pixel of 20 m right of the centre of column 10.
      let smooth = try await stack(path, ["bands": "B05", "upsampling": "bilinear"])
      #expect(try smooth.dn(0, 21, 9) == Int((421 + 0.25 + 25).rounded()))
      let coarse = try await stack(path, ["bands": "B03", "resolution": "60"])
      let mean = (0..<6).flatMap { r in (0..<6).map { c in 11 + c + 100 * r } }.reduce(0, +)
      #expect(try coarse.dn(0, 0, 0) == (mean + 18) / 36)
    }

    @Test func quickLooksAreDecodedReduced() async throws {
      var writer = SafeWriter()
      writer.size = 960
      writer.bands = [("B02", 10), ("B05", 20), ("B01", 60)]
      writer.pixel = { _, _, c, _ in c < 10 ? 300 : 700 }
      let path = try writer.write(in: folder.path)
      let result = try await stack(path, ["bands": "B02,B05,B01", "resolution": "40"])
      #expect(result.image.spec.grid.width == 240)
      #expect(
        result.image.spec.tags["resampling"]
          == """
          B02: 10 m decoded at reduced resolution 40 m; B05: 20 m decoded at reduced resolution 40 m; B01: 60 m, \
          nearest
          """
      )
      #expect(try [0, 1, 2].map { try result.dn($0, 200, 100) } == [700, 700, 700])
      #expect(await refusal(path, ["bands": "B02", "resolution": "30"]).contains("can be had at 10, 20, 40, 60, 80"))
    }

    /// Dark water may hold single zeros, which leave their neighbours alone.
    @Test func quickLooksKeepDarkWater() async throws {
      var writer = SafeWriter()
      writer.size = 1200
      writer.bands = [("B02", 10)]
      // One pixel of the reduced image in ten rows and columns is 0.
      writer.pixel = { _, _, c, r in c / 80 % 10 == 5 && r / 80 % 10 == 5 ? 0 : 3 }
      let path = try writer.write(in: folder.path)
      let result = try await stack(path, ["bands": "B02", "resolution": "80"])
      let grid = result.image.spec.grid
      guard case .uint16(let all) = try result.image.read(grid.fullWindow).values else {
        throw FloeError("not 16 bits")
      }
      #expect(all.count { $0 == 0 } < grid.pixelCount / 10)
    }

    /// The low pass mixes 0 and 800 at the edge of the data; none of these mixtures is left, whatever the part that is
    /// read.
    @Test func quickLooksHaveNoDarkEdge() async throws {
      var writer = SafeWriter()
      writer.size = 1200
      writer.bands = [("B02", 10), ("B05", 20)]
      writer.pixel = { _, resolution, c, r in
        let metres = resolution * (c + r / 2)
        return metres < 5000 ? 0 : 800
      }
      let path = try writer.write(in: folder.path)
      let result = try await stack(path, ["bands": "B02,B05", "resolution": "80"])
      let grid = result.image.spec.grid
      guard case .uint16(let all) = try result.image.read(grid.fullWindow).values else {
        throw FloeError("not 16 bits")
      }
      let kept = all.filter { $0 != 0 }
      #expect(kept.allSatisfy { $0 > 760 && $0 < 840 } && kept.count > grid.pixelCount / 2)
      #expect(result.dropped == ["no data in a chosen band": grid.pixelCount - kept.count / 2])
      let one = try await stack(path, ["bands": "B02,B05", "resolution": "80"], workers: 1, memory: 0)
      #expect(try one.image.read(grid.fullWindow).values == .uint16(all))
      let window = PixelWindow(column: 50, row: 31, width: 21, height: 33)
      let part = try await stack(path, ["bands": "B02,B05", "resolution": "80", "window": "50,31,21,33"])
      #expect(try part.image.read(part.image.spec.grid.fullWindow).values == result.image.read(window).values)
    }

    @Test func partsOfTheSceneByPixelAndByBox() async throws {
      let path = try SafeWriter().write(in: folder.path)
      let part = try await stack(path, ["bands": "B02", "window": "30,20,50,40"])
      #expect((part.image.spec.grid.width, part.image.spec.grid.height) == (50, 40))
      #expect((part.image.spec.grid.originX, part.image.spec.grid.originY) == (300_300, 8_099_800))
      #expect(try part.dn(0, 2, 3) == 1 + 23 * 7 + 32)
      #expect(await refusal(path, ["window": "200,0,50,50"]).contains("reaches beyond the scene of 240 x 240 pixels"))
      // The box about four pixels near the middle, from their corners.
      let utm = try CRSFactory.make("EPSG:32601")
      let transform = try CoordinateTransform(from: utm, to: .wgs84)
      let a = try present(transform.point(301_105, 8_098_895))
      let b = try present(transform.point(301_195, 8_098_805))
      let box = [a.x, b.y, b.x, a.y].map { String($0) }.joined(separator: ",")
      let boxed = try await stack(path, ["bands": "B02", "box": box])
      let grid = boxed.image.spec.grid
      #expect(abs(grid.originX - 301_100) <= 10 && abs(grid.originY - 8_098_900) <= 10)
      #expect((10...12).contains(grid.width) && (10...12).contains(grid.height))
      #expect(await refusal(path, ["box": "10,50,11,51"]).contains("does not touch the scene"))
      let whole = try await stack(path, ["bands": "B02", "box": "170,70,-170,75"])
      #expect(whole.image.spec.grid.width == 240 && whole.image.spec.grid.height == 240)
    }

    @Test func aBoxAcrossTheDateLineTakesItsPart() async throws {
      // At 73 N the meridian of 180° lies at the west edge of zone 1: x = 402 km.
      var writer = SafeWriter()
      writer.origin = (x: 401_000, y: 8_103_000)
      let path = try writer.write(in: folder.path)
      let transform = try CoordinateTransform(from: try CRSFactory.make("EPSG:32601"), to: .wgs84)
      let left = try present(transform.point(401_100, 8_102_000))
      #expect(left.x < 180)
      let east = left.x + 0.01
      let box = "\(left.x),72,\(east > 180 ? east - 360 : east),74"
      let part = try await stack(path, ["bands": "B02", "box": box])
      #expect(part.image.spec.grid.width < 120 && part.image.spec.grid.height == 240)
    }

    @Test func sameBytesForAnyWorkersAndMemory() async throws {
      var writer = SafeWriter()
      writer.size = 1200
      writer.bands = [("B02", 10), ("B05", 20)]
      writer.pixel = { _, _, c, r in UInt16(truncatingIfNeeded: (c &* 31 ^ r &* 17) & 0xfff) }
      let path = try writer.write(in: folder.path)
      let one = try await stack(path, ["bands": "B02,B05"], workers: 1)
      let two = try await stack(path, ["bands": "B02,B05"], workers: 2, memory: 0)
      #expect(try one.image.read(one.image.spec.grid.fullWindow) == two.image.read(two.image.spec.grid.fullWindow))
      // A window in the middle holds the same pixels as the whole.
      let part = try await stack(path, ["bands": "B02,B05", "window": "1000,1010,60,70"])
      #expect(
        try part.image.read(part.image.spec.grid.fullWindow).values
          == one.image.read(PixelWindow(column: 1000, row: 1010, width: 60, height: 70)).values)
    }

    @Test(arguments: ["stored", "deflated"]) func aZipGivesTheSamePixels(kind: String) async throws {
      let writer = SafeWriter()
      let path = try writer.write(in: folder.path)
      let script = """
        import sys, os, zipfile
        folder, name, out, kind = sys.argv[1:]
        z = zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED if kind == 'deflated' else zipfile.ZIP_STORED)
        for base, _, files in os.walk(os.path.join(folder, name)):
            for f in files: z.write(os.path.join(base, f), os.path.relpath(os.path.join(base, f), folder))
        z.close()
        """
      let archive = "\(folder.path)/\(kind).zip"
      let zip = Process()
      zip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      zip.arguments = ["python3", "-c", script, folder.path, writer.name, archive, kind]
      try zip.run()
      zip.waitUntilExit()
      try #require(zip.terminationStatus == 0)
      let inside = try await stack(archive)
      let plain = try await stack(path)
      #expect(
        try inside.image.read(inside.image.spec.grid.fullWindow) == plain.image.read(plain.image.spec.grid.fullWindow))
      #expect(inside.image.spec == plain.image.spec)
    }
  }
}
