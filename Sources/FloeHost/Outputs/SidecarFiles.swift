import FloeSDK
import Foundation

/// The files that lie beside an output and are read together with it: by floe's own writers, by GDAL and by SQLite.
struct SidecarFiles {
  /// The output's name or path.
  let file: String

  /// Files that floe writes beside an output, where the output gives cause.
  var made: [String] {
    OutputFormat(fileName: file) == .tif ? [stem + ".qml", stem + ".stac.json", file + ".aux.xml"] : []
  }

  /// Files that describe what lay there before, once the output is a new one.
  var outdated: [String] {
    switch OutputFormat(fileName: file) {
    case .tif: made + [file + ".ovr", file + ".msk"]
    case .gpkg: [file + "-wal", file + "-shm", file + "-journal", file + ".aux.xml"]
    case .nc: [file + ".aux.xml"]
    default: []
    }
  }

  private var stem: String { (file as NSString).deletingPathExtension }

  /// Why a GeoPackage must not be replaced; nil when it may, and for other files.
  ///
  /// SQLite keeps changes beside the file until they are taken over; it would put those of the old file into the new
  /// one.
  func refusal() -> String? {
    guard OutputFormat(fileName: file) == .gpkg else { return nil }
    for remains in [file + "-wal", file + "-journal"] {
      var info = stat()
      guard stat(remains, &info) == 0, info.st_size > 0 else { continue }
      // A journal whose first byte is zero has been taken over (SQLite's mode PERSIST). One that cannot be read may be
      // alive.
      if remains.hasSuffix("-journal"), (try? FileHandle(forReadingAtPath: remains)?.read(upToCount: 1))?.first == 0 {
        continue
      }
      return
        """
        \(remains) holds changes of the GeoPackage that is there: close it in the program that has it open (or \
        remove both files), or name another output
        """
    }
    return nil
  }
}
