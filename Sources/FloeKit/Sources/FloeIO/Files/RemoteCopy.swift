internal import CGDAL
import FloeCore
import Glibc
import Synchronization

/// Whole local copies of inputs on the network, for libraries that read files of the disk alone (netCDF, HDF5).
///
/// They lie in `TMPDIR` until the process ends. HDF5 looks up the real name of each file that it opens, so that one
/// without a name cannot be read.
public enum RemoteCopy {
  private struct Copy: Sendable {
    let folder: TemporaryFolder
    let path: String
  }
  private static let copies = Mutex<[String: Copy]>([:])

  /// A path of the disk with the content of a remote file, and its name; a path of the disk stays as it is.
  ///
  /// - Throws: a sentence where it cannot be fetched whole.
  public static func local(_ path: String) throws -> String {
    guard RemotePath.isRemote(path) else { return path }
    return try copies.withLock { copies in
      if let copy = copies[path] { return copy.path }
      let copy = try make(path)
      copies[path] = copy
      return copy.path
    }
  }

  /// What a driver is to open for a path, or for a part of a file (`NETCDF:"...":var`): a copy where it reads files of
  /// the disk alone.
  static func forDriver(_ path: String) throws -> String {
    guard RemotePath.isRemote(path) else { return path }
    let name = DatasetName(path)
    let file = name?.file ?? path
    guard [".nc", ".nc4", ".h5", ".hdf5", ".he5", ".hdf"].contains(where: file.lowercased().hasSuffix) else {
      return path
    }
    let copy = try local(file)
    return name?.moved(to: copy) ?? copy
  }

  private static func make(_ path: String) throws -> Copy {
    let size = try VirtualFile.size(path)
    let folder = try TemporaryFolder(in: TemporaryFiles.standardFolder)
    let name = path.split(separator: "/").last.map(String.init) ?? "input"
    let place = "\(folder.path)/\(name)"
    let file = open(place, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
    func failure(_ code: Int32) -> FloeError {
      FloeError(
        "'\(RemotePath.shown(path))' cannot be copied to '\(folder.target)': \(String(cString: strerror(code)))")
    }
    guard file >= 0 else { throw failure(errno) }
    defer { close(file) }
    var done = 0
    try VirtualFile.pieces(of: path) { piece in
      let code = writeWhole(piece, to: file, at: done)
      guard code == 0 else { throw failure(code) }
      done += piece.count
    }
    guard done == size else {
      throw FloeError("'\(RemotePath.shown(path))' ends after \(done) of \(size) bytes; the connection was cut")
    }
    return Copy(folder: folder, path: place)
  }
}
