import FloeSDK
import Foundation

/// The kit, its sources and the compiler that a plugin was built with, as found in its file.
public struct PluginStamp: Sendable, Hashable {
  /// The kit's version.
  public let version: String
  /// Digest of the kit's contract: the public declarations that `import FloeSDK` brings.
  public let contract: String
  /// Digest of the kit's sources.
  public let digest: String
  /// The compiler's own name and version.
  public let compiler: String

  /// Reads `floe-kit|version|contract|digest|compiler|end`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == "floe-kit", parts[5] == "end" else { return nil }
    version = String(parts[1])
    contract = String(parts[2])
    digest = String(parts[3])
    compiler = String(parts[4])
  }

  /// The stamp of the kit that this process runs on.
  public static let own = PluginStamp(PluginEntryPoint.kitStamp)

  /// Finds the stamp in a file's bytes, without opening the file as a library.
  public static func find(in bytes: Data) -> PluginStamp? {
    var from = bytes.startIndex
    while let hit = bytes.range(of: Data("floe-kit|".utf8), in: from..<bytes.endIndex) {
      let rest = bytes[hit.lowerBound..<min(bytes.endIndex, hit.lowerBound + 512)]
      if let end = rest.firstIndex(of: 0), let text = String(data: rest[..<end], encoding: .utf8),
        let stamp = PluginStamp(text)
      {
        return stamp
      }
      from = hit.upperBound
    }
    return nil
  }

  /// Why a plugin with this stamp does not fit the running kit; nil when it fits.
  public func refusal(by own: PluginStamp) -> String? {
    if version != own.version {
      return "it was built with kit \(version), this floe has kit \(own.version): build it again against this kit"
    }
    if compiler != own.compiler {
      return "it was built by '\(compiler)', this floe by '\(own.compiler)': build both with one compiler"
    }
    if contract != own.contract {
      return
        """
        it was built for another contract of kit \(version) (\(contract), here \(own.contract)): build it again \
        against this kit, and change what does not compile
        """
    }
    if digest != own.digest {
      return
        """
        it was built with other sources of kit \(version) under the same contract (digest \(digest), here \
        \(own.digest)): build it again against this kit; nothing of it needs a change
        """
    }
    return nil
  }
}
