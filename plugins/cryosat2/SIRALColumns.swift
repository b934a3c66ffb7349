import FloeIO
import FloeSDK

/// Makes the columns of a track from a product's variables, each independent of the others.
struct SIRALColumns: Sendable {
  let source: SIRALFile
  /// The longest gap between two 1 Hz values that is interpolated across, in seconds.
  let gap: Double
  /// Further variables by name.
  let also: [String]

  /// A column that is made when it is asked for.
  struct Recipe: Sendable {
    let make: @Sendable (_ isPlanned: Bool) throws -> Column
  }

  /// All columns after record, time and position, in their order.
  func recipes() throws -> [Recipe] {
    var list: [Recipe] = []
    // The echoes come first: they take longest.
    if source.product.kind == .level1B {
      let echoes = EchoReader(source: source)
      _ = try echoes.variable()
      list.append(Recipe { try $0 ? echoes.planned() : echoes.read() })
      list.append(Recipe { try echoes.scale(isPlanned: $0) })
      list.append(try trackerRange())
      if let scale = try sigma0Scale() { list.append(scale) }
    }
    if source.product.kind == .level2I { list += try surfaceClass() }
    for role in SIRALRole.quantities(of: source.product.kind) + SIRALRole.corrections {
      if let found = try plain(role) { list.append(found) }
    }
    list.append(try oceanTide())
    list.append(try highFrequency())
    for name in also {
      guard let v = try source.file.find(name) else {
        let near =
          Spelling.nearest(name, among: source.file.variables.map(\.name)).map { " (did you mean '\($0)'?)" } ?? ""
        throw ParameterError("also", "names '\(name)', which '\(source.product.file)' lacks\(near)")
      }
      list.append(try other(v))
    }
    return list
  }

  private func column(
    _ name: String, _ v: NetCDFVariable, summary: String, from: String, _ values: ColumnValues
  ) -> Column {
    let unit = v.unit.flatMap { $0.isEmpty || $0 == "count" ? nil : $0 }
    return Column(
      name, unit: unit.map { $0.hasPrefix("degrees_") ? .degree : PhysicalUnit(rawValue: $0) } ?? .dimensionless,
      summary: summary.isEmpty ? v.attributes["long_name"]?.text ?? "" : summary,
      attributes: ["source_variable": from], values: values)
  }

  private func plain(_ role: SIRALRole) throws -> Recipe? {
    guard let v = try source.variable(role) else { return nil }
    try source.check(v)
    return Recipe { isPlanned in
      let numbers = isPlanned ? [] : try source.numbers(v, gap: gap, isFlag: role.content == .flag)
      guard role.content == .flag else {
        var made = column(role.column, v, summary: role.summary, from: v.name, .number(numbers))
        if role.column == SIRALRole.peakiness.column {
          made.attributes["definition"] = Self.peakinessDefinition(source.mode)
        }
        return made
      }
      var made = column(
        role.column, v, summary: role.summary, from: v.name,
        .code(numbers.map { Int16(exactly: $0) ?? -1 }, missing: -1))
      made.classes = Self.table(v)
      return made
    }
  }

  /// What the product lacks, and what stands in for something: one sentence each, with what follows.
  func notices() throws -> [String] {
    let file = source.product.file
    let kind = source.product.kind
    var roles = SIRALRole.quantities(of: kind) + SIRALRole.corrections + [SIRALRole.degraded]
    if kind == .level2I { roles.append(SIRALRole.surfaceClass) }
    var result: [String] = []
    for role in roles {
      let proper = role.names.filter { role.standIns[$0] == nil }.joined(separator: " or ")
      if let found = try source.variable(role) {
        guard let effect = role.standIns[found.name] else { continue }
        result.append("'\(file)' has no \(proper): '\(role.column)' holds \(found.name), \(effect)")
      } else if !role.absence.isEmpty, !role.isOfDelayDoppler || Self.isDelayDoppler(source.mode) {
        result.append("'\(file)' has no \(proper): \(role.absence)")
      }
    }
    if kind == .level1B, Self.isDelayDoppler(source.mode), try sigma0Scale() == nil {
      result.append("'\(file)' has no transmit_pwr_20_ku or sat_vel_vec_20_ku: its echoes give no backscatter")
    }
    return result
  }

  /// The terms of a record's height of which a track holds no value, so that no elevation comes of it.
  func emptyTerms(of track: Table) -> [String] {
    var terms = [ColumnName.altitude.rawValue]
    switch source.product.kind {
    case .level1B:
      terms.append(ColumnName.trackerRange.rawValue)
      terms += SIRALRole.corrections.map(\.column).filter { $0 != SIRALRole.loadTide.column }
      terms += [Self.oceanTideColumn, Self.highFrequencyColumn]
    case .level2I:
      terms.append("mean_sea_surf_sea_ice_20_ku")
      if !Self.hasRange(track) { terms.append("height_1_20_ku") }
    }
    return terms.filter { track[$0]?.numbers?.allSatisfy(\.isNaN) == true }
  }

  /// One sentence for each column without any value by which later steps decide, with what follows from it.
  func emptiness(of track: Table) -> [String] {
    let roles = SIRALRole.quantities(of: source.product.kind).filter { !$0.isNeeded && !$0.absence.isEmpty }
    var effects: [(column: String, effect: String)] = []
    for role in roles where !role.isOfDelayDoppler || Self.isDelayDoppler(source.mode) {
      effects.append((role.column, role.absence))
    }
    effects.append((ColumnName.esaClass.rawValue, SIRALRole.surfaceClass.absence))
    effects.append(("sig0_1_20_ku", "limits of backscatter, and clusters by it, have nothing to rest on"))
    if source.product.kind == .level2I {
      if Self.hasRange(track) {
        effects.append(("height_1_20_ku", "elevations come of range_1_20_ku and the corrections"))
      }
      // Level 1B's are terms of the elevation, which `emptyTerms` reports.
      let effect = "what height_1_20_ku was corrected by cannot be told"
      let names = SIRALRole.corrections.map(\.column) + [Self.oceanTideColumn, Self.highFrequencyColumn]
      effects += names.map { (column: $0, effect: effect) }
    }
    return effects.compactMap { entry in
      guard let values = track[entry.column]?.numbers, !values.isEmpty, values.allSatisfy(\.isNaN) else { return nil }
      return "'\(source.product.file)' holds no value of \(entry.column): \(entry.effect)"
    }
  }

  /// Whether there is a range that stands in for ESA's own heights.
  private static func hasRange(_ track: Table) -> Bool {
    track["range_1_20_ku"]?.numbers?.contains { !$0.isNaN } == true
  }

  private static let oceanTideColumn = "ocean_tide_sol1_01"
  private static let highFrequencyColumn = "hf_fluct_cor_01"

  private static func isDelayDoppler(_ mode: WaveformLayout.Mode?) -> Bool { mode == .sar || mode == .sarin }

  /// What the peakiness of L2I is: its product text excludes bins without power in SAR mode, and them alone.
  static func peakinessDefinition(_ mode: WaveformLayout.Mode?) -> String {
    switch mode {
    case .sar?: RadarLimits.PeakinessKind.cryosat2.rawValue
    case .sarin?, .lrm?: RadarLimits.PeakinessKind.cryosat2Traditional.rawValue
    case nil: "esa-l2i-of-several-modes"
    }
  }

  /// A variable under its own name: one number a record, or echoes.
  private func other(_ v: NetCDFVariable) throws -> Recipe {
    if v.shape.count == 2, v.dimensions.first == SIRALFile.records, v.shape[1] > 0 {
      return Recipe { isPlanned in
        Column(
          v.name, summary: v.attributes["long_name"]?.text ?? "", dimension: v.dimensions.last,
          values: .array(isPlanned ? [] : try source.file.readPhysicalFloats(v.name), width: v.shape[1]))
      }
    }
    guard let recipe = try plain(SIRALRole(column: v.name, names: [v.name])) else {
      throw ParameterError("also", "names '\(v.name)', which cannot be read")
    }
    return recipe
  }

  private func needed(_ role: SIRALRole) throws -> NetCDFVariable {
    guard let v = try source.variable(role) else { throw FloeError("no \(role.names[0])") }
    try source.check(v)
    return v
  }

  private func trackerRange() throws -> Recipe {
    let v = try needed(.windowDelay)
    return Recipe { isPlanned in
      let numbers = isPlanned ? [] : try source.numbers(v, gap: 0).map { $0 * RadarEquation.lightSpeed / 2 }
      var made = column(
        ColumnName.trackerRange.rawValue, v, summary: "Range to the nominal bin, instrument corrections applied",
        from: "\(v.name) * c / 2", .number(numbers))
      made.unit = .metre
      return made
    }
  }

  /// The product's ocean tide is "the pure ocean tide, not including the corresponding loading tide or the equilibrium
  /// long-period ocean tide"; Sentinel-3's column of this name includes both.
  private func oceanTide() throws -> Recipe {
    let parts = try [SIRALRole.oceanTide, .equilibriumTide, .loadTide].map(needed)
    return sum(
      Self.oceanTideColumn, "Geocentric ocean tide: elastic and equilibrium tide and load tide", parts.map { ($0, 1) })
  }

  /// The product's dynamic atmosphere includes the inverse barometer; Sentinel-3's column of this name is what must be
  /// added to it.
  private func highFrequency() throws -> Recipe {
    let parts = try [SIRALRole.dynamicAtmosphere, .inverseBarometer].map(needed)
    return sum(
      Self.highFrequencyColumn, "Dynamic atmosphere beyond the inverse barometer", [(parts[0], 1), (parts[1], -1)])
  }

  private func sum(_ name: String, _ summary: String, _ parts: [(variable: NetCDFVariable, sign: Double)]) -> Recipe {
    Recipe { isPlanned in
      var total: [Double] = []
      if !isPlanned {
        total = [Double](repeating: 0, count: source.recordCount)
        for part in parts {
          for (i, value) in try source.numbers(part.variable, gap: gap).enumerated() { total[i] += part.sign * value }
        }
      }
      let from = parts.map { ($0.sign < 0 ? "- " : "+ ") + $0.variable.name }.joined(separator: " ").dropFirst(2)
      return column(name, parts[0].variable, summary: summary, from: String(from), .number(total))
    }
  }

  /// What makes sigma0 of an echo's power; delay-Doppler modes only.
  private func sigma0Scale() throws -> Recipe? {
    guard Self.isDelayDoppler(source.mode),
      let transmitted = try source.file.find("transmit_pwr_20_ku"),
      let velocity = try source.file.find("sat_vel_vec_20_ku"),
      velocity.shape == [source.recordCount, 3]
    else { return nil }
    let delay = try needed(.windowDelay)
    return Recipe { isPlanned in
      var scale: [Double] = []
      if !isPlanned {
        let power = try source.numbers(transmitted, gap: 0)
        let range = try source.numbers(delay, gap: 0)
        let v = try source.file.readPhysical(velocity.name)
        scale = range.indices.map { i in
          let speed = (v[3 * i] * v[3 * i] + v[3 * i + 1] * v[3 * i + 1] + v[3 * i + 2] * v[3 * i + 2]).squareRoot()
          return RadarEquation.scale(
            range: range[i] * RadarEquation.lightSpeed / 2, speed: speed, transmitted: power[i])
        }
      }
      return Column(
        .scaleFactor, unit: PhysicalUnit(rawValue: "dB"),
        summary: "Added to 10 log10(power in W) gives sigma0; no bias to other missions",
        attributes: ["source_variable": "transmit_pwr_20_ku, sat_vel_vec_20_ku, window_del_20_ku"],
        values: .number(scale))
    }
  }

  /// ESA's class as the codes that Sentinel-3's class has, and the product's own number.
  private func surfaceClass() throws -> [Recipe] {
    guard let v = try source.variable(.surfaceClass) else { return [] }
    try source.check(v)
    let own = Recipe { isPlanned in
      var made = column(
        v.name, v, summary: "", from: v.name,
        .code(
          isPlanned ? [] : try source.numbers(v, gap: 0).map { Int16(exactly: $0) ?? -1 }, missing: -1))
      made.classes = Self.table(v)
      return made
    }
    let shared = Recipe { isPlanned in
      let codes = isPlanned ? [] : try source.numbers(v, gap: 0).map(Self.seaIceCode)
      return Column(
        .esaClass, summary: "ESA's surface class", classes: .seaIce, attributes: ["source_variable": v.name],
        values: .code(codes, missing: -1))
    }
    return [own, shared]
  }

  /// lrm_ocean (2) and sar_ocean (64) are open ocean, sar_sea_ice (128) sea ice, sar_lead (256) lead; the rest says
  /// nothing of sea ice. The numbers are bits: where two of these are set, or beside them one of SARIn mode
  /// (sarin_valid, 16), the number is their sum; classes that contradict each other say nothing.
  static func seaIceCode(_ flag: Double) -> Int16 {
    guard let bits = Int(exactly: flag) else { return flag.isNaN ? -1 : 3 }
    guard bits >= 0 else { return 3 }
    let classes: [(bits: Int, code: Int16)] = [(2 | 64, 0), (128, 1), (256, 2)]
    let said = classes.filter { bits & $0.bits != 0 }
    return said.count == 1 ? said[0].code : 3
  }

  private static func table(_ v: NetCDFVariable) -> ClassTable? {
    let values = v.attributes["flag_values"] ?? v.attributes["flag_masks"] ?? v.attributes["flag_mask"]
    guard let names = v.attributes["flag_meanings"]?.text?.split(separator: " ").map(String.init),
      let codes = values?.numbers?.compactMap({ Int(exactly: $0) }), codes.count == names.count
    else { return nil }
    let colours = ClassTable.clusters(codes.count).entries.map(\.color)
    return ClassTable(
      zip(codes, zip(names, colours)).map { ClassEntry(code: $0, name: $1.0, label: $1.0, color: $1.1) }, noData: -1)
  }
}
