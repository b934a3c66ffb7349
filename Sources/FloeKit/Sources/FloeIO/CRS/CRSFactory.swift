internal import CGDAL
import FloeCore

/// Makes coordinate reference systems from what users write.
public enum CRSFactory {
  /// A system from `EPSG:32601`, a PROJ string, WKT, or whatever else PROJ understands, with its code where it has one.
  public static func make(_ userInput: String) throws -> CRS {
    try GDALMessages.collect { messages in
      guard let reference = OSRNewSpatialReference(nil) else {
        throw FloeError("no memory for a coordinate reference system")
      }
      defer { OSRRelease(reference) }
      guard OSRSetFromUserInput(reference, userInput) == OGRERR_NONE, let crs = SpatialReference.value(of: reference)
      else {
        throw FloeError(
          """
          '\(userInput)' is not a coordinate reference system: \(messages.reason); write for example 'EPSG:32601' \
          or 'EPSG:3413'
          """
        )
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
