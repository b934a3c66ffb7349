import FloeIO
import FloeSDK
import Foundation
import Testing

@Suite("Winter scenes", .serialized)
struct WinterSceneTests {
  private static let winter = ["world": "winter"]

  private func scene(
    _ runner: StepRunner, _ name: String, size: Int = 600, seed: Int = 3, bands: String = "B02,B04", workers: Int = 2,
    _ more: [String: String] = [:]
  ) async throws -> Scene {
    let given = ["folder": "\(runner.folder)/\(name)", "size": "\(size)", "scene_seed": "\(seed)", "bands": bands]
    return Scene(
      body: try await runner.run(
        "synthetic.sentinel2", given.merging(Self.winter) { a, _ in a }.merging(more) { _, b in b }, workers: workers))
  }

  private func details(_ scene: Scene) throws -> [[UInt16]] {
    let file = try RasterFile.open(try #require(scene.body["details"]?.stringValue))
    return try (0..<4).map { band in
      guard case .uint16(let values) = try file.raster.read(file.spec.grid.fullWindow, bands: [band]).values else {
        throw FloeError("not uint16")
      }
      return values
    }
  }

  @Test("The same seed gives the same numbers for one and two workers; another seed gives others")
  func reproducible() async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    // More than one tile along each side, so that the blur crosses their borders.
    let one = try await scene(runner, "one", bands: "B01,B04,B11", workers: 1)
    let two = try await scene(runner, "two", bands: "B01,B04,B11", workers: 2)
    let other = try await scene(runner, "other", seed: 4, bands: "B04")
    for band in ["B01", "B04", "B11"] { #expect(try one.pixels(band) == two.pixels(band)) }
    #expect(try details(one) == details(two))
    #expect(try one.classes() == two.classes())
    #expect(try one.pixels("B04") != other.pixels("B04"))
  }

  @Test("Leads cover what was asked for, whatever the share", arguments: [0.05, 0.5, 3])
  func share(percent: Double) async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    let made = try await scene(
      runner, "share", size: 1200, bands: "B04",
      ["lead_percent": "\(percent)", "thin_ice_percent": "0", "lead_thickness": "0"])
    let d = try details(made)
    let truth = try made.classes()
    var area = 0.0
    var sea = 0
    for i in truth.indices where truth[i] != 255 {
      sea += 1
      if d[0][i] > 0 { area += Double(d[3][i]) / 100 }
    }
    // Land and the swath's edge take a part of the square with the leads in it.
    #expect((0.5...1.6).contains(area / Double(sea) / (percent / 100)))
    // Truth is lead where an opening covers half of a pixel or more.
    for i in truth.indices where truth[i] != 255 {
      if (truth[i] == 2) && d[3][i] < 50 || (truth[i] == 1) && d[0][i] > 0 && d[3][i] > 50 && d[2][i] < 5 {
        Issue.record("pixel \(i): code \(truth[i]), share \(d[3][i])")
        return
      }
    }
  }

  @Test("Widths follow the power law that was asked for", arguments: [1.4, 2.0, 2.6])
  func widths(exponent: Double) async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    let made = try await scene(
      runner, "widths", size: 1800, bands: "B04",
      ["lead_percent": "4", "thin_ice_percent": "0", "width_exponent": "\(exponent)", "widest_lead": "600"])
    let d = try details(made)
    var widest: [UInt16: Double] = [:]
    for i in d[0].indices where d[0][i] > 0 && d[0][i] != 65_535 {
      widest[d[0][i]] = max(widest[d[0][i]] ?? 0, Double(d[1][i]))
    }
    // Maximum likelihood of a truncated power law between 20 and 200 m, by bisection on its derivative.
    let low = 20.0
    let high = 200.0
    let logs = widest.values.filter { $0 >= low && $0 <= high }.map { log($0 / low) }
    let mean = logs.reduce(0, +) / Double(logs.count)
    let span = log(high / low)
    func expected(_ a: Double) -> Double {
      let b = a - 1
      return abs(b) < 1e-6 ? span / 2 : 1 / b - span / (exp(b * span) - 1)
    }
    var near = 0.2
    var far = 6.0
    for _ in 0..<60 { if expected((near + far) / 2) > mean { near = (near + far) / 2 } else { far = (near + far) / 2 } }
    #expect(logs.count > 50)
    #expect(abs(near - exponent) < 0.45, "\(near) of \(logs.count) leads")
  }

  @Test("At the Nyquist frequency the picture passes what the modulation transfer function says")
  func blur() async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    let clear = ["haze": "0", "lead_percent": "4"]
    let sharp = try await scene(runner, "sharp", bands: "B08", clear.merging(["mtf": "0.64"]) { a, _ in a })
    let soft = try await scene(runner, "soft", bands: "B08", clear.merging(["mtf": "0.25"]) { a, _ in a })
    let a = try sharp.pixels("B08").map(Double.init)
    let b = try soft.pixels("B08").map(Double.init)
    let n = 600
    // Along a row the blur is 1 - 2 w, w: the sum over the columns of a strip of rows is blurred along the row alone.
    var top = 0.0
    var bottom = 0.0
    for r in 2..<398 {
      for c in 102..<498 {
        func x(_ v: [Double], _ dr: Int, _ dc: Int) -> Double { v[(r + dr) * n + c + dc] }
        let curve = x(a, 0, 1) + x(a, 0, -1) + x(a, 1, 0) + x(a, -1, 0) - 4 * x(a, 0, 0)
        let cross = x(a, 1, 1) + x(a, 1, -1) + x(a, -1, 1) + x(a, -1, -1) - 2 * curve - 4 * x(a, 0, 0)
        guard abs(curve) > 2000 else { continue }
        // b - a = w curve + w² (cross - 0 ...): one step of Newton from the linear answer is plenty.
        let w = 0.152
        top += (x(b, 0, 0) - x(a, 0, 0) - w * w * (cross)) * curve
        bottom += curve * curve
      }
    }
    // blur = MTF / (2 / pi) = 1 - 4 w.
    #expect(abs(top / bottom - (1 - 0.25 * .pi / 2) / 4) < 0.02, "\(top / bottom)")
  }

  @Test("Haze takes more of the contrast in the blue than in the infrared")
  func haze() async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    func contrasts(_ haze: String) async throws -> [Double] {
      let made = try await scene(
        runner, "haze\(haze)", bands: "B02,B04,B08", ["haze": haze, "lead_percent": "4", "lead_thickness": "0"])
      let d = try details(made)
      let truth = try made.classes()
      return try ["B02", "B04", "B08"].map { band in
        let dn = try made.pixels(band)
        func mean(_ test: (Int) -> Bool) -> Double {
          let v = truth.indices.filter { truth[$0] != 255 && test($0) }.map { Double(dn[$0]) }
          return v.reduce(0, +) / Double(v.count)
        }
        return mean { d[0][$0] == 0 } - mean { d[3][$0] == 100 && d[2][$0] == 0 }
      }
    }
    let clear = try await contrasts("0")
    let hazy = try await contrasts("1")
    let kept = zip(hazy, clear).map { $0 / $1 }
    #expect(kept[0] < kept[1] - 0.01 && kept[1] < kept[2] - 0.01 && kept[2] < 1)
    // Water beside bright ice as in the real scene that the spectra are from: 0.81 - 0.22 in B02.
    #expect(abs(clear[0] / 10_000 - 0.59) < 0.06)
  }

  @Test("The swath's edge is another one in each band, and some pixels there hold 1")
  func edges() async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    let made = try await scene(runner, "edges", bands: "B02,B08,B10")
    let blue = try made.pixels("B02")
    let near = try made.pixels("B08")
    let cirrus = try made.pixels("B10")
    let truth = try made.classes()
    func end(_ v: [UInt16], _ row: Int, _ width: Int) -> Int { (0..<width).last { v[row * width + $0] > 0 } ?? -1 }
    let ends = (0..<100).map { (end(blue, $0 * 6, 600), end(near, $0 * 6, 600), end(cirrus, $0, 100) * 6) }
    #expect(ends.allSatisfy { $0.0 > $0.1 && $0.1 > $0.2 })
    for (values, width) in [(blue, 600), (near, 600), (cirrus, 100)] {
      let ones = values.indices.filter { values[$0] == 1 }
      #expect(ones.count > width / 10)
      #expect(
        ones.allSatisfy {
          $0 % width == end(values, $0 / width, width) || $0 % width + 1 == end(values, $0 / width, width)
        })
    }
    // The truth knows only where all bands do.
    #expect(truth.indices.allSatisfy { truth[$0] == 255 || (blue[$0] > 1 && near[$0] > 1) })
  }

  @Test("A winter scene without leads has none, but ice that is grey")
  func noLead() async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    let made = try await scene(runner, "none", bands: "B04", ["variant": "no_lead", "thin_ice_percent": "1"])
    let d = try details(made)
    #expect(try !made.classes().contains(2))
    #expect(
      d[2].contains { $0 >= 100 && $0 != 65_535 }
        && !d[0].indices.contains { d[0][$0] > 0 && d[0][$0] != 65_535 && d[2][$0] < 100 })
  }

  @Test("Parameters of the winter scene are refused for the simple one")
  func refusal() throws {
    let factory = try StepRunner.factory("synthetic.sentinel2")
    let error = #expect(throws: BindingErrors.self) {
      _ = try factory.bind(parameters: ["folder": .text("x"), "haze": .text("0.3")], ports: [:])
    }
    #expect(error?.errors.contains { $0.parameter == "haze" && $0.message.contains("winter") } == true)
  }

  @Test("Scores by width: found, narrow, missed; Wilson's interval")
  func scores() async throws {
    let runner = try StepRunner()
    defer { runner.cleanUp() }
    let grid = try #require(
      Grid(
        width: 12, height: 6, originX: 0, originY: 0, pixelWidth: 10, pixelHeight: 10,
        crs: try CRSFactory.make("EPSG:32601")))
    // Ten leads, one a column, 25 m wide and three pixels long; the eleventh is grey ice, the last column knows
    // nothing.
    var bands = [[UInt16]](repeating: [UInt16](repeating: 0, count: 72), count: 4)
    var called = [UInt8](repeating: 1, count: 72)
    for c in 0..<11 {
      for r in 0..<3 {
        let i = r * 12 + c
        (bands[0][i], bands[1][i], bands[2][i], bands[3][i]) = (UInt16(c + 1), 25, c == 10 ? 200 : 0, 100)
        // Two of three pixels of eight leads, one of three of the others.
        called[i] = (c < 8 && r < 2) || (c >= 8 && r < 1) ? 2 : 1
      }
    }
    for r in 0..<6 { for b in 0..<4 { bands[b][r * 12 + 11] = 65_535 } }
    called[5 * 12] = 2
    let details = Raster(
      RasterSpec(
        grid: grid, bands: ["opening", "width", "thickness", "share"].map { BandSpec(name: $0, noData: 65_535) },
        type: .uint16),
      source: MemorySource(PixelBlock(window: grid.fullWindow, bandCount: 4, values: .uint16(bands.flatMap { $0 }))))
    let predicted = Raster(
      RasterSpec(grid: grid, bands: [BandSpec(name: "class", noData: 255)], type: .uint8),
      source: MemorySource(PixelBlock(window: grid.fullWindow, bandCount: 1, values: .uint8(called))))
    let body = try await runner.run(
      "synthetic.score_leads", [:], ports: ["details": [.raster(details)], "predicted": [.raster(predicted)]],
      output: "score")
    let tables = try #require(body["detection"]?.arrayValue)
    let width = try #require(tables[0]["rows"]?.arrayValue)
    #expect(width.count == 1 && width[0]["label"]?.stringValue == "20 to 30 m")
    #expect(width[0]["count"]?.intValue == 10 && width[0]["found"]?.intValue == 8)
    // Wilson's interval of 8 in 10, as in Brown, Cai and DasGupta (2001) and in any table.
    #expect(
      abs((width[0]["low"]?.doubleValue ?? 0) - 0.4902) < 5e-5
        && abs((width[0]["high"]?.doubleValue ?? 0) - 0.9433) < 5e-5)
    let stages = try #require(tables[1]["rows"]?.arrayValue)
    #expect(stages.map { $0["count"]?.intValue } == [30, 0, 0, 0, 3, 33])
    #expect(stages.map { $0["found"]?.intValue } == [18, 0, 0, 0, 1, 1])
  }
}
