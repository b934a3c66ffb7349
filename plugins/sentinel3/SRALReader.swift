import FloeIO
import FloeSDK

/// Recognises and describes Sentinel-3 SRAL level 2 products.
public struct SRALReader: ProductReader {
  public static let name = "sentinel3"
  public static let summary = "Sentinel-3 SRAL level 2 products: SEN3 folders, their zips, and measurement files."

  /// The reader.
  public init() {}

  public func recognises(_ path: String) -> Bool {
    let name = SRALProduct.last(path)
    if SRALProduct.measurements.contains(name) { return VirtualFile.exists(path) }
    let lower = name.lowercased()
    if TrackFacts.type(of: name).hasPrefix("SR_2_"),
      lower.hasSuffix(".sen3") || lower.hasSuffix(".zip") || lower.hasSuffix(".nc")
    {
      return VirtualFile.exists(path)
    }
    guard VirtualFile.isDirectory(path) else { return false }
    return SRALProduct.measurements.contains { VirtualFile.exists("\(path)/\($0)") }
  }

  public func describe(_ path: String) throws -> ProductDescription {
    let product = try SRALProduct(path)
    let source = try SRALFile(product)
    let facts = TrackFacts(source)
    let manifest = try product.manifest.map { try SRALManifest($0) }
    var d = ProductDescription(
      kind: "Sentinel-3 SRAL level 2\(facts.type.isEmpty ? "" : " \(facts.type)")",
      name: facts.acquisition.product ?? product.name, path: path,
      acquisition: facts.acquisition, isTrack: true, records: source.recordCount)
    if let platform = manifest?.platform { d.acquisition.platform = platform }
    let times = try source.recordAxis().times.map { $0 + source.epoch }
    d.start = manifest?.start ?? UTCTime(seconds: times[0])
    d.stop = manifest?.stop ?? UTCTime(seconds: times[times.count - 1])
    d.acquisition.time = UTCTime(seconds: (times[0] + times[times.count - 1]) / 2)
    let track = manifest?.track ?? []
    d.footprint = try track.isEmpty ? Self.line(source) : track
    if let platform = d.acquisition.platform { d.tell("Platform", platform) }
    let named =
      manifest?.facts
      ?? [("Cycle", "cycle"), ("Orbit", "absolute_orbit"), ("Pass", "pass")].compactMap { name, tag in
        facts.tags[tag].map { (name, $0) }
      }
    for (name, text) in named { d.tell(name, text) }
    d.tell("Measurement file", SRALProduct.last(product.measurement))
    d.tell("20 Hz Ku records", String(source.recordCount))
    for (name, dimension) in [("1 Hz records", "time_01"), ("20 Hz C-band records", "time_20_c")] {
      if let length = source.file.dimensions.first(where: { $0.name == dimension })?.length {
        d.tell(name, String(length))
      }
    }
    if let bins = try source.find(SRALVariables.echoes)?.shape.last { d.tell("Samples of an echo", String(bins)) }
    try Self.tellFlags(source, &d)
    let missing = try SRALVariables.required.filter { try source.find($0) == nil }
    if !missing.isEmpty {
      d.warnings.append(
        "no \(missing.map(SRALRoles.looked).joined(separator: ", ")): sea-ice classification needs SR_2_LAN_SI")
    }
    return d
  }

  /// Counts of ESA's surface class and surface type.
  private static func tellFlags(_ source: SRALFile, _ d: inout ProductDescription) throws {
    let types = ClassTable(
      SurfaceType.allCases.map { ClassEntry(code: $0.code, name: $0.rawValue, label: $0.rawValue, color: RGB(0, 0, 0)) }
    )
    for (heading, name, table) in [
      ("Surface class", SRALVariables.surfaceClass, ClassTable.seaIce),
      ("Surface type", SRALVariables.surfaceType, types),
    ] {
      guard try source.find(name) != nil else { continue }
      var counts: [Int: Int] = [:]
      var missing = 0
      for value in try source.perRecord(name) {
        if let code = Int(exactly: value) { counts[code, default: 0] += 1 } else { missing += 1 }
      }
      var parts = counts.sorted { $0.key < $1.key }.map { "\($0.value) \(table[$0.key]?.name ?? "code \($0.key)")" }
      if missing > 0 { parts.append("\(missing) missing") }
      d.tell(heading, parts.joined(separator: ", "))
    }
  }

  /// About fifty points of the records' own positions; empty where the file has none.
  private static func line(_ source: SRALFile) throws -> [SIMD2<Double>] {
    guard try source.find("lat_20_ku") != nil, try source.find("lon_20_ku") != nil else { return [] }
    let lat = try source.perRecord("lat_20_ku")
    let lon = try source.perRecord("lon_20_ku")
    let valid = lat.indices.filter { lat[$0].isFinite && lon[$0].isFinite && !Latitude.isBeyondPole(lat[$0]) }
    guard let last = valid.last else { return [] }
    var chosen = stride(from: 0, to: valid.count, by: max(1, valid.count / 50)).map { valid[$0] }
    if chosen.last != last { chosen.append(last) }
    return chosen.map { SIMD2(Longitude.wrapped(lon[$0]), lat[$0]) }
  }
}
