import FloeSDK

/// What a measurement file and its name say of the product.
struct TrackFacts {
  let acquisition: Acquisition
  let tags: [String: String]
  /// For example `SR_2_LAN_SI`; empty where the name does not say.
  let type: String

  init(_ source: SRALFile) {
    let attributes = source.file.attributes
    func text(_ name: String) -> String? {
      switch attributes[name] {
      case .text(let s)?: s.isEmpty ? nil : s
      case .numbers(let v, _)?: v.first.map { $0 == $0.rounded() && abs($0) < 1e15 ? String(Int($0)) : String($0) }
      case nil: nil
      }
    }
    var name = source.product.name
    if !Self.isProductName(name), let own = text("product_name") { name = own }
    for ending in [".SEN3"] where name.hasSuffix(ending) { name = String(name.dropLast(ending.count)) }
    type = Self.type(of: name)
    // Products that floe made have official names; their mission says that they are synthetic.
    let isSynthetic = text("mission_name")?.contains("synthetic") ?? false
    let platform = (Self.platform(of: name) ?? text("mission_name").flatMap(Self.platform(ofMission:)))
      .map { isSynthetic ? $0 + " (synthetic)" : $0 }
    acquisition = Acquisition(
      product: name, platform: platform, instrument: "SRAL", level: "L2", baseline: Self.baseline(of: name))
    var tags = ["product": name]
    for (tag, attribute) in [
      ("cycle", "cycle_number"), ("pass", "pass_number"), ("absolute_orbit", "absolute_rev_number"),
      ("processor", "source"),
      ("title", "title"), ("institution", "institution"), ("references", "references"),
      ("mission_name", "mission_name"),
    ] {
      if let value = text(attribute) { tags[tag] = value }
    }
    self.tags = tags
  }

  /// Gate width and nominal bin follow from the number of bins: 256 after zero padding in the thematic products.
  static func layout(bins: Int) -> WaveformLayout {
    switch bins {
    case 256: WaveformLayout(rangeGate: 0.234213, nominalBin: 88, mode: .sar)
    case 128: WaveformLayout(rangeGate: 0.468426)
    default: WaveformLayout()
    }
  }

  /// Repeats what the echo's column says as facts of the track, for people and files without attributes.
  static func tag(_ table: inout Table, bins: Int) {
    let layout = layout(bins: bins)
    if let gate = layout.rangeGate { table.tags["range_gate_m"] = "\(gate)" }
    if let bin = layout.nominalBin { table.tags["nominal_bin"] = "\(Int(bin))" }
  }

  /// `S3?_SR_...`, as all SRAL products are named.
  static func isProductName(_ name: String) -> Bool { name.hasPrefix("S3") && name.dropFirst(3).hasPrefix("_SR_") }

  static func type(of name: String) -> String {
    guard isProductName(name) else { return "" }
    var type = name.dropFirst(4).prefix(11)
    while type.last == "_" { type = type.dropLast() }
    return String(type)
  }

  static func platform(of name: String) -> String? {
    guard isProductName(name), let letter = name.dropFirst(2).first, letter != "_" else { return nil }
    return "Sentinel-3\(letter)"
  }

  private static func platform(ofMission mission: String) -> String? {
    guard let letter = mission.last, letter.isLetter, mission.contains(where: { $0 == "3" }) else { return nil }
    return "Sentinel-3\(letter)"
  }

  private static func baseline(of name: String) -> String? {
    let last = name.split(separator: "_").last ?? ""
    return isProductName(name) && last.count == 3 && last.allSatisfy(\.isNumber) ? String(last) : nil
  }
}
