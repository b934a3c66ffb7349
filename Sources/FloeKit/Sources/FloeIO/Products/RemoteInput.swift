internal import CGDAL
import FloeCore
import Glibc

/// Inputs on the network as the host sees them: whether they are there, and what identifies their content.
public enum RemoteInput {
  /// What identifies an input's content.
  public struct Identity: Sendable {
    /// SHA-256 as hexadecimal digits: of the bytes, or of what the server states.
    public let digest: String
    /// `bytes`, `etag` (address, entity tag, size, time) or `manifest` (of a product's folder).
    public let by: String
  }

  /// Files of at most so many bytes are known by their bytes, as on the disk.
  public static let smallSize = 32 << 20

  /// Asks the server for an input.
  ///
  /// - Throws: a sentence where there is none, or the server does not say.
  public static func check(_ path: String) throws {
    if path.hasPrefix("/vsicurl/") {
      NetworkAccess.settle(for: path)
      let url = String(path.dropFirst("/vsicurl/".count))
      guard try RemoteFile.find(url) != nil || hasProduct(url) else {
        throw FloeError("\(url): \(HTTPClient.reason(404))")
      }
      return
    }
    if let nested = RemotePath.Nested(path) {
      NetworkAccess.settle(for: path)
      guard try RemoteFile.find(nested.url) != nil else {
        throw FloeError("\(nested.url): \(HTTPClient.reason(404))")
      }
      guard !VirtualFile.exists(path) else { return }
      if let failure = NetworkTraffic.failure { throw FloeError(failure) }
      throw FloeError("\(nested.url) is no archive that holds '\(nested.inside.drop { $0 == "/" })'")
    }
    if path.hasPrefix("/vsis3/") { try ObjectStore.checkEndpoint() }
    try GDALMessages.collect { messages in
      NetworkAccess.settle(for: path)
      VSIErrorReset()
      if VirtualFile.exists(path) { return }
      if let file = VSIFOpenExL(path, "rb", 1) {
        VSIFCloseL(file)
        return
      }
      let told = text(VSIGetLastErrorMsg()) ?? ""
      let words = told.isEmpty ? messages.failures.first ?? nothing(at: path) : told
      throw FloeError("\(RemotePath.shown(path)): \(RemotePath.scrubbed(words))")
    }
  }

  /// The object store's host, with its port where it has one.
  private static var endpoint: String { variable("AWS_S3_ENDPOINT") ?? "s3.amazonaws.com" }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// GDAL reports no answer as nothing there: the store itself is asked whether it answers.
  private static func nothing(at path: String) -> String {
    guard path.hasPrefix("/vsis3/") else { return "there is nothing at this address" }
    let isPlain = ["no", "false", "off", "0"].contains(variable("AWS_HTTPS")?.lowercased() ?? "")
    var request = HTTPRequest("\(isPlain ? "http" : "https")://\(endpoint)/")
    request.limit = 1 << 16
    // A process that may not ask gets what GDAL says.
    if let outcome = try? HTTPClient.attempt(request), case .failed(let reason, _) = outcome {
      return "\(endpoint) (AWS_S3_ENDPOINT) does not answer: \(reason)"
    }
    return "\(endpoint) (AWS_S3_ENDPOINT) has nothing at this address (404)"
  }

  /// A product's folder on a server that lists none is there when its metadata is.
  private static func hasProduct(_ url: String) throws -> Bool {
    for name in ["MTD_MSIL1C.xml", "MTD_MSIL2A.xml", "xfdumanifest.xml"]
    where try RemoteFile.find("\(url)/\(name)") != nil { return true }
    return false
  }

  /// What identifies the content of a file or of a product's folder.
  ///
  /// Small files are known by their bytes, and so are those of a server that gives no strong entity tag. A larger one
  /// is known by its address, entity tag, size and time, so that a part of it can be read without the rest. A product's
  /// folder is known by its manifest, as on the disk, where it gives the checksums of all its files and is of
  /// no other product.
  ///
  /// - Throws: a sentence where the content cannot be identified.
  public static func identity(_ path: String) throws -> Identity {
    let folder = ProductManifest.folder(ofFile: path)
    if folder != nil || VirtualFile.isDirectory(path) || !VirtualFile.exists(path) {
      let shown = RemotePath.shown(folder ?? path)
      guard let manifest = try ProductManifest(folder: folder ?? path) else {
        throw FloeError("'\(shown)' is a folder without a manifest, which gives no checksums of its files")
      }
      if let gap = try manifest.gapAtDistance() {
        throw FloeError("what '\(shown)' holds cannot be told by its manifest: \(gap)")
      }
      return Identity(digest: try manifest.digest(), by: "manifest")
    }
    let size = try VirtualFile.size(path)
    let facts = try facts(path)
    if size > smallSize, let etag = facts.etag {
      let told = "\(RemotePath.shown(path))\n\(etag)\n\(size)\n\(facts.modified ?? "")\n"
      return Identity(digest: try SHA256.hexadecimal(of: Array(told.utf8)), by: "etag")
    }
    guard let digest = try FileDigest.hexadecimal(of: path, algorithm: "SHA256") else {
      throw FloeError("libcrypto offers no SHA-256")
    }
    return Identity(digest: digest, by: "bytes")
  }

  private static func facts(_ path: String) throws -> (etag: String?, modified: String?) {
    if path.hasPrefix("/vsicurl/") {
      let file = try RemoteFile.find(String(path.dropFirst("/vsicurl/".count)))
      return (file?.facts.etag, file?.facts.modified)
    }
    return GDALMessages.collect(isTrial: true) { _ in
      let list = VSIGetFileMetadata(path, "HEADERS", nil)
      defer { CSLDestroy(list) }
      var headers: [String: String] = [:]
      for line in strings(list) {
        guard let equals = line.firstIndex(of: "=") else { continue }
        headers[line[..<equals].lowercased()] = String(line[line.index(after: equals)...])
      }
      return (headers["etag"].flatMap { $0.hasPrefix("W/") ? nil : $0 }, headers["last-modified"])
    }
  }
}
