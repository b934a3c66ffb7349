internal import CGDAL
import Glibc

/// A package that brings GDAL and PROJ along has their tables beside the kit, in `share/gdal` and `share/proj`. PROJ
/// finds its own from its library's place; GDAL knows only the folder that it was built with.
enum BundledLibraries {
  /// The folder of the kit; nil where it cannot be told.
  static let folder: String? = {
    // What Swift sees of glibc has no dladdr; the system's list of mapped files says as much.
    guard let maps = fopen("/proc/self/maps", "r") else { return nil }
    defer { fclose(maps) }
    var buffer = [CChar](repeating: 0, count: 8192)
    var found: String?
    while found == nil, fgets(&buffer, Int32(buffer.count), maps) != nil {
      let line = buffer.withUnsafeBufferPointer { text($0.baseAddress) ?? "" }
      guard line.contains("libFloeKit.so"), let start = line.firstIndex(of: "/") else { continue }
      found = String(line[start...])
    }
    guard let path = found, let slash = path.lastIndex(of: "/") else { return nil }
    return String(path[..<slash])
  }()

  /// Lets GDAL take its tables from there, and no drivers of another GDAL from the system. What the user set stays, and
  /// so does a GDAL that is the system's.
  static func configure() {
    guard let folder, access(folder + "/share/gdal", R_OK) == 0 else { return }
    if getenv("GDAL_DATA") == nil { CPLSetConfigOption("GDAL_DATA", folder + "/share/gdal") }
    if getenv("GDAL_DRIVER_PATH") == nil { CPLSetConfigOption("GDAL_DRIVER_PATH", "disable") }
  }
}
