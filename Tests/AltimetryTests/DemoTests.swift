import Altimetry
import FloeIO
import FloeSDK
import Foundation
import Testing

@Suite struct DemoTests {
  static func folder(_ name: String) -> String {
    NSTemporaryDirectory() + "floe-altimetry-\(name)-\(UUID().uuidString)"
  }

  /// All numbers of a table to the last bit: NaN is not equal to itself.
  private static func bits(_ table: Table) -> [[UInt64]] {
    table.columns.map { column in
      if case .array(let v, _) = column.values { return v.map { UInt64($0.bitPattern) } }
      return column.numbers?.map(\.bitPattern) ?? []
    }
  }

  private func number(_ value: JSONValue?, _ keys: String...) -> Double {
    var v = value
    for key in keys { v = v?[key] }
    return v?.doubleValue ?? .nan
  }

  @Test func defaultRecipe() async throws {
    let folder = Self.folder("default")
    // What cannot be removed stays in the temporary folder.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let raw = try DemoTrack.read(try await DemoTrack.make(in: folder, records: 1800))
    let features = try await TestRun.track("altimetry.features", raw)
    #expect(features.messages.dropped["no echo"] ?? 0 > 0)
    #expect(features.messages.dropped["peak too early for its noise bins"] ?? 0 > 0)
    #expect(features.messages.dropped.values.reduce(0, +) == features.track.rowCount - features.track.status.keptCount)
    let aligned = try await TestRun.track("altimetry.align", features.track)
    let edge = aligned.messages.records["leading_edge_std"]
    #expect(number(edge, "before") > 8)
    #expect(number(edge, "after") <= 1.5)
    let flags = try aligned.track.numbers("aligned")
    let shifts = try aligned.track.numbers("shift_m")
    #expect(zip(flags, shifts).allSatisfy { ($0 == 1) == $1.isFinite })
    let again = try await TestRun.track("altimetry.align", features.track, workers: 1)
    let isSame = Self.bits(again.track) == Self.bits(aligned.track)
    #expect(isSame)
    let separation = try await TestRun.step("altimetry.separation", ports: ["input": [.table(aligned.track)]])
    guard case .table(let table)? = separation.outputs["table"] else { throw FloeError("no table") }
    #expect(table.rowCount == 6)
    #expect(table["change"]?.numbers?[4] == 0)
    let echoes = try await TestRun.step("altimetry.echoes", ports: ["input": [.table(aligned.track)]])
    #expect(
      number(echoes.messages.records["mean_echo_peak"]?["sea_ice"], "after")
        > number(echoes.messages.records["mean_echo_peak"]?["sea_ice"], "before"))
  }

  /// Each record that stays unaligned counts once, under the first reason; what lacks samples is neither aligned nor
  /// shifted.
  @Test(arguments: ["physical", "retracked"]) func unalignedRecordsCountOnce(method: String) async throws {
    let folder = Self.folder("unaligned")
    // What cannot be removed stays in the temporary folder.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var raw = try DemoTrack.read(try await DemoTrack.make(in: folder, records: 400))
    guard case .array(var samples, let width)? = raw["waveform_20_ku"]?.values else { throw FloeError("no echoes") }
    // Some samples missing, all missing, no power; and of other records, and of one of these too, a term of the shift.
    for row in 10..<14 { samples[row * width + 3] = .nan }
    for i in 20 * width..<22 * width { samples[i] = .nan }
    for i in 30 * width..<31 * width { samples[i] = 0 }
    raw.set(Column("waveform_20_ku", unit: "count", values: .array(samples, width: width)))
    var tide = try raw.numbers("ocean_tide_sol1_01")
    var pole = try raw.numbers("pole_tide_01")
    for row in [10, 20, 40, 41] { (tide[row], pole[row]) = (.nan, .nan) }
    raw.set(Column("ocean_tide_sol1_01", unit: .metre, values: .number(tide)))
    raw.set(Column("pole_tide_01", unit: .metre, values: .number(pole)))
    let result = try await TestRun.track("altimetry.align", raw, ["method": .text(method)])
    let flags = try result.track.numbers("aligned")
    let shifts = try result.track.numbers("shift_m")
    for row in [10, 11, 12, 13, 20, 21, 30] { #expect(flags[row] == 0 && shifts[row].isNaN) }
    let told = result.messages.dropped
    #expect(told["left unaligned: samples of the echo are missing"] == 4)
    #expect(told["left unaligned: no echo"] ?? 0 >= 3)
    #expect(told.values.reduce(0, +) == flags.count { $0 == 0 })
    if method == "physical" {
      #expect(
        flags[40] == 0 && told["left unaligned: ocean_tide_sol1_01 missing"] ?? 0 >= 2
          && told["left unaligned: pole_tide_01 missing"] == nil)
    }
    guard case .array(let moved, _)? = result.track["waveform_aligned"]?.values else {
      throw FloeError("no aligned echoes")
    }
    for row in [10, 20, 30] {
      let isMissing = moved[row * width..<(row + 1) * width].allSatisfy(\.isNaN)
      #expect(isMissing)
    }
  }

  @Test func retrackedPutsTheEdgeAtTheNominalBin() async throws {
    let folder = Self.folder("retracked")
    // What cannot be removed stays in the temporary folder.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let raw = try DemoTrack.read(try await DemoTrack.make(in: folder, records: 400))
    let aligned = try await TestRun.track("altimetry.align", raw, ["method": .text("retracked")])
    #expect(number(aligned.messages.records["leading_edge_std"], "after") < 0.3)
    let retracked = try await TestRun.track("altimetry.retrack", raw)
    let height = try retracked.track.numbers("elevation_m")
    let surface = try raw.numbers("mean_sea_surf_sol2_20_ku")
    let difference = RunningStatistics(zip(height, surface).map { $0 - $1 }.filter(\.isFinite))
    #expect(difference.count > 300)
    #expect(abs(difference.mean) < 0.4)
  }

  @Test func coursePresetTellsWhatItZeroes() async throws {
    let folder = Self.folder("course")
    // What cannot be removed stays in the temporary folder.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let raw = try DemoTrack.read(try await DemoTrack.make(in: folder, records: 600))
    let features = try await TestRun.track("altimetry.features", raw, ["preset": .text("course")])
    let aligned = try await TestRun.track("altimetry.align", features.track, ["preset": .text("course")])
    #expect(aligned.messages.warnings.contains { $0.contains("stay where they are, with the shift 0 m") })
    #expect(aligned.messages.records["records_set_to_zero_shift"]?.intValue ?? 0 > 0)
    let kept = features.track.status.keptCount
    #expect(kept < features.track.rowCount && kept > 0)
  }

  @Test func refusals() async throws {
    var table = Table(rowCount: 1)
    table.set(Column("waveform_20_ku", values: .array([Float](repeating: 1, count: 256), width: 256)))
    await #expect(throws: FloeError.self) { _ = try await TestRun.track("altimetry.features", table) }
    await #expect(throws: ParameterError.self) { _ = try await TestRun.track("altimetry.align", table) }
    await #expect(throws: BindingErrors.self) {
      _ = try await TestRun.track("altimetry.align", table, ["percentiles": .list([.text("99"), .text("1")])])
    }
  }

  @Test func declarationsAreConsistent() {
    for (name, factory) in TestRun.factories() { #expect(factory.declaration.inconsistencies() == [], "\(name)") }
  }

  @Test func echoesAsNetCDF() async throws {
    let folder = Self.folder("netcdf")
    // What cannot be removed stays in the temporary folder.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let raw = try DemoTrack.read(try await DemoTrack.make(in: folder, records: 200))
    let aligned = try await TestRun.track("altimetry.align", raw).track
    let paths = ["\(folder)/a.nc", "\(folder)/b.nc"]
    for path in paths { try TrackNetCDFWriter.write(path: path, table: aligned, provenance: "{}") }
    #expect(try VirtualFile.read(paths[0]) == VirtualFile.read(paths[1]))
    let file = try NetCDFFile.open(paths[0])
    #expect(file["waveform_aligned"]?.dimensions == ["time_20_ku", "wf_sample_ind"])
    #expect(file["rip_20_ku"]?.dimensions == ["time_20_ku", "max_multi_stack_ind"])
    #expect(file["esa_class"]?.attributes["flag_meanings"]?.text == "open_ocean sea_ice lead unclassified")
    #expect(file["time_20_ku"]?.unit == "seconds since 2000-01-01 00:00:00.0")
    guard case .array(let echoes, _)? = aligned["waveform_aligned"]?.values else { throw FloeError("no echoes") }
    let read = try file.readPhysicalFloats("waveform_aligned")
    #expect(zip(read, echoes).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) })
  }

  @Test func productHasEveryVariable() async throws {
    let folder = Self.folder("schema")
    // What cannot be removed stays in the temporary folder.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = try await DemoTrack.make(in: folder, records: 200)
    let file = try NetCDFFile.open(path)
    #expect(file.variables.count == 310)
    #expect(file["waveform_20_ku"]?.type == .uint32 && file["rip_20_ku"]?.shape == [200, 256])
    #expect(file["lon_20_ku"]?.scale == 1e-6 && file["alt_20_ku"]?.offset == 700_000)
    #expect(file["time_20_c"]?.count != 200)
    #expect(
      try VirtualFile.readText(path.replacingOccurrences(of: "enhanced_measurement.nc", with: "xfdumanifest.xml"))
        .contains("posList"))
  }
}
