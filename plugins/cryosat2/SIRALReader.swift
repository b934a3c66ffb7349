import FloeIO
import FloeSDK

/// Recognises and describes CryoSat-2 SIRAL products.
public struct SIRALReader: ProductReader {
  public static let name = "cryosat2"
  public static let summary = "CryoSat-2 SIRAL products of level 1B and level 2 in-depth, baselines D and E."

  /// The reader.
  public init() {}

  public func recognises(_ path: String) -> Bool {
    if VirtualFile.isDirectory(path) {
      // A folder that cannot be listed is none of ours; whoever reads it says why.
      let files = (try? VirtualFile.list(path, recursive: false)) ?? []
      return files.contains { SIRALProduct.isProductName($0) && $0.lowercased().hasSuffix(".nc") }
    }
    let name = SIRALProduct.stem(path)
    let isFile = [".nc", ".zip"].contains { path.lowercased().hasSuffix($0) }
    return SIRALProduct.isProductName(name) && isFile && VirtualFile.exists(path)
  }

  public func describe(_ path: String) throws -> ProductDescription {
    let product = try SIRALProduct(path)
    let source = try SIRALFile(product)
    var d = ProductDescription(
      kind: "CryoSat-2 SIRAL \(product.kind.rawValue)", name: product.name, path: path,
      acquisition: Acquisition(
        product: product.name, platform: "CryoSat-2", instrument: "SIRAL", level: product.kind.rawValue,
        baseline: product.baseline),
      isTrack: true, records: source.recordCount)
    let time = source.utc
    d.start = UTCTime(seconds: time[0])
    d.stop = UTCTime(seconds: time[time.count - 1])
    d.acquisition.time = UTCTime(seconds: (time[0] + time[time.count - 1]) / 2)
    d.footprint = try Self.line(source)
    d.tell("Platform", "CryoSat-2")
    d.tell("Baseline", product.baseline)
    if let mode = source.mode { d.tell("Radar mode", mode.rawValue.uppercased()) }
    for (name, attribute) in [
      ("Cycle", "cycle_number"), ("Orbit", "abs_orbit_number"), ("Processing stage", "processing_stage"),
      ("Processor", "software_version"), ("Orbit solution", "vector_source"),
    ] {
      if let text = source.text(attribute) { d.tell(name, text) }
    }
    d.tell("20 Hz records", String(source.recordCount))
    if product.kind == .level1B {
      let echoes = EchoReader(source: source)
      let bins = try echoes.variable().shape[1]
      let gate = echoes.layout(bins: bins).rangeGate ?? .nan
      d.tell("Samples of an echo", "\(bins), \((gate * 1e4).rounded() / 1e4) m apart")
      if source.mode == .lrm {
        d.warnings.append("low-resolution mode: leads are told from floes by delay-Doppler echoes (SAR, SARIn)")
      }
    } else if let v = try source.variable(.surfaceClass) {
      let codes = try source.numbers(v, gap: 0).map(SIRALColumns.seaIceCode)
      let counts = ClassTable.seaIce.entries.map { entry in (entry.name, codes.count { Int($0) == entry.code }) }
      d.tell("Surface class", counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }.joined(separator: ", "))
    }
    return d
  }

  /// About fifty points of the records' own positions.
  private static func line(_ source: SIRALFile) throws -> [SIMD2<Double>] {
    let position = try SIRALRole.position.map { role in
      try source.variable(role).map { try source.numbers($0, gap: 0) } ?? []
    }
    let valid = position[0].indices.filter {
      position[0][$0].isFinite && position[1][$0].isFinite && !Latitude.isBeyondPole(position[0][$0])
    }
    guard let last = valid.last else { return [] }
    var chosen = stride(from: 0, to: valid.count, by: max(1, valid.count / 50)).map { valid[$0] }
    if chosen.last != last { chosen.append(last) }
    return chosen.map { SIMD2(position[1][$0] >= 180 ? position[1][$0] - 360 : position[1][$0], position[0][$0]) }
  }
}
