/// Whether GDAL may reach the network: only where an input itself is named so (`https://...`, `s3://...`,
/// `/vsis3/...`).
///
/// A mosaic, a land layer or a table may name other files, and those could lie on somebody's server: reading a file
/// from a stranger would inform its maker of who reads it, and results would depend on what that server says. With
/// access, only web servers are reached that an input names.
public enum NetworkAccess {
  /// Has GDAL read web servers through floe's own file system; once a process, before anything is opened there.
  private static let fileSystem: Void = RemoteFileSystem.install()

  /// Opens the ways to the network where one of these values of a request names an input there; to be called before
  /// anything is read, since ways that were closed stay closed.
  public static func allow(for values: some Sequence<String>) {
    guard values.contains(where: { RemotePath.isRemote($0) || RemotePath.isURL($0) }) else { return }
    if NetworkPolicy.settle({ true }) { fileSystem }
  }

  /// Decides, before something is opened, whether the network may be reached: a first input there opens it.
  static func settle(for path: String) {
    let isOpen = NetworkPolicy.settle {
      guard RemotePath.isRemote(path) else { return false }
      // A first input names its own server.
      if let at = path.firstRange(of: "/vsicurl/") { RemotePath.allow(String(path[at.upperBound...])) }
      return true
    }
    if isOpen { fileSystem }
  }

  /// Whether a reason is the network's, whose sentences begin with the address: it says nothing of the file's content.
  static func isReason(_ reason: String) -> Bool { RemotePath.isURL(reason) }

  /// The end of a sentence about a failure that a closed way may have caused; else empty.
  static func hint(_ reason: String) -> String {
    guard NetworkPolicy.isClosed, reason.contains("://") || RemotePath.isRemote(reason) else { return "" }
    return "; what a file names on the network is not fetched: name it as the input itself, or fetch it first"
  }
}
