internal import CFFTW
internal import CGDAL
internal import CNetCDF
internal import CPROJ
import Glibc

/// The versions of the C libraries that the results depend on.
public enum LibraryVersions {
  /// Versions by library: `gdal`, `proj`, `netcdf`, `fftw`.
  public static func all() -> [String: String] {
    let netcdf = text(nc_inq_libvers()).map { String($0.prefix { $0 != " " }) }
    let info = proj_info()
    return [
      "gdal": text(GDALVersionInfo("RELEASE_NAME")) ?? "unknown",
      "proj": text(info.version) ?? "unknown",
      "netcdf": netcdf ?? "unknown",
      "fftw": RealFourierPlan.libraryVersion,
    ]
  }
}
