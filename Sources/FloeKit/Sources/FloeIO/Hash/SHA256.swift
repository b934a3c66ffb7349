internal import CCrypto
import FloeCore

/// SHA-256 (FIPS 180-4) of bytes that come in pieces, by OpenSSL's libcrypto.
///
/// Not to be shared by threads.
public final class SHA256 {
  private let context: OpaquePointer

  /// The hash of no bytes yet.
  ///
  /// - Throws: where libcrypto offers no SHA-256 or no memory.
  public init() throws {
    guard let context = EVP_MD_CTX_new() else { throw FloeError("no memory for a SHA-256") }
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      EVP_MD_CTX_free(context)
      throw FloeError("libcrypto offers no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes.
  public func update(_ bytes: UnsafeRawBufferPointer) {
    // Fails only for a context that was never set up.
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  /// The digest of all bytes so far as 64 hexadecimal digits; nothing can be added afterwards.
  public consuming func finalize() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &digest, nil)
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The digest of some bytes as 64 hexadecimal digits.
  public static func hexadecimal(of bytes: [UInt8]) throws -> String {
    let hash = try SHA256()
    bytes.withUnsafeBytes(hash.update)
    return hash.finalize()
  }
}
