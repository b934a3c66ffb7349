import FloeIO
import FloeSDK
import Testing

/// A noisy track with known sea and freeboard: records 330 m apart northward, a lead where `isLead` says so.
private func syntheticTrack(seed: UInt64, records: Int = 4000, leadNoise: Double = 0.04, iceNoise: Double = 0.08)
  -> (table: Table, freeboard: [Double], isLead: [Bool])
{
  var random = SeededGenerator(seed: seed, stream: 1)
  let lat = (0..<records).map { 70 + Double($0) * 330 / 111_194.93 }
  var freeboard: [Double] = []
  var elevation: [Double] = []
  var isLead: [Bool] = []
  var floe = 0.25
  for i in 0..<records {
    let s = Double(i) * 330
    let sea = 0.1 * sin(s / 90_000) + 0.02 * sin(s / 9000 + 1)
    if i % 20 == 0 { floe = 0.25 + 0.08 * random.gaussian() }
    let lead = random.uniform() < 0.15
    isLead.append(lead)
    freeboard.append(lead ? 0 : floe)
    elevation.append(sea + (lead ? leadNoise * random.gaussian() : floe + iceNoise * random.gaussian()))
  }
  var table = Table(rowCount: records, geometry: .points(x: "lon", y: "lat"), crs: .wgs84)
  table.set(Column("lat", unit: .degree, values: .number(lat)))
  table.set(Column("lon", unit: .degree, values: .number(lat.map { _ in 20 })))
  table.set(Column("elevation_m", unit: .metre, values: .number(elevation)))
  table.set(Column("esa_class", classes: .seaIce, values: .code(isLead.map { $0 ? 2 : 1 }, missing: -1)))
  return (table, freeboard, isLead)
}

/// A sine by its series, good to 1e-12 over the range used: the tests import no mathematics.
private func sin(_ x: Double) -> Double {
  var y = x.remainder(dividingBy: 2 * .pi)
  if abs(y) > .pi / 2 { y = (y > 0 ? .pi : -.pi) - y }
  var term = y
  var sum = y
  for k in 1..<12 {
    term *= -y * y / Double((2 * k) * (2 * k + 1))
    sum += term
  }
  return sum
}

@Suite struct FreeboardStepTests {
  private func chain(_ table: Table, workers: Int = 2) async throws -> Table {
    let surface = try await TestRun.track("altimetry.sea_surface", table, workers: workers).track
    return try await TestRun.track("altimetry.freeboard", surface, workers: workers).track
  }

  @Test("freeboard of a known track: bias below 1 cm, one sigma holds 63 to 73 % of records", arguments: 1...4)
  func knownTruth(seed: Int) async throws {
    let made = syntheticTrack(seed: UInt64(seed))
    let track = try await chain(made.table)
    let freeboard = try track.numbers("freeboard_m")
    let sigma = try track.numbers("freeboard_uncertainty_m")
    let rows = freeboard.indices.filter { !made.isLead[$0] && freeboard[$0].isFinite }
    #expect(rows.count > 3000)
    let errors = rows.map { freeboard[$0] - made.freeboard[$0] }
    #expect(abs(errors.reduce(0, +) / Double(errors.count)) < 0.01)
    let held = Double(zip(rows, errors).count { abs($1) <= sigma[$0] }) / Double(rows.count)
    #expect((0.63...0.73).contains(held), "\(held)")
    #expect(made.isLead.indices.allSatisfy { !made.isLead[$0] || freeboard[$0].isNaN })
  }

  @Test("the same input gives the same bytes for any number of workers")
  func workers() async throws {
    let table = syntheticTrack(seed: 9).table
    let one = try await chain(table, workers: 1)
    let three = try await chain(table, workers: 3)
    for name in ["sea_surface_m", "sea_surface_uncertainty_m", "freeboard_m", "freeboard_uncertainty_m"] {
      let a = try one.numbers(name).map(\.bitPattern)
      #expect(a == (try three.numbers(name).map(\.bitPattern)), "\(name)")
    }
  }

  @Test("a track without leads has no freeboard; the records are counted")
  func noLeads() async throws {
    var table = syntheticTrack(seed: 2, records: 100).table
    table.set(Column("esa_class", classes: .seaIce, values: .code([Int16](repeating: 1, count: 100), missing: -1)))
    let surface = try await TestRun.track("altimetry.sea_surface", table)
    #expect(surface.messages.warnings.contains { $0.contains("no lead") })
    let freeboard = try await TestRun.track("altimetry.freeboard", surface.track)
    #expect(try freeboard.track.numbers("freeboard_m").allSatisfy(\.isNaN))
    #expect(try freeboard.track.numbers("freeboard_flag").allSatisfy { $0 == 4 })
  }

  @Test("low-resolution mode is refused by name")
  func lowResolution() async throws {
    var table = syntheticTrack(seed: 2, records: 100).table
    table.tags["radar_mode"] = "lrm"
    table.tags["product"] = "CS_OFFL_SIR_LRM_1B"
    await #expect(throws: (any Error).self) { try await TestRun.track("altimetry.sea_surface", table) }
    do {
      _ = try await TestRun.track("altimetry.sea_surface", table)
    } catch {
      #expect("\(error)".contains("CS_OFFL_SIR_LRM_1B") && "\(error)".contains("LRM"), "\(error)")
    }
  }

  @Test("leads with wide stacks lie low and are left out; a limit without a stack is refused")
  func wideStacks() async throws {
    let made = syntheticTrack(seed: 6)
    var table = made.table
    var elevation = try table.numbers("elevation_m")
    let leads = made.isLead.indices.filter { made.isLead[$0] }
    let wide = Set(leads.indices.filter { $0 % 3 == 0 }.map { leads[$0] })
    for row in wide { elevation[row] -= 0.08 }
    table.set(Column("elevation_m", unit: .metre, values: .number(elevation)))
    func bias(_ track: Table) throws -> Double {
      let errors = try zip(track.numbers("freeboard_m"), made.freeboard).map { $0 - $1 }.filter(\.isFinite)
      return errors.reduce(0, +) / Double(errors.count)
    }
    let low = try await chain(table)
    #expect(try bias(low) > 0.02)

    // A lead at the limit is left out; one whose deviation is missing is used.
    var deviations = made.isLead.indices.map { wide.contains($0) ? 6.29 : 6.2 }
    let missing = leads[1]
    deviations[missing] = .nan
    table.set(Column("ssd", values: .number(deviations)))
    let surface = try await TestRun.track("altimetry.sea_surface", table)
    let use = try surface.track.numbers("lead_use")
    #expect(Set(use.indices.filter { use[$0] == 3 }) == wide && use[missing] == 1)
    #expect(surface.messages.dropped["ssd of 6.29 looks or more: a wide stack"] == wide.count)
    let mended = try await chain(table)
    #expect(try abs(bias(mended)) < 0.01)

    let all = try await TestRun.track("altimetry.sea_surface", table, ["lead_deviation": .text("10")]).track
    #expect(try all.numbers("lead_use").allSatisfy { $0 != 3 })
    // Another unit has no limit in looks.
    table.set(Column("ssd", attributes: ["definition": "radians"], values: .number(deviations)))
    let radians = try await TestRun.track("altimetry.sea_surface", table)
    #expect(radians.messages.records["lead_deviation_limit"] == "none")
    do {
      _ = try await TestRun.track("altimetry.sea_surface", made.table, ["lead_deviation": .text("4")])
      Issue.record("a limit without a stack was accepted")
    } catch {
      let words = ["lead_deviation", "4.0", "stack_std_20_ku", "altimetry.features"]
      #expect(words.allSatisfy { "\(error)".contains($0) }, "\(error)")
    }
  }

  @Test("the mean's uncertainty: noise over root n, and what is common to the records of a piece")
  func mean() async throws {
    var table = Table(rowCount: 20, geometry: .points(x: "lon", y: "lat"), crs: .wgs84)
    func set(_ name: String, _ values: [Double]) {
      table.set(Column(name, unit: .metre, values: .number(values)))
    }
    table.set(Column("lat", unit: .degree, values: .number((0..<20).map { 70 + 0.003 * Double($0) })))
    table.set(Column("lon", unit: .degree, values: .number([Double](repeating: 20, count: 20))))
    table.set(Column("esa_class", classes: .seaIce, values: .code([Int16](repeating: 1, count: 20), missing: -1)))
    set("elevation_m", (0..<20).map { $0 < 10 ? 0.2 : 0.3 })
    set("sea_surface_m", [Double](repeating: 0, count: 20))
    set("sea_surface_uncertainty_m", [Double](repeating: 0.03, count: 20))
    set("along_track_m", (0..<20).map { 300 * Double($0) })
    let name = "mean_freeboard_uncertainty_m"
    let one = try await TestRun.track("altimetry.freeboard", table, ["noise": .text("0.05")]).messages.records
    #expect(one["mean_freeboard_m"] == 0.25)
    // sqrt(0.05² / 20 + 0.03²)
    #expect(one[name] == 0.032)
    let two = try await TestRun.track(
      "altimetry.freeboard", table, ["noise": .text("0.05"), "common_length": .text("3000")])
    // Two pieces of ten: sqrt(0.05² / 20 + 0.03² / 2)
    #expect(two.messages.records[name] == 0.024)
    table.remove("along_track_m")
    let none = try await TestRun.track("altimetry.freeboard", table, ["noise": .text("0.05")])
    #expect(!none.messages.records.keys.contains(name))
  }

  @Test("a latitude beyond a pole is refused with record, column and value")
  func latitudeBeyondAPole() async throws {
    var table = syntheticTrack(seed: 2, records: 50).table
    var lat = try table.numbers("lat")
    lat[7] = 95
    table.set(Column("lat", unit: .degree, values: .number(lat)))
    do {
      _ = try await TestRun.track("altimetry.sea_surface", table)
      Issue.record("95 degrees were accepted")
    } catch {
      let words = ["row 8 of ", "the latitude 95.0 in the column 'lat'"]
      #expect(words.allSatisfy { "\(error)".contains($0) }, "\(error)")
    }
  }

  @Test("classes go by name or code, also of a column of texts")
  func classes() async throws {
    let made = syntheticTrack(seed: 3, records: 600)
    let named = try await TestRun.track("altimetry.sea_surface", made.table).track
    var coded = made.table
    coded.remove("esa_class")
    coded.set(Column("ssh_flag", values: .integer(made.isLead.map { $0 ? 1 : 0 })))
    coded.set(Column("kind", values: .text(made.isLead.map { $0 ? "lead" : "floe" })))
    let flag = try await TestRun.track(
      "altimetry.sea_surface", coded, ["classes": .text("ssh_flag"), "leads": .list([.text("1")])])
    let text = try await TestRun.track("altimetry.sea_surface", coded, ["classes": .text("kind")])
    let a = try named.numbers("sea_surface_m")
    let b = try flag.track.numbers("sea_surface_m")
    let c = try text.track.numbers("sea_surface_m")
    #expect(a == b && a == c)
  }

  @Test("a correction counted twice is refused with both columns")
  func twice() async throws {
    let table = syntheticTrack(seed: 3, records: 50).table
    for list in [
      ["ocean_tide_sol1_01", "load_tide_sol1_01"], ["inv_bar_cor_01", "hf_fluct_total_cor_01"],
      ["pole_tide_01", "pole_tide_01"], ["ocean_tide_sol1_01", "ocean_tide_sol2_20_ku"],
    ] {
      do {
        _ = try await TestRun.track(
          "altimetry.elevation", table, ["range": .text("elevation_m"), "corrections": .list(list.map { .text($0) })])
        Issue.record("\(list) was accepted")
      } catch {
        #expect("\(error)".contains("twice") && list.allSatisfy { "\(error)".contains($0) }, "\(error)")
      }
    }
  }

  @Test("fills of tables without one are no heights: neither as a lone lead nor as ice")
  func fills() async throws {
    var made = syntheticTrack(seed: 4, records: 600)
    // A lead of its own, far from others, that is a fill; and ice that is infinite, or farther than any mountain.
    for i in 250..<400 { made.isLead[i] = i == 330 }
    let codes = made.isLead.map { $0 ? Int16(2) : 1 }
    made.table.set(Column("esa_class", classes: .seaIce, values: .code(codes, missing: -1)))
    var elevation = try made.table.numbers("elevation_m")
    let clean = try await chain(table(made.table, without: [330, 410, 411], elevation))
    let fills: [(Int, Double)] = [(330, 3.402_823_5e38), (410, -.infinity), (411, 32_767)]
    for (row, value) in fills { elevation[row] = value }
    made.table.set(Column("elevation_m", unit: .metre, values: .number(elevation)))
    let surface = try await TestRun.track("altimetry.sea_surface", made.table)
    #expect(surface.messages.dropped["a height below -500 m or above 9 km: no surface lies there"] == 3)
    let track = try await TestRun.track("altimetry.freeboard", surface.track).track
    for name in ["sea_surface_m", "sea_surface_uncertainty_m", "freeboard_m", "freeboard_uncertainty_m"] {
      let found = try track.numbers(name)
      let wanted = try clean.numbers(name)
      let isSame = zip(found, wanted).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
      #expect(isSame, "\(name)")
    }
    #expect(try track.numbers("freeboard_flag")[410...411].allSatisfy { $0 == 3 || $0 == 2 })
  }

  /// The track with missing elevations in some rows.
  private func table(_ track: Table, without rows: [Int], _ elevation: [Double]) -> Table {
    var values = elevation
    for row in rows { values[row] = .nan }
    var result = track
    result.set(Column("elevation_m", unit: .metre, values: .number(values)))
    return result
  }

  @Test("terms beyond 1e30, and heights that no surface has, are counted and missing")
  func fillsOfTerms() async throws {
    var table = Table(rowCount: 4)
    table.set(Column("alt_20_ku", unit: .metre, values: .number([800_000, 3.402_823_5e38, 800_000, 800_000])))
    table.set(Column("range_tfmra_m", unit: .metre, values: .number([799_950, 799_950, 9.96921e36, 720_000])))
    table.set(Column("pole_tide_01", unit: .metre, values: .number([0.5, 0.5, 0.5, 0.5])))
    table.set(Column("mean_sea_surf_sol1_20_ku", unit: .metre, values: .number([20, 20, 20, 20])))
    let made = try await TestRun.track(
      "altimetry.elevation", table, ["corrections": .list([.text("pole_tide_01")])])
    let elevation = try made.track.numbers("elevation_m")
    #expect(abs(elevation[0] - 29.5) < 1e-9 && elevation[1...].allSatisfy(\.isNaN))
    #expect(
      made.messages.dropped == [
        "no elevation: no alt_20_ku": 1, "no elevation: no range (range_tfmra_m)": 1,
        "no elevation: a height below -500 m or above 9 km: no surface lies there": 1,
      ])
  }

  @Test("elevation is altitude - range - corrections - mean sea surface, each once")
  func elevation() async throws {
    var table = Table(rowCount: 2, tags: [:])
    let terms: [(String, Double)] = [
      ("alt_20_ku", 800_000), ("range_tfmra_m", 799_950), ("mod_dry_tropo_cor_zero_altitude_01", -2.3),
      ("mod_wet_tropo_cor_zero_altitude_01", -0.1), ("iono_cor_gim_01_ku", -0.05), ("ocean_tide_sol1_01", 0.4),
      ("load_tide_sol1_01", 100), ("solid_earth_tide_01", 0.02), ("pole_tide_01", 0.003), ("inv_bar_cor_01", 0.2),
      ("hf_fluct_cor_01", 0.07), ("mean_sea_surf_sol1_20_ku", 20), ("mean_sea_surf_sol2_20_ku", 21),
    ]
    for (name, value) in terms {
      table.set(Column(name, unit: .metre, values: .number([value, name == "pole_tide_01" ? .nan : value])))
    }
    // A solution without any value is passed over.
    table.set(Column("ocean_tide_sol2_01", unit: .metre, values: .number([.nan, .nan])))
    let made = try await TestRun.track("altimetry.elevation", table)
    let height = try made.track.numbers("height_m")
    let elevation = try made.track.numbers("elevation_m")
    // 50 m less -2.3 - 0.1 - 0.05 + 0.4 + 0.02 + 0.003 + 0.2 + 0.07 = -1.757
    #expect(abs(height[0] - 51.757) < 1e-6 && abs(elevation[0] - 31.757) < 1e-6 && elevation[1].isNaN)
  }

  @Test("cells of a grid have numpy's mean, median, count and standard deviation")
  func grid() async throws {
    // Four values in one cell, one in another; (0, 90 N) is the pole, the corner of four cells.
    var table = Table(rowCount: 6, geometry: .points(x: "lon", y: "lat"), crs: .wgs84)
    table.set(Column("lon", unit: .degree, values: .number([10, 11, 12, 13, 100, 0])))
    table.set(Column("lat", unit: .degree, values: .number([89.9, 89.9, 89.9, 89.9, 89.9, -80])))
    table.set(Column("v", unit: .metre, values: .number([1, 2, 4, 9, 5, 7])))
    let made = try await TestRun.step(
      "altimetry.grid", ["column": .text("v"), "cell": .text("25000")], ports: ["input": [.table(table)]])
    guard case .raster(let raster)? = made.outputs["grid"] else {
      Issue.record("no raster")
      return
    }
    #expect(raster.spec.grid.width == 432 && raster.spec.grid.height == 432)
    let block = try raster.read(raster.spec.grid.fullWindow)
    guard case .float32(let pixels) = block.values else {
      Issue.record("not Float32")
      return
    }
    let size = 432 * 432
    let occupied = (0..<size).filter { !pixels[$0].isNaN }
    #expect(occupied.count == 2)
    let four = occupied.first { pixels[2 * size + $0] == 4 } ?? 0
    #expect(pixels[four] == 4 && pixels[size + four] == 3)
    // numpy.std([1, 2, 4, 9]) = 3.082207...
    #expect(abs(pixels[3 * size + four] - 3.082207) < 1e-5)
    #expect(made.messages.dropped["outside of the grid"] == 1)
  }
}
