internal import CGDAL
import FloeCore

/// One open dataset; used by one thread at a time, closed once.
final class GDALDataset {
  /// The handle; valid until `close`.
  let handle: UnsafeMutableRawPointer
  private var isOpen = true

  /// Takes over an open handle.
  init(owning handle: UnsafeMutableRawPointer) { self.handle = handle }

  deinit { if isOpen { GDALClose(handle) } }

  /// Opens a file or says in one sentence why not.
  static func open(
    _ path: String, flags: Int32, drivers: [String]? = nil, options: [String] = []
  ) throws -> GDALDataset {
    try LocalFile.checkInput(path)
    try MosaicSourceCheck.check(path)
    let isRemote = RemotePath.isRemote(path)
    return try GDALMessages.collect(about: path) { messages in
      NetworkAccess.settle(for: path)
      let place = try RemoteCopy.forDriver(path)
      NetCDFLibrary.silence()
      // Files beside one on the network are not looked for: each would be a request, and none is in the input's key.
      if isRemote { CPLSetThreadLocalConfigOption("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR") }
      defer { if isRemote { CPLSetThreadLocalConfigOption("GDAL_DISABLE_READDIR_ON_OPEN", nil) } }
      let handle = withStringList(drivers) { allowed in
        withStringList(options) { options in
          GDALOpenEx(place, UInt32(flags | GDAL_OF_VERBOSE_ERROR), constant(allowed), constant(options), nil)
        }
      }
      guard let handle else {
        let kind = flags & GDAL_OF_VECTOR != 0 ? "a vector file" : "a raster file"
        // What cannot be measured is reported with GDAL's reason.
        if !isRemote, (try? VirtualFile.size(path)) == 0, !VirtualFile.isDirectory(path) {
          throw FloeError("'\(path)' is empty (0 bytes); \(kind) is needed")
        }
        var sentence = "'\(path)' cannot be opened as \(kind): \(messages.reason)"
        sentence += NetworkAccess.hint(messages.reason)
        if flags & GDAL_OF_RASTER != 0 { sentence += listHint(path) }
        if let drivers, !NetworkAccess.isReason(messages.reason) {
          sentence += "; accepted are files of \(drivers.joined(separator: ", "))"
        }
        throw FloeError(sentence)
      }
      // What a driver could not read of a file that it opened all the same.
      for line in messages.failures { LibraryNotices.add("'\(path)': \(line)") }
      let dataset = GDALDataset(owning: handle)
      if !isRemote, ["GPKG", "SQLite", "MBTiles"].contains(dataset.driverName) { try CutDatabaseCheck.check(path) }
      return dataset
    }
  }

  /// What an item collection is given for, where one stands in the place of a raster; else empty.
  private static func listHint(_ path: String) -> String {
    let lower = path.lowercased()
    // What cannot be read as JSON either was reported already.
    guard lower.hasSuffix(".json") || lower.hasSuffix(".geojson"), let size = try? VirtualFile.size(path),
      size <= 16 << 20, let bytes = try? VirtualFile.read(path),
      let json = try? JSONText.decode(bytes: bytes, name: path), json["type"]?.stringValue == "FeatureCollection"
    else { return "" }
    let count = json["features"]?.arrayValue?.count ?? 0
    return "; it is a list of \(count) \(count == 1 ? "item" : "items") and no raster: name a file, or have floe batch "
      + "--over take each item of STAC as a scene"
  }

  /// Closes, and returns whether that failed; a file on a full disk fails here and nowhere before.
  func close() -> Bool {
    guard isOpen else { return true }
    isOpen = false
    return floe_gdal_close(handle) != 0
  }

  /// The short name of the driver.
  var driverName: String { GDALGetDatasetDriver(handle).flatMap { text(GDALGetDriverShortName($0)) } ?? "unknown" }
  /// A band by its number from 1; borrowed from the dataset.
  func band(_ number: Int) -> UnsafeMutableRawPointer? { GDALGetRasterBand(handle, Int32(number)) }
}

extension PixelType {
  var gdal: GDALDataType {
    switch self {
    case .uint8: GDT_Byte
    case .int16: GDT_Int16
    case .uint16: GDT_UInt16
    case .int32: GDT_Int32
    case .uint32: GDT_UInt32
    case .float32: GDT_Float32
    case .float64: GDT_Float64
    }
  }

  init?(_ type: GDALDataType) {
    guard let found = Self.allCases.first(where: { $0.gdal == type }) else { return nil }
    self = found
  }
}
