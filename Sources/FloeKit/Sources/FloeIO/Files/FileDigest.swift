internal import CCrypto
import FloeCore

/// Checksums of whole files under any path that GDAL reads, in pieces.
public enum FileDigest {
  /// Whether libcrypto has an algorithm of that name.
  public static func knows(_ algorithm: String) -> Bool { EVP_get_digestbyname(algorithm) != nil }

  /// The digest by an algorithm of libcrypto (`MD5`, `SHA3-256`), lower-case hexadecimal; nil for one that it lacks.
  public static func hexadecimal(of path: String, algorithm: String) throws -> String? {
    guard let method = EVP_get_digestbyname(algorithm), let context = EVP_MD_CTX_new() else { return nil }
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestInit_ex(context, method, nil) == 1 else { return nil }
    try VirtualFile.pieces(of: path) { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    var digest = [UInt8](repeating: 0, count: 64)
    var length: UInt32 = 0
    EVP_DigestFinal_ex(context, &digest, &length)
    return digest.prefix(Int(length)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The CRC-32 of zip archives (polynomial 0xEDB88320, PKWARE APPNOTE 4.4.7).
  public static func crc32(of path: String) throws -> UInt32 {
    var crc = ~UInt32(0)
    let tables = Self.tables
    try VirtualFile.pieces(of: path) { piece in
      tables.withUnsafeBufferPointer { t in
        var rest = piece[...]
        // Eight bytes at a time (Kounavis and Berry 2005, "slicing by 8").
        while rest.count >= 8 {
          let at = rest.startIndex
          let low = crc ^ piece.loadUnaligned(fromByteOffset: at, as: UInt32.self).littleEndian
          let high = piece.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self).littleEndian
          let a = t[1792 + Int(low & 255)] ^ t[1536 + Int(low >> 8 & 255)] ^ t[1280 + Int(low >> 16 & 255)]
          let b = t[1024 + Int(low >> 24)] ^ t[768 + Int(high & 255)] ^ t[512 + Int(high >> 8 & 255)]
          crc = a ^ b ^ t[256 + Int(high >> 16 & 255)] ^ t[Int(high >> 24)]
          rest = rest.dropFirst(8)
        }
        for byte in rest { crc = crc >> 8 ^ t[Int((crc ^ UInt32(byte)) & 255)] }
      }
    }
    return ~crc
  }

  /// The remainders of single bytes, and of those with one to seven zero bytes after them.
  private static let tables: [UInt32] = {
    var t = [UInt32](repeating: 0, count: 2048)
    for i in 0..<256 {
      var value = UInt32(i)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
      t[i] = value
    }
    for i in 256..<2048 { t[i] = t[i - 256] >> 8 ^ t[Int(t[i - 256] & 255)] }
    return t
  }()
}
