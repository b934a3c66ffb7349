import FloeSDK
import Glibc
import Synchronization

/// Hands a file that a plan has opened to the run behind it, and one that a run has read to the next.
///
/// To open a product and to close it costs as much as to inflate half of its echoes, and one in a zip is extracted each
/// time. A file that was changed in between is opened anew.
enum OpenProducts {
  private struct Identity: Equatable {
    let device: dev_t, inode: ino_t, size: off_t, seconds: time_t, nanoseconds: Int

    /// Nil for what the file system does not know, such as a path that only GDAL reads.
    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      (device, inode, size) = (status.st_dev, status.st_ino, status.st_size)
      (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }

    init?(_ product: SRALProduct) { self.init(product.isArchive ? product.path : product.measurement) }
  }
  private static let waiting = Mutex<[String: (identity: Identity, file: SRALFile)]>([:])
  /// No more files than these stay open, however many are planned or read.
  private static let most = 4

  /// Keeps a file open until `take` asks for it.
  static func keep(_ file: SRALFile) {
    guard let identity = Identity(file.product) else { return }
    waiting.withLock { waiting in
      if waiting.count >= most { waiting = [:] }
      waiting[file.product.path] = (identity, file)
    }
  }

  /// The file that a plan has opened under this path, once; nil where there is none or the file is another by now.
  static func take(_ path: String) -> SRALFile? {
    guard let found = waiting.withLock({ $0.removeValue(forKey: path) }), Identity(found.file.product) == found.identity
    else { return nil }
    return found.file
  }
}
