import Glibc

/// Addresses of objects in a store with S3's interface, `s3://bucket/key`.
///
/// GDAL's own `/vsis3/` takes a connection that breaks for a file that is not there, and its end for the file's end.
/// Left to it are folders in the place of files (Zarr), which need listings, and buckets whose reader pays.
enum ObjectAddress {
  /// Whether an address is an object's.
  static func isOne(_ url: String) -> Bool { url.lowercased().hasPrefix("s3://") }

  /// `s3://bucket`, for an object in it.
  static func bucket(_ url: String) -> String { "s3://" + url.dropFirst("s3://".count).prefix { $0 != "/" } }

  /// GDAL's path for `bucket/key`: floe's own way to it, or GDAL's.
  static func path(_ object: Substring) -> String {
    let isFolder = object.split(separator: "/").contains { $0.lowercased().hasSuffix(".zarr") }
    let isLeft = isFolder || !(variable("AWS_REQUEST_PAYER") ?? "").isEmpty
    return (isLeft ? "/vsis3/" : "/vsicurl/s3://") + object
  }

  /// A variable of AWS in the environment.
  static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
