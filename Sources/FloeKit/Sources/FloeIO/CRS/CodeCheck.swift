internal import CGDAL
import FloeCore
import Synchronization

/// Whether a reference system is the one whose code it bears.
///
/// A file may name a code and describe something else: a copied definition with another meridian, other units, a datum
/// shift of its own. Programs draw what is described, and so must we; whoever took the code would put the pixels
/// somewhere else, hundreds of kilometres away at worst.
enum CodeCheck {
  private static let judged = Mutex<[String: Bool]>([:])
  /// By how many metres a datum shift of a file's own may differ from that of PROJ's database.
  private static let nearMetres = 10.0

  /// Whether definition and code agree; true where one of them cannot be judged.
  ///
  /// - Parameter wkt: the text of the handle.
  static func holds(_ reference: OGRSpatialReferenceH, wkt: String, code: String) -> Bool {
    if CRSRegistry.wkt(code) == wkt { return true }
    if let found = judged.withLock({ $0[wkt] }) { return found }
    let found = GDALMessages.collect(isTrial: true) { _ in judge(reference, code) }
    judged.withLock { $0[wkt] = found }
    return found
  }

  /// The text of a system without a code that stands for another system.
  ///
  /// One with an ellipsoid of its own loses the name of its datum and the code of its degrees too: of a datum that
  /// GeoTIFF knows by name or number it keeps that one's ellipsoid.
  static func withoutCode(_ reference: OGRSpatialReferenceH, _ wkt: String, _ code: String) -> String {
    let parts = code.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return wkt }
    let text = wkt.replacing(",ID[\"\(parts[0])\",\(parts[1])]", with: "")
    guard let known = OSRNewSpatialReference(nil) else { return text }
    defer { OSRRelease(known) }
    guard OSRSetFromUserInput(known, code) == OGRERR_NONE, !hasSameEllipsoid(reference, known) else { return text }
    return text.replacing(/DATUM\["[^"]*"/, with: "DATUM[\"unknown\"")
      .replacing(/,ID\["[^"]*",[0-9]+\]\],CONVERSION/, with: "],CONVERSION")
  }

  private static func judge(_ reference: OGRSpatialReferenceH, _ code: String) -> Bool {
    guard let own = OSRClone(reference), let known = OSRNewSpatialReference(nil) else { return true }
    defer {
      OSRRelease(own)
      OSRRelease(known)
    }
    guard OSRSetFromUserInput(known, code) == OGRERR_NONE else { return true }
    for system in [own, known] { OSRSetAxisMappingStrategy(system, OAMS_TRADITIONAL_GIS_ORDER) }
    guard OSRIsProjected(own) == OSRIsProjected(known), OSRIsGeographic(own) == OSRIsGeographic(known) else {
      return false
    }
    guard OSRIsProjected(own) != 0 || OSRIsGeographic(own) != 0 else { return true }
    guard hasSameMeasures(own, known), !isShifted(own, known) else { return false }
    return OSRIsProjected(own) == 0 || hasSamePlaces(own, known)
  }

  /// Whether ellipsoid, units and prime meridian are the same, as far as a metre needs it.
  private static func hasSameMeasures(_ a: OGRSpatialReferenceH, _ b: OGRSpatialReferenceH) -> Bool {
    func differ(_ x: Double, _ y: Double, by limit: Double) -> Bool { abs(x - y) > limit }
    guard hasSameEllipsoid(a, b) else { return false }
    if differ(OSRGetAngularUnits(a, nil) / OSRGetAngularUnits(b, nil), 1, by: 1e-6) { return false }
    if differ(OSRGetPrimeMeridian(a, nil), OSRGetPrimeMeridian(b, nil), by: 1e-6) { return false }
    // A foot and a survey foot differ by two millionths.
    return OSRIsProjected(a) == 0 || !differ(OSRGetLinearUnits(a, nil) / OSRGetLinearUnits(b, nil), 1, by: 1e-7)
  }

  private static func hasSameEllipsoid(_ a: OGRSpatialReferenceH, _ b: OGRSpatialReferenceH) -> Bool {
    abs(OSRGetSemiMajor(a, nil) - OSRGetSemiMajor(b, nil)) <= 1
      && abs(OSRGetInvFlattening(a, nil) - OSRGetInvFlattening(b, nil)) <= 0.01
  }

  /// Whether longitudes and latitudes of the whole Earth have the same places on both maps, where they have any.
  private static func hasSamePlaces(_ own: OGRSpatialReferenceH, _ known: OGRSpatialReferenceH) -> Bool {
    var longitudes: [Double] = []
    var latitudes: [Double] = []
    for i in 0..<12 {
      for j in 0..<18 {
        longitudes.append(Double(i) * 30 - 180)
        latitudes.append(Double(j) * 10 - 85)
      }
    }
    guard let base = OSRCloneGeogCS(own), let knownBase = OSRCloneGeogCS(known) else { return true }
    defer {
      OSRRelease(base)
      OSRRelease(knownBase)
    }
    guard let a = moved(longitudes, latitudes, from: base, to: own),
      let b = moved(longitudes, latitudes, from: knownBase, to: known)
    else { return true }
    let metre = 1 / OSRGetLinearUnits(known, nil)
    return zip(a, b).allSatisfy { a, b in
      guard a.x.isFinite, a.y.isFinite, b.x.isFinite, b.y.isFinite else { return true }
      return abs(a.x - b.x) <= max(metre, 1e-6 * abs(b.x)) && abs(a.y - b.y) <= max(metre, 1e-6 * abs(b.y))
    }
  }

  /// Whether a datum shift in the definition leads elsewhere than that of the code, in the middle of its area.
  private static func isShifted(_ own: OGRSpatialReferenceH, _ known: OGRSpatialReferenceH) -> Bool {
    var shift = [Double](repeating: 0, count: 7)
    guard OSRGetTOWGS84(own, &shift, 7) == OGRERR_NONE, shift.contains(where: { $0 != 0 }) else { return false }
    var (west, south, east, north) = (0.0, 0.0, 0.0, 0.0)
    guard OSRGetAreaOfUse(known, &west, &south, &east, &north, nil) != 0, west <= east,
      let globe = OSRNewSpatialReference(nil)
    else { return true }
    defer { OSRRelease(globe) }
    guard OSRImportFromEPSG(globe, 4326) == OGRERR_NONE else { return true }
    let (x, y) = ([(west + east) / 2], [(south + north) / 2])
    guard let a = moved(x, y, from: globe, to: own)?.first, let b = moved(x, y, from: globe, to: known)?.first,
      a.x.isFinite, b.x.isFinite
    else { return true }
    let unit = OSRIsProjected(known) != 0 ? OSRGetLinearUnits(known, nil) : 111_000
    return max(abs(a.x - b.x), abs(a.y - b.y)) * unit > nearMetres
  }

  /// Points brought into a system, infinite where they have no place in it; nil without a transformation.
  private static func moved(
    _ x: [Double], _ y: [Double], from source: OGRSpatialReferenceH, to target: OGRSpatialReferenceH
  ) -> [SIMD2<Double>]? {
    OSRSetAxisMappingStrategy(source, OAMS_TRADITIONAL_GIS_ORDER)
    guard let transform = OCTNewCoordinateTransformation(source, target) else { return nil }
    defer { OCTDestroyCoordinateTransformation(transform) }
    var x = x
    var y = y
    var isMoved = [Int32](repeating: 0, count: x.count)
    _ = OCTTransformEx(transform, Int32(x.count), &x, &y, nil, &isMoved)
    return x.indices.map { isMoved[$0] != 0 ? SIMD2(x[$0], y[$0]) : SIMD2(.infinity, .infinity) }
  }
}
