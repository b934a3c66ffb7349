/// A part of a file as GDAL names it: `NETCDF:"f.nc":var`, `HDF5:"f.h5"://group/data`, `GTIFF_DIR:2:f.tif`.
public struct DatasetName: Sendable, Hashable {
  /// The file.
  public let file: String
  /// What names the part inside of the file, without colons at its ends; may be empty.
  public let part: String
  private let head: String, tail: String

  /// Drivers whose datasets are named in this way.
  private static let drivers: Set<String> = [
    "NETCDF", "HDF5", "HDF5IMAGE", "BAG", "HDF4_SDS", "HDF4_EOS", "ZARR", "GPKG", "GTIFF_DIR", "SENTINEL2_L1B",
    "SENTINEL2_L1C", "SENTINEL2_L2A", "SENTINEL1_CALIB",
  ]

  /// Nil for a plain path.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, Self.drivers.contains(parts[0].uppercased()) else { return nil }
    var head = parts[0] + ":"
    var rest = parts[1][...]
    if parts[0].uppercased() == "GTIFF_DIR" {
      // The directory's number, or `off:` and its place, stand before the file.
      guard let colon = rest.lastIndex(of: ":") else { return nil }
      head += rest[...colon]
      (self.head, file, tail) = (head, String(rest[rest.index(after: colon)...]), "")
      part = String(head.dropFirst("GTIFF_DIR:".count).dropLast())
      return
    }
    if let open = rest.firstIndex(of: "\""), let close = rest[rest.index(after: open)...].firstIndex(of: "\"") {
      head += rest[...open]
      file = String(rest[rest.index(after: open)..<close])
      rest = rest[close...]
    } else {
      let end = rest.firstIndex(of: ":") ?? rest.endIndex
      file = String(rest[..<end])
      rest = rest[end...]
    }
    guard !file.isEmpty else { return nil }
    (self.head, tail) = (head, String(rest))
    part = String(rest.drop { $0 == "\"" || $0 == ":" || $0 == "/" })
  }

  /// The name of the same part of another file.
  public func moved(to other: String) -> String { head + other + tail }
}
