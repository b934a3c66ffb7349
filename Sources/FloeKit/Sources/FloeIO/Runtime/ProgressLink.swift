internal import CGDAL

/// What a GDAL progress callback reads and reports.
final class ProgressLink {
  let isCancelled: @Sendable () -> Bool
  init(_ isCancelled: @escaping @Sendable () -> Bool) { self.isCancelled = isCancelled }

  /// Passes the callback and its data, both dead after the closure.
  func withCallback<R>(_ body: (GDALProgressFunc, UnsafeMutableRawPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(self) {
      try body(
        { _, _, data in
          guard let data else { return 1 }
          // Safe because the caller keeps the link alive until GDAL has returned.
          return Unmanaged<ProgressLink>.fromOpaque(data).takeUnretainedValue().isCancelled() ? 0 : 1
        }, Unmanaged.passUnretained(self).toOpaque())
    }
  }
}
