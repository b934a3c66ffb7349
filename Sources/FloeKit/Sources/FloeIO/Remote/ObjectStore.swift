internal import CGDAL
import FloeCore
import Glibc
import Synchronization

/// Objects of a store with S3's interface as files on a web server: GDAL signs their addresses, with the keys in the
/// variables and profiles of AWS, and floe reads them as any other.
enum ObjectStore {
  /// Signed addresses by `s3://bucket/key`, and since when: GDAL signs for an hour.
  private static let signed = Mutex<[String: (address: String, since: ContinuousClock.Instant)]>([:])

  /// The address by which an object is asked for now.
  ///
  /// - Throws: a sentence where there are no keys to sign with.
  static func address(_ url: String) throws -> String {
    let now = ContinuousClock.now
    if let found = signed.withLock({ $0[url] }), now - found.since < .seconds(1800) { return found.address }
    try checkEndpoint()
    let address = try GDALMessages.collect(isTrial: true) { messages in
      VSIErrorReset()
      guard let pointer = VSIGetSignedURL(native(url), nil) else {
        let told = text(VSIGetLastErrorMsg()) ?? ""
        throw FloeError("\(url): \(told.isEmpty ? messages.failures.first ?? "GDAL signs no request for it" : told)")
      }
      defer { VSIFree(pointer) }
      return String(cString: pointer)
    }
    let mark = address.firstIndex(of: "?") ?? address.endIndex
    // Of a bucket that is open to all, the address alone is asked for.
    let isOpen = ["yes", "true", "on", "1"].contains(ObjectAddress.variable("AWS_NO_SIGN_REQUEST")?.lowercased() ?? "")
    let whole = isOpen ? String(address[..<mark]) : address
    if !isOpen, mark != address.endIndex { RemotePath.conceal(String(address[address.index(after: mark)...])) }
    signed.withLock { $0[url] = (whole, now) }
    return whole
  }

  /// Has GDAL find out in which region a bucket is, where the store does not take a signature for another one.
  static func findRegion(_ url: String) {
    VSIErrorReset()
    // What it finds is kept by GDAL for the bucket; that it finds nothing shows in the next answer.
    _ = GDALMessages.collect(isTrial: true) { _ in
      var isFolder: Int32 = 0
      return floe_stat(native(url), &isFolder)
    }
    signed.withLock { $0[url] = nil }
  }

  private static func native(_ url: String) -> String { "/vsis3/" + url.dropFirst("s3://".count) }

  /// GDAL puts a scheme before what is given, so that one in it would be another host.
  static func checkEndpoint() throws {
    guard let given = ObjectAddress.variable("AWS_S3_ENDPOINT"), let scheme = given.firstRange(of: "://") else {
      return
    }
    let host = given[scheme.upperBound...].prefix { $0 != "/" }.split(separator: "@").last ?? ""
    let isPlain = given.lowercased().hasPrefix("http://")
    throw FloeError(
      "AWS_S3_ENDPOINT is '\(RemotePath.redacted(given))', a host alone is needed: \(host)"
        + (isPlain ? ", with AWS_HTTPS=NO for http://" : ""))
  }
}
