internal import CGDAL
import FloeCore

/// Makes coordinate reference systems from what users write.
public enum CRSFactory {
  /// A system from `EPSG:32601`, a PROJ string, WKT, or whatever else PROJ understands, with its code where it has one.
  ///
  /// - Throws: a sentence where PROJ does not understand the text, or its tables cannot be read.
  public static func make(_ userInput: String) throws -> CRS {
    try GDALMessages.collect { messages in
      guard let reference = OSRNewSpatialReference(nil) else {
        throw FloeError("no memory for a coordinate reference system")
      }
      defer { OSRRelease(reference) }
      guard OSRSetFromUserInput(reference, userInput) == OGRERR_NONE, let crs = SpatialReference.value(of: reference)
      else {
        if messages.reason.contains(GDALMessages.tables) {
          throw FloeError("'\(userInput)' cannot be looked up: \(messages.reason)")
        }
        throw FloeError(
          """
          '\(userInput)' is not a coordinate reference system: \(messages.reason); write for example 'EPSG:32601' \
          or 'EPSG:3413'
          """
        )
      }
      try SpatialReference.checkAngles(reference, "'\(userInput)'")
      return crs
    }
  }
}

extension CRS {
  /// Refuses systems of angles other than longitudes and latitudes in degrees from Greenwich.
  ///
  /// Boxes, areas and turns of 360 take such coordinates as what they are; grads, meridians of Paris and turned poles
  /// would give places and areas that are wrong.
  ///
  /// - Parameter what: whose system it is, as it begins the sentence.
  public func checkAngles(of what: String) throws {
    guard isGeographic || ["GEODCRS[", "GEOCCS[", "VERTCRS["].contains(where: wkt.hasPrefix) else { return }
    try SpatialReference.withHandle(self) { try SpatialReference.checkAngles($0, what) }
  }

  /// Whether two systems mean the same coordinates, however their texts put it; the order of their axes does not count.
  public func isSame(as other: CRS) -> Bool {
    if self == other || wkt == other.wkt { return true }
    return GDALMessages.collect(isTrial: true) { _ in
      // Safe because a text that cannot be understood is the same as no other.
      let same = try? SpatialReference.withHandle(self) { own in
        try SpatialReference.withHandle(other) { other in
          withStringList([
            "CRITERION=EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS", "IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES",
          ]) { OSRIsSameEx(own, other, constant($0)) != 0 }
        }
      }
      return same ?? false
    }
  }

  /// Whether both are missing, or both there and the same.
  public static func areSame(_ a: CRS?, _ b: CRS?) -> Bool {
    guard let a, let b else { return a == nil && b == nil }
    return a.isSame(as: b)
  }

  /// Longitude and latitude in degrees on WGS 84, `EPSG:4326`.
  public static let wgs84 = CRS(
    wkt: """
      GEOGCRS["WGS 84",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563,\
      LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],CS[ellipsoidal,2],\
      AXIS["geodetic latitude (Lat)",north,ORDER[1],ANGLEUNIT["degree",0.0174532925199433]],\
      AXIS["geodetic longitude (Lon)",east,ORDER[2],ANGLEUNIT["degree",0.0174532925199433]],ID["EPSG",4326]]
      """, code: "EPSG:4326")
}
