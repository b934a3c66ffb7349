internal import CGDAL
import FloeCore

/// Makes coordinate reference systems from what users write.
public enum CRSFactory {
  /// A system from `EPSG:32601`, a PROJ string, WKT, or whatever else PROJ understands, with its code where it has one.
  public static func make(_ userInput: String) throws -> CRS {
    try GDALMessages.collect { messages in
      guard let reference = OSRNewSpatialReference(nil) else { throw FloeError("no memory for a coordinate reference system") }
      defer { OSRRelease(reference) }
      guard OSRSetFromUserInput(reference, userInput) == OGRERR_NONE, let crs = SpatialReference.value(of: reference) else {
        throw FloeError(
          "'\(userInput)' is not a coordinate reference system: \(messages.reason); write for example 'EPSG:32601' or 'EPSG:3413'")
      }
      return crs
    }
  }
}

extension CRS {
  /// Longitude and latitude in degrees on WGS 84, `EPSG:4326`.
  public static let wgs84 = CRS(
    wkt: """
      GEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563,\
      LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],CS[ellipsoidal,2],\
      AXIS["geodetic latitude (Lat)",north,ORDER[1],ANGLEUNIT["degree",0.0174532925199433]],\
      AXIS["geodetic longitude (Lon)",east,ORDER[2],ANGLEUNIT["degree",0.0174532925199433]],ID["EPSG",4326]]
      """, code: "EPSG:4326")
}

/// The crossing between `CRS` values and OSR handles.
enum SpatialReference {
  /// The value of a borrowed handle; nil for one that has no WKT.
  static func value(of reference: OGRSpatialReferenceH) -> CRS? {
    let wkt = withStringList(["FORMAT=WKT2_2019", "MULTILINE=NO"]) { options -> String? in
      var pointer: UnsafeMutablePointer<CChar>?
      guard OSRExportToWktEx(reference, &pointer, constant(options)) == OGRERR_NONE else { return nil }
      defer { VSIFree(pointer) }
      return text(pointer)
    }
    guard let wkt, !wkt.isEmpty else { return nil }
    guard let code = code(of: reference) ?? identified(reference) else { return CRS(wkt: wkt, code: nil) }
    return CRS(wkt: RegisteredSystems.wkt(code) ?? wkt, code: code)
  }

  /// Lends a new handle in x, y order; throws when the text of `crs` is not understood.
  static func lend<R>(_ crs: CRS, _ body: (OGRSpatialReferenceH) throws -> R) throws -> R {
    guard let reference = OSRNewSpatialReference(nil) else { throw FloeError("no memory for a coordinate reference system") }
    defer { OSRRelease(reference) }
    guard OSRSetFromUserInput(reference, crs.wkt) == OGRERR_NONE else {
      throw FloeError("the coordinate reference system '\(crs.label)' is not understood")
    }
    OSRSetAxisMappingStrategy(reference, OAMS_TRADITIONAL_GIS_ORDER)
    return try body(reference)
  }

  /// Lends a handle or, without a system, nil.
  static func lend<R>(optional crs: CRS?, _ body: (OGRSpatialReferenceH?) throws -> R) throws -> R {
    if let crs { try lend(crs) { try body($0) } } else { try body(nil) }
  }

  private static func code(of reference: OGRSpatialReferenceH) -> String? {
    guard let authority = text(OSRGetAuthorityName(reference, nil)), let code = text(OSRGetAuthorityCode(reference, nil))
    else { return nil }
    return "\(authority):\(code)"
  }

  /// The code that OSR recognises from the definition alone, as for UTM zones without an identifier.
  private static func identified(_ reference: OGRSpatialReferenceH) -> String? {
    guard let copy = OSRClone(reference) else { return nil }
    defer { OSRRelease(copy) }
    return GDALMessages.collect { _ in OSRAutoIdentifyEPSG(copy) == OGRERR_NONE ? code(of: copy) : nil }
  }
}
