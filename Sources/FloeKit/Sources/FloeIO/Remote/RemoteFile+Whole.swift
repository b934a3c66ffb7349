import FloeCore
import Glibc

extension RemoteFile {
  /// Writes the whole file to a descriptor, by one request where nothing disturbs it, else part by part.
  ///
  /// - Returns: the error number of a disk that takes no more; else 0.
  /// - Throws: a sentence where the file cannot be had whole.
  func copy(to descriptor: Int32) throws -> Int32 {
    var at = 0
    if isInRanges, facts.size > RemoteBlocks.blockSize {
      let (count, code) = try copyAtOnce(to: descriptor)
      if code != 0 { return code }
      at = count
    }
    var piece = [UInt8](repeating: 0, count: max(1, min(1 << 20, facts.size)))
    while at < facts.size {
      let count = min(piece.count, facts.size - at)
      try piece.withUnsafeMutableBytes {
        try read(at: at, into: UnsafeMutableRawBufferPointer(rebasing: $0[0..<count]), ahead: 3 << 20)
      }
      let code = piece.withUnsafeBytes {
        writeWhole(UnsafeRawBufferPointer(rebasing: $0[0..<count]), to: descriptor, at: at)
      }
      guard code == 0 else { return code }
      at += count
    }
    return 0
  }

  /// Asks for all bytes by one request.
  ///
  /// - Returns: how many came that are the file's, none where the answer broke off, since what it was of is not known
  ///   then; and the error number of the disk.
  private func copyAtOnce(to descriptor: Int32) throws -> (count: Int, code: Int32) {
    let size = facts.size
    var at = 0
    var code: Int32 = 0
    var request = try Self.request(url)
    request.headers = [("Range", "bytes=0-\(size - 1)")]
    // A refusal must fit in as well.
    request.limit = size + (1 << 16)
    let outcome = try HTTPClient.attempt(request) { piece in
      if code == 0, piece.count <= size - at { code = writeWhole(piece, to: descriptor, at: at) }
      at += piece.count
      return code == 0
    }
    guard code == 0, case .answered(let answer) = outcome, answer.isGood, !answer.isCut,
      let range = ContentRange(answer.headers["content-range"]), range.first == 0, at <= range.last + 1, at <= size,
      range.total == nil || range.total == size
    else { return (0, code) }
    let told = Self.facts(answer, size: size, isFolder: false)
    guard told.etag == facts.etag, told.modified == facts.modified else { throw Self.otherPart(url) }
    return (at, 0)
  }
}
