/// A run of bytes of an entry's file, with their SHA-256.
struct CacheSection: Codable, Sendable {
  let offset: Int, count: Int, sha256: String
}
