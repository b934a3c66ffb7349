import FloeIO
import FloeSDK
import FloeTestSupport
import Sentinel3
import Testing

@Suite struct ReadStepTests {
  private func read(_ path: String, _ parameters: [String: ParameterLiteral] = [:]) async throws -> (
    Table, StepMessages
  ) {
    let (outputs, told) = try await StepHarness.outcome(
      of: SwiftStepFactory(SRALStep.self), parameters: ["product": .text(path)].merging(parameters) { $1 })
    guard case .table(let t)? = outputs["track"] else { throw FloeError("no table") }
    return (t, told)
  }

  @Test func everyValueIsWhereItBelongs() async throws {
    let folder = TestFolder()
    let path = "\(folder.path)/enhanced_measurement.nc"
    try SmallProduct.write(path)
    let (t, told) = try await read(path)
    #expect(t.rowCount == 100 && t["record"]?.values == .integer((0..<100).map { $0 }))
    #expect(try t.numbers("time")[20] == SmallProduct.time(20) + 946_684_800)
    #expect(t["time"]?.isTime == true && t.crs == .wgs84 && t.geometry == .points(x: "lon", y: "lat"))
    let lon = try t.numbers("lon")
    #expect(abs(lon[0] - 179.9) < 1e-9 && abs(lon[99] + 179.902) < 1e-9 && lon.allSatisfy { (-180..<180).contains($0) })
    #expect(try t.numbers("alt_20_ku")[3].isNaN && abs(t.numbers("alt_20_ku")[4] - 815_004) < 1e-6)
    #expect(try t.numbers("nb_stack_20_ku")[0] == 65_530)
    #expect(
      t["esa_class"]?.classes == .seaIce && t["esa_class"]?.numbers?[10] == 2
        && t["esa_class"]?.numbers?[50].isNaN == true)
    #expect(t["surf_type_20_ku"]?.classes?[3]?.name == "land")
    guard case .array(let echo, 256)? = t["waveform_20_ku"]?.values, case .array(let rip, 4)? = t["rip_20_ku"]?.values
    else {
      Issue.record("echoes are no arrays")
      return
    }
    #expect(echo[256 * 6 + 1] == Float((256 * 6 + 1) * 8) * 0.001 || abs(echo[256 * 6 + 1] - 12.296) < 1e-5)
    #expect(echo[256 * 5..<256 * 6].allSatisfy { $0.isNaN } && !echo[256 * 4].isNaN)
    #expect(t["waveform_20_ku"]?.dimension == "wf_sample_ind" && t["rip_20_ku"]?.dimension == "max_multi_stack_ind")
    #expect(
      t["mod_dry_tropo_cor_zero_altitude_01"]?.attributes["comment"] == "interpolated linearly on time from time_01")
    #expect(rip[2].isNaN && rip[3] == 3e9 && t["waveform_20_ku"]?.unit == "count")
    #expect(t.tags["range_gate_m"] == "0.234213" && t.tags["nominal_bin"] == "88" && t.tags["cycle"] == "20")
    #expect(t.acquisition?.platform == "Sentinel-3B" && t.acquisition?.instrument == "SRAL" && t.style == "track")
    #expect(t.acquisition?.time == UTCTime(seconds: SmallProduct.t0 + 946_684_800 + 2.475))
    #expect(t.status.counts == ["no position": 1])
    #expect(told.dropped == ["no position": 1])
  }

  /// The 1 Hz ramp is -2.3 + 0.1 (t - t0) over -0.5 s ... 4.5 s; records reach 4.95 s.
  @Test func slowVariablesComeByTime() async throws {
    let folder = TestFolder()
    let path = "\(folder.path)/enhanced_measurement.nc"
    try SmallProduct.write(path)
    let also: ParameterLiteral = .list([.text("surf_class_01"), .text("agc_20_c")])
    let t = try await read(path, ["also": also]).0
    let dry = try t.numbers("mod_dry_tropo_cor_zero_altitude_01")
    for i in 0...90 { #expect(abs(dry[i] - (-2.3 + 0.005 * Double(i))) < 1e-6) }
    #expect(dry[91...].allSatisfy { $0.isNaN })
    // Times near 6e8 s are doubles 1e-7 s apart: hence the tolerances.
    // C band: 11 times half a second apart carry 30, 31, ...
    let agc = try t.numbers("agc_20_c")
    #expect((0..<100).allSatisfy { abs(agc[$0] - (30 + 0.1 * Double($0))) < 1e-5 })
    // Masked values are a gap: nothing before 0.5 s; 3.5 s to 4.5 s is crossed.
    let iono = try t.numbers("iono_cor_gim_01_ku")
    #expect(iono[9].isNaN && iono[10...90].allSatisfy { abs($0 + 0.1) < 1e-9 })
    // Flags are the nearest: 5 up to the middle of 0.5 s and 1 s, then land.
    let flag = try #require(t["surf_class_01"]?.numbers)
    #expect(flag[0] == 0 && flag[14] == 5 && flag[16] == 1 && flag[99].isNaN)
    let strict = try await read(path, ["max_gap": .text("2")]).0.numbers("mod_dry_tropo_cor_zero_altitude_01")
    #expect(!strict[20].isNaN && strict[21].isNaN && strict[69].isNaN && !strict[70].isNaN)
  }

  @Test func courseLetsFillNumbersThrough() async throws {
    let folder = TestFolder()
    let path = "\(folder.path)/enhanced_measurement.nc"
    try SmallProduct.write(path)
    let t = try await read(path, ["preset": .text("course")]).0
    let iono = try t.numbers("iono_cor_gim_01_ku")
    let dry = try t.numbers("mod_dry_tropo_cor_zero_altitude_01")
    #expect(iono[80] == 32_767 && abs(iono[0] - (32_767 - 0.1) / 2) < 1e-6)
    #expect(abs(dry[99] - (-2.3 + 0.495)) < 1e-6)
  }

  @Test(arguments: [
    (["box": "179,0,-179.95,90"], 75, "outside of the box"),
    (["box": "-180.001,0,-179.949,90"], 26, "outside of the box"),
    (["surface": "ocean"], 90, "surface type not wanted"), (["only": "lead"], 9, "surface class of ESA not wanted"),
    (["start": "2019-01-05T10:40:01"], 80, "before the time window"),
    (["stop": "2019-01-05T10:40:01"], 20, "after the time window"),
  ])
  func windowsMarkAndCount(parameters: [String: String], kept: Int, reason: String) async throws {
    let folder = TestFolder()
    let path = "\(folder.path)/enhanced_measurement.nc"
    try SmallProduct.write(path)
    let (t, told) = try await read(path, parameters.mapValues { .text($0) })
    #expect(t.rowCount == 100 && t.status.keptCount == kept, "\(t.status.counts)")
    let count = told.dropped[reason] ?? 0
    #expect(count > 0 && count == t.status.counts[reason])
  }

  @Test func zipAndFolderReadTheSame() async throws {
    let folder = TestFolder()
    let name = "S3B_SR_2_LAN_SI_20190105T104000_20190105T104005_20190201T000000_0005_020_123______LN3_R_NT_005.SEN3"
    let inside = folder.sub(name)
    try SmallProduct.write("\(inside)/enhanced_measurement.nc")
    let zip = "\(folder.path)/\(name.dropLast(5)).zip"
    try VirtualFile.write(
      try VirtualFile.read("\(inside)/enhanced_measurement.nc"), to: "/vsizip/\(zip)/\(name)/enhanced_measurement.nc")
    let a = try await read(inside).0
    let b = try await read(zip).0
    #expect(a.rowCount == b.rowCount && a.tags == b.tags && a["alt_20_ku"]?.numbers?[4] == b["alt_20_ku"]?.numbers?[4])
    let reader = SRALReader()
    #expect(reader.recognises(inside) && reader.recognises(zip) && !reader.recognises(folder.path))
    let d = try reader.describe(zip)
    #expect(
      d.records == 100 && d.name == String(name.dropLast(5)) && d.isTrack && d.acquisition.platform == "Sentinel-3B")
    #expect(d.footprint.first.map { abs($0.x - 179.9) < 1e-6 && $0.y == 70 } == true && d.footprint.count > 40)
    #expect(d.facts.contains { $0.name == "Surface class" && $0.text == "90 sea_ice, 9 lead, 1 missing" })
  }

  @Test(
    arguments: [
      (SmallProduct.Defect.noRIP, [:], "SR_2_LAN_SI"), (.noEchoes, [:], "waveform_20_ku"),
      (.nanTime, [:], "no time at index 7"),
      (.timeStandsStill, [:], "does not rise at index 7"), (.latitudeAlongC, [:], "the dimensions disagree"),
      (.badUnit, [:], "days since"),
      (.none, ["variables": "alt_20_kuu"], "did you mean 'alt_20_ku'"),
      (.none, ["variables": "wf_sample_ind"], "no variable"),
      (.none, ["box": "0,0,10,10"], "none of the 100 records"), (.none, ["only": "leads"], "did you mean 'lead'"),
      (.none, ["box": "0,10,10,0"], "south"), (.none, ["start": "yesterday"], "must be a time"),
      (.none, ["start": "2020-01-01T00:00:00", "stop": "2019-01-01T00:00:00"], "before start"),
    ] as [(SmallProduct.Defect, [String: String], String)])
  func refusals(defect: SmallProduct.Defect, parameters: [String: String], part: String) async throws {
    let folder = TestFolder()
    let path = "\(folder.path)/enhanced_measurement.nc"
    try SmallProduct.write(path, defect)
    do {
      _ = try await read(path, parameters.mapValues { .text($0) })
      Issue.record("not refused: \(part)")
    } catch { #expect("\(error)".contains(part), "\(error)") }
  }

  @Test func explicitVariablesNeedNoEchoes() async throws {
    let folder = TestFolder()
    let path = "\(folder.path)/standard_measurement.nc"
    try SmallProduct.write(path, .noEchoes)
    let t = try await read(path, ["variables": .text("alt_20_ku")]).0
    #expect(t.columns.map(\.name) == ["record", "time", "lat", "lon", "alt_20_ku"] && t.tags["nominal_bin"] == nil)
  }

  @Test func brokenFilesGetASentence() async throws {
    let folder = TestFolder()
    let path = "\(folder.path)/enhanced_measurement.nc"
    try SmallProduct.write(path)
    let bytes = try VirtualFile.read(path)
    for (content, name) in [(Array("no netCDF".utf8), "text"), (Array(bytes.prefix(bytes.count / 2)), "half")] {
      let broken = "\(folder.path)/\(name).nc"
      try VirtualFile.write(content, to: broken)
      await #expect(throws: FloeError.self) { _ = try await read(broken) }
    }
    await #expect(throws: FloeError.self) { _ = try await read("\(folder.path)/absent.nc") }
    await #expect(throws: FloeError.self) { _ = try await read(folder.sub("empty.SEN3")) }
    #expect(SwiftStepFactory(SRALStep.self).declaration.inconsistencies().isEmpty)
  }

  @Test func planTellsTheColumns() async throws {
    let folder = TestFolder()
    let path = "\(folder.path)/enhanced_measurement.nc"
    try SmallProduct.write(path)
    var bound = try SwiftStepFactory(SRALStep.self).bind(parameters: ["product": .text(path)], ports: [:])
    try bound.plan(in: try StepHarness().plan)
    guard case .table(let planned)? = bound.outputs["track"] else {
      Issue.record("nothing planned")
      return
    }
    let run = try await read(path).0
    #expect(
      planned.columns.map(\.name) == run.columns.map(\.name) && planned.columns.map(\.unit) == run.columns.map(\.unit))
    #expect(planned.columns.map(\.values.kind) == run.columns.map(\.values.kind) && planned.rowCount == 0)
    #expect(planned.tags == run.tags)
  }
}
