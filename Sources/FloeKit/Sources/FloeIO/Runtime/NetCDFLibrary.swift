internal import CNetCDF
import FloeCore
import Glibc

/// netCDF-C is not thread-safe, not even for different files: every call is made under one lock.
enum NetCDFLibrary {
  // Safe because the pointer is never changed and the mutex is only locked and unlocked. A plain mutex, whose waiters
  // sleep: those of Synchronization.Mutex spin in the kernel as long as another thread inflates.
  nonisolated(unsafe) private static let lock: UnsafeMutablePointer<pthread_mutex_t> = {
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    return mutex
  }()

  static func locked<R>(_ body: () throws -> R) rethrows -> R {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    floe_silence_hdf5()
    return try body()
  }

  /// Keeps HDF5 from printing on this thread, for GDAL's drivers that read such files.
  static func silence() { floe_silence_hdf5() }

  /// Throws the library's reason after `what` unless the status is 0.
  static func check(_ status: Int32, _ what: @autoclosure () -> String) throws {
    if status != NC_NOERR { throw FloeError("\(what()): \(text(nc_strerror(status)) ?? "error \(status)")") }
  }
}
