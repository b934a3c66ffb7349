import FloeHost
import FloeIO
import FloeSDK
import Foundation

/// Places that are written to; inputs may lie on the network, outputs lie on the disk.
enum LocalPlace {
  /// The absolute path of a folder that a user named.
  ///
  /// - Parameter who: the flag or argument, as it begins the sentence.
  /// - Throws: a sentence for an address on the network, for which a folder of that name would be made on this disk,
  ///   and for an empty text, as a shell makes of a variable that is not set.
  static func folder(_ text: String, _ who: String) throws -> String {
    guard !text.allSatisfy(\.isWhitespace) else {
      throw refuse("\(who) is empty; name a folder, '.' for the working folder")
    }
    let isAddress = text.range(of: "^[A-Za-z][A-Za-z0-9+.-]*://", options: .regularExpression) != nil
    guard !isAddress, !text.hasPrefix("/vsi") || FileManager.default.fileExists(atPath: text) else {
      throw refuse(
        "\(who) '\(RemotePath.shown(text))' is no folder on this disk, where all outputs go; take one, and "
          + "copy what is in it to its place afterwards")
    }
    return URL(fileURLWithPath: text).standardizedFileURL.path
  }
}
