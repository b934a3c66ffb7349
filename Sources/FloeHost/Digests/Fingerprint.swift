import FloeIO
import FloeSDK
import Foundation

/// Checksums of single files.
public enum Fingerprint {
  /// SHA-256 of a whole file as hexadecimal digits.
  public static func sha256(ofFile path: String) throws -> String {
    try LocalFile.checkInput(path)
    let hash = try SHA256()
    let file: FileHandle
    do { file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)) } catch {
      throw FloeError("'\(path)' cannot be read: \(String(cString: strerror(errno)))")
    }
    // Closing a file that was only read loses nothing, so a failure there need not be reported.
    defer { try? file.close() }
    do {
      while let piece = try file.read(upToCount: 256 << 10), !piece.isEmpty { piece.withUnsafeBytes(hash.update) }
    } catch {
      throw FloeError("'\(path)' cannot be read: \(String(cString: strerror(errno)))")
    }
    return hash.finalize()
  }
}
