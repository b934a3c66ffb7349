import FloeIO
import FloeSDK

/// The contents of a SEN3 product's `xfdumanifest.xml`.
public struct SRALManifest: Sendable {
  public let start: UTCTime?
  public let stop: UTCTime?
  /// For example `Sentinel-3A`.
  public let platform: String?
  /// The ground track as (longitude, latitude) in degrees.
  public let track: [SIMD2<Double>]
  /// Headings and texts in the order in which people want them.
  public let facts: [(name: String, text: String)]

  /// Reads a manifest under any path that GDAL reads.
  public init(_ path: String) throws {
    let root = try XMLNode(file: path)
    func text(_ name: String) -> String? { root.descendant(name).flatMap { $0.text.isEmpty ? nil : $0.text } }
    let period = root.descendant("acquisitionPeriod")
    start = (period?.descendant("startTime")?.text).flatMap { UTCTime($0) }
    stop = (period?.descendant("stopTime")?.text).flatMap { UTCTime($0) }
    let satellite = root.descendants("platform").first { $0.first("number") != nil }
    platform = satellite.map { ($0.first("familyName")?.text ?? "Sentinel-3") + ($0.first("number")?.text ?? "") }
    let numbers = (text("posList") ?? "").split(whereSeparator: \.isWhitespace).map { Double($0) ?? .nan }
    guard numbers.count.isMultiple(of: 2), numbers.allSatisfy(\.isFinite) else {
      throw FloeError("the posList of '\(path)' is no list of pairs of latitude and longitude")
    }
    track = Self.line(
      stride(from: 0, to: numbers.count, by: 2).map { SIMD2(Longitude.wrapped(numbers[$0 + 1]), numbers[$0]) })
    facts = [
      ("Product type", "productType"), ("Cycle", "cycleNumber"), ("Orbit", "orbitNumber"),
      ("Relative orbit", "relativeOrbitNumber"),
      ("Pass", "relativePassNumber"), ("Timeliness", "timeliness"), ("Baseline collection", "baselineCollection"),
      ("Created", "creationTime"),
    ].compactMap { name, element in text(element).map { (name, $0) } }
  }

  /// The way out of a posList that runs along the track and back beside it, as a closed ring; other lists as they are.
  static func line(_ ring: [SIMD2<Double>]) -> [SIMD2<Double>] {
    let half = (ring.count - 1) / 2
    guard ring.count > 4, ring.count == 2 * half + 1, ring.first == ring.last else { return ring }
    // The way back lies a few hundred metres aside: 0.05 degrees of latitude is far more, and far less than a step
    // along the track.
    let isThin = (0..<half).allSatisfy { abs(ring[$0].y - ring[ring.count - 2 - $0].y) < 0.05 }
    return isThin ? Array(ring[..<half]) : ring
  }
}
