import Altimetry
import FloeSDK
import FloeTestSupport
import Testing

@Suite struct LimitTests {
  /// One row a record: peakiness, deviation of the stack in looks, concentration in percent.
  private func track(_ rows: [(Double, Double, Double)], definition: String? = "course") -> Table {
    var table = Table(rowCount: rows.count)
    let attributes = definition.map { ["definition": $0] } ?? [:]
    table.set(Column("peakiness", attributes: attributes, values: .number(rows.map(\.0))))
    table.set(Column("ssd", values: .number(rows.map(\.1))))
    table.set(Column("sea_ice_concentration_20_ku", unit: "percent", values: .number(rows.map(\.2))))
    return table
  }

  /// The limits themselves belong to their class, but for the stack's deviation; what lies between tells nothing.
  @Test func cpomByHand() async throws {
    let rows: [(Double, Double, Double)] = [
      (18, 6.28, 15), (17.99, 2, 100), (30, 6.29, 100), (30, 2, 14.9), (9, 6.3, 75), (9.01, 30, 100), (5, 40, 74),
      (5, 40, 0), (5, .nan, 100), (40, 1, 100),
    ]
    var table = track(rows)
    table.status.drop(9, because: "land")
    let (result, told) = try await TestRun.track("altimetry.classify", table)
    #expect(result["rule_code"]?.values == .code([2, 3, 3, 3, 1, 3, 3, 0, 3, -1], missing: -1))
    #expect(
      result["rule_name"]?.values
        == .text([
          "lead", "unclassified", "unclassified", "unclassified", "sea_ice", "unclassified", "unclassified",
          "open_ocean", "unclassified", nil,
        ]))
    var counted: [String: Int] = [:]
    for entry in told.records["class_counts"]?.arrayValue ?? [] {
      counted[entry["name"]?.stringValue ?? "", default: 0] += entry["records"]?.intValue ?? 0
    }
    #expect(counted == ["open_ocean": 1, "sea_ice": 1, "lead": 1, "unclassified": 6])
    #expect(told.records["unclassified_for_a_missing_value"] == 1)
    // CPOM's limit for SARIn mode is another, and concentrations are parameters.
    let other = try await TestRun.track(
      "altimetry.classify", table,
      ["limits": .text("cpom-cryosat2-sarin"), "lead_concentration": .text("10"), "column": .text("sarin")]
    ).track
    #expect(other["sarin_code"]?.values == .code([3, 3, 3, 2, 1, 3, 3, 0, 3, -1], missing: -1))
  }

  /// The same numbers of another definition are refused; each definition has its own set.
  @Test func definitionsDecide() throws {
    func limits(_ set: RadarLimits, _ definition: String?) throws -> TableLimits {
      try set.applied(to: track([(1, 1, 1)], definition: definition))
    }
    #expect(try limits(.cpom, "course").notes.isEmpty)
    #expect(try limits(.cpom, nil).isUncertain)
    #expect(try limits(.l2i, "esa-l2i").notes.isEmpty)
    for other in ["esa-l2i", "esa-l2i-traditional", "esa-peakiness-2"] {
      #expect(throws: FloeError.self) { try limits(.cpom, other) }
    }
    #expect(RadarLimits.suited(to: track([(1, 1, 1)], definition: "esa-l2i"))?.name == "cryosat2-l2i")
    #expect(throws: FloeError.self) { try limits(.cpom, "max-mean") }
    #expect(throws: FloeError.self) { try limits(.cpom, "pulse") }
    #expect(RadarLimits.suited(to: track([(1, 1, 1)], definition: "max-mean"))?.name == "pysiral-sar")
    #expect(RadarLimits.suited(to: track([(1, 1, 1)]))?.name == "cpom-cryosat2")
    #expect(RadarLimits.suited(to: Table(rowCount: 3)) == nil)
    var radians = track([(1, 1, 1)])
    radians.set(Column("ssd", unit: "rad", values: .number([0.001])))
    let left = try RadarLimits.cpom.applied(to: radians)
    #expect(left.isUncertain && left.lead.map(\.column) == ["peakiness", "sea_ice_concentration_20_ku"])
  }

  /// CryoSat-2's variable has another definition by mode; where nothing tells the mode, SAR's is assumed with a word.
  @Test func modeDecidesWhereTheDefinitionIsLost() throws {
    func table(modes: [Int?]?, tag: String? = nil) -> Table {
      var result = Table(rowCount: 2, tags: tag.map { ["radar_mode": $0] } ?? [:])
      result.set(Column("peakiness_20_ku", values: .number([40, 5])))
      if let modes { result.set(Column("flag_instr_mode_op_20_ku", values: .integer(modes))) }
      return result
    }
    let unknown = try RadarLimits.l2i.applied(to: table(modes: nil))
    let word = "SAR and its definition 'esa-l2i' are assumed"
    #expect(unknown.isUncertain && unknown.notes.contains(where: { $0.contains(word) }))
    for sar in [table(modes: [2, 2]), table(modes: nil, tag: "sar")] {
      let told = try RadarLimits.l2i.applied(to: sar).notes
      #expect(!told.contains(where: { $0.contains(word) }))
    }
    for other in [table(modes: [3, 3]), table(modes: [1, 1]), table(modes: [2, 3]), table(modes: nil, tag: "sarin")] {
      #expect(throws: FloeError.self) { try RadarLimits.l2i.applied(to: other) }
    }
  }

  /// 31.5 max / sum over 256 bins is 31.5 / 256 of max / mean, and metres are bins times their width.
  @Test func unitsAreConverted() throws {
    var table = Table(rowCount: 1, tags: ["range_gate_m": "0.25"])
    table.set(
      Column("peakiness", attributes: ["definition": "peacock-laxon", "bins": "256"], values: .number([10])))
    table.set(Column("leading_edge_width", values: .number([2.5])))
    table.set(Column("sic", values: .number([0.9])))
    let limits = try RadarLimits.pysiral.applied(to: table)
    #expect(
      limits.lead == [
        ColumnLimit("sic", .greaterOrEqual, 0.15), ColumnLimit("peakiness", .greaterOrEqual, 66 * 31.5 / 256),
        ColumnLimit("leading_edge_width", .lessOrEqual, 3),
      ])
    #expect(try limits.verdicts(table) == [.lead])
  }

  @Test(arguments: [("peakiness>=18", "peakiness >= 18"), ("ssd < 6.29", "ssd < 6.29"), ("a <= -1e-3", "a <= -0.001")])
  func limitsAreRead(_ text: String, _ again: String) throws {
    #expect(try ColumnLimit(text).text == again)
  }

  @Test(arguments: ["peakiness 18", "peakiness >> 18", "peakiness >= x", ">= 18", "a < b < 3", "a == 3", ""])
  func unreadableLimitsAreRefused(_ text: String) {
    #expect(throws: FloeError.self) { try ColumnLimit(text) }
  }

  /// pysiral's classes from echoes alone: its peakiness and leading-edge quality are computed where the track lacks
  /// them.
  @Test func pysiralComputesWhatItNeeds() async throws {
    // A single sample over a floor is specular; a rise from nothing is sea ice; with an echo before it it is neither.
    var specular = [Float](repeating: 0.001, count: 256)
    specular[100] = 1
    var diffuse = [Float](repeating: 0, count: 256)
    for i in 90..<100 { diffuse[i] = Float(i - 89) / 10 }
    for i in 100..<256 { diffuse[i] = 1 - Float(i - 100) / 160 }
    var broken = diffuse
    for i in 75..<79 { broken[i] = 0.2 }
    var table = Table(rowCount: 3, tags: ["range_gate_m": "0.234213"])
    table.set(Column("waveform_20_ku", values: .array(specular + diffuse + broken, width: 256)))
    table.set(Column("peakiness", attributes: ["definition": "course"], values: .number([1, 1, 1])))
    table.set(Column("sig0_water_20_ku", unit: .decibel, values: .number([25, 10, 10])))
    table.set(Column("leading_edge_width", values: .number([2, 9, 9])))
    table.set(Column("sea_ice_concentration_20_ku", unit: "percent", values: .number([90, 90, 90])))
    let track = try await TestRun.track("altimetry.classify", table, ["limits": .text("pysiral-sar")]).track
    #expect(track["rule_code"]?.values == .code([2, 1, 3], missing: -1))
    let quality = try track.numbers("leading_edge_quality")
    #expect(abs(quality[1] - 1) < 1e-6 && abs(quality[2] - 1.2) < 1e-6)
    let peakiness = try track.numbers("peakiness_max_mean")
    #expect(abs(peakiness[0] - 256 / 1.255) < 1e-3)
  }
}
