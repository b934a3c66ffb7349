// swift-tools-version: 6.1
import PackageDescription

// The plugin kit is a package of its own so that it becomes one shared library: host, plugins and tests
// must share its types (docs/design.md, "The plugin border"). It has no package dependencies.
let package = Package(
  name: "FloeKit",
  products: [
    .library(name: "FloeKit", type: .dynamic, targets: ["CFloeStamp", "FloeCore", "FloeNumerics", "FloeIO", "FloeSDK"])
  ],
  targets: [
    .systemLibrary(name: "CGDAL", pkgConfig: "gdal", providers: [.apt(["libgdal-dev"])]),
    .systemLibrary(name: "CPROJ", pkgConfig: "proj", providers: [.apt(["libproj-dev"])]),
    .systemLibrary(name: "CNetCDF", pkgConfig: "netcdf", providers: [.apt(["libnetcdf-dev"])]),
    .systemLibrary(name: "CFFTW", pkgConfig: "fftw3f", providers: [.apt(["libfftw3-dev"])]),
    .systemLibrary(name: "CMinpack", pkgConfig: "cminpack", providers: [.apt(["libcminpack-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "CFloeStamp"),
    .target(name: "FloeCore"),
    .target(name: "FloeNumerics", dependencies: ["FloeCore"]),
    .target(
      name: "FloeIO",
      dependencies: ["FloeCore", "CGDAL", "CPROJ", "CNetCDF", "CFFTW", "CMinpack", "CSQLite", "CCrypto"]),
    .target(name: "FloeSDK", dependencies: ["FloeCore", "FloeNumerics", "FloeIO", "CFloeStamp"]),
  ],
  swiftLanguageModes: [.v6])
