import FloeCore
import Glibc

/// What stands at a path of the local disk.
public enum LocalFile {
  /// Refuses pipes, sockets and devices as inputs: opening a pipe that nobody writes to waits for ever, and inputs are
  /// read more than once.
  ///
  /// Folders, files, links to either and paths inside of archives pass; whether something is there at all is left to
  /// whoever opens it.
  ///
  /// - Parameter name: a path, or a dataset inside of a file (`NETCDF:"f.nc":var`).
  public static func checkInput(_ name: String) throws {
    let path = DatasetName(name)?.file ?? name
    guard let kind = kind(of: path) else { return }
    throw FloeError(
      "'\(path)' is \(kind), a file is needed, since inputs are read more than once; write its content to a file first")
  }

  /// What is at a path, in words, when it is neither a file nor a folder; nil for these and for what is not there.
  public static func kind(of path: String) -> String? {
    var info = stat()
    guard !path.isEmpty, !path.hasPrefix("/vsi"), stat(path, &info) == 0 else { return nil }
    switch info.st_mode & S_IFMT {
    case S_IFREG, S_IFDIR: return nil
    case S_IFIFO: return "a named pipe"
    case S_IFSOCK: return "a socket"
    default: return "a device"
    }
  }
}
