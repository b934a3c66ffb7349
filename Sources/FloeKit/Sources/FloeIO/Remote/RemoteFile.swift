import FloeCore
import Glibc
import Synchronization

/// A file on a web server, read in parts; one for all handles of a process.
final class RemoteFile: Sendable {
  /// Where the content comes from.
  private enum Content: Sendable {
    case ranges
    /// The whole of a small file, or the listing of a folder.
    case whole([UInt8])
    /// A copy of a file whose server knows no ranges.
    case copy(UnnamedTemporaryFile)
  }

  let url: String
  let facts: RemoteFileFacts
  private let content: Content
  /// Where the tiles of a JPEG 2000 file lie that is read in parts.
  let tileParts: TilePartIndex?
  private let memory: TilePartMemory
  /// Whether nothing but what was read is at hand.
  var isInRanges: Bool { if case .ranges = content { true } else { false } }
  private let partsKept = Mutex(0)

  private static let known = Mutex<[String: RemoteFile?]>([:])

  /// The file or folder at a clean URL; nil where there is none.
  ///
  /// - Throws: a sentence where the server does not say.
  static func find(_ url: String) throws -> RemoteFile? {
    if let found = known.withLock({ $0[url] }) { return found }
    let found = try look(url)
    return known.withLock { known in
      if let other = known[url] { return other }
      known[url] = found
      return found
    }
  }

  private init(_ url: String, _ facts: RemoteFileFacts, _ content: Content, start: [UInt8] = []) {
    self.url = url
    self.facts = facts
    self.content = content
    memory = TilePartMemory(url, facts)
    tileParts = url.lowercased().hasSuffix(".jp2") ? TilePartIndex(start: start, size: facts.size) : nil
    if let tileParts {
      memory.recall(into: tileParts)
      partsKept.withLock { $0 = tileParts.parts.count }
    }
  }

  /// Keeps what was found out about the tiles for the next process.
  func keepTileParts() {
    guard let tileParts else { return }
    let count = tileParts.parts.count
    guard
      partsKept.withLock({ kept in
        defer { kept = max(kept, count) }
        return count > kept
      })
    else { return }
    memory.keep(tileParts)
  }

  // MARK: Asking

  static func request(_ url: String) throws -> HTTPRequest {
    if ObjectAddress.isOne(url) { return HTTPRequest(try ObjectStore.address(url)) }
    let hidden = RemotePath.hidden(url)
    let plain = url.prefix { $0 != "#" }
    var request = HTTPRequest(
      RemotePath.encoded(String(plain), keeping: ":/%!$&'()*+,;=@[]?")
        + (hidden.query.isEmpty ? "" : "?\(hidden.query)"))
    request.user = hidden.user
    return request
  }

  private static func look(_ url: String) throws -> RemoteFile? {
    guard RemotePath.isAllowed(url) else {
      throw FloeError("'\(url)' is not fetched: no input of the request names that server; name it as an input itself")
    }
    var request = try request(url)
    request.headers = [("Range", "bytes=0-\(RemoteBlocks.blockSize - 1)")]
    // A server without ranges sends all: so much may come, the listing of a folder among it.
    request.limit = 1 << 20
    var response = try send(request, for: url)
    if ObjectAddress.isOne(url), response.status == 301 || response.status == 400 {
      ObjectStore.findRegion(url)
      request.url = try ObjectStore.address(url)
      response = try send(request, for: url)
    }
    let location = response.headers["location"].map { String($0.prefix { $0 != "?" }) }
    let isFolder = url.hasSuffix("/") || location?.hasSuffix("/") == true
    if response.status == 404 || response.status == 410 { return try productFolder(url) }
    if response.status == 403, let folder = try productFolder(url) { return folder }
    if response.status == 416 {
      if let size = ContentRange.totalOfNone(response.headers["content-range"]), size > 0 {
        throw FloeError("\(url): the server does not send the first of its \(size) bytes (416)")
      }
      return RemoteFile(url, facts(response, size: 0, isFolder: false), .whole([]))
    }
    guard response.isGood else { throw FloeError("\(url): \(HTTPClient.reason(response.status))") }
    if isFolder, response.status == 200 {
      return RemoteFile(url, facts(response, size: 0, isFolder: true), .whole(response.body))
    }
    try refusePage(response, url)
    guard response.headers["content-range"] != nil else { return try whole(url, response) }
    guard let range = ContentRange(response.headers["content-range"]), range.first == 0,
      response.body.count <= range.last + 1
    else { throw otherPart(url) }
    // Without a total nothing says where the file ends: asked for without a range, the server sends all of it.
    guard let size = range.total else {
      let all = try send(try Self.request(url), for: url)
      guard all.isGood else { throw FloeError("\(url): \(HTTPClient.reason(all.status))") }
      guard all.headers["content-range"] == nil else {
        throw FloeError("\(url): the server sends only a part of the file and does not tell its size")
      }
      return try whole(url, all)
    }
    let told = facts(response, size: size, isFolder: false)
    // The first part may be shorter than what was asked for and is then not the whole.
    let start = try rest(
      of: url, at: 0, count: min(size, RemoteBlocks.blockSize), behind: response.body, facts: told)
    RemoteBlocks.shared.put(start, url, at: 0)
    return RemoteFile(url, told, .ranges, start: start)
  }

  /// A file that a server sent without regard to ranges.
  private static func whole(_ url: String, _ response: HTTPResponse) throws -> RemoteFile {
    guard response.isCut else {
      return RemoteFile(url, facts(response, size: response.body.count, isFolder: false), .whole(response.body))
    }
    return try copied(url, response)
  }

  /// The folder of a Sentinel-3 product on a server that lists none: the manifest names its files.
  private static func productFolder(_ url: String) throws -> RemoteFile? {
    let name = "xfdumanifest.xml"
    guard url.lowercased().hasSuffix(".sen3"), let manifest = try find("\(url)/\(name)"), !manifest.facts.isFolder,
      manifest.facts.size <= 16 << 20
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: manifest.facts.size)
    try bytes.withUnsafeMutableBytes { try manifest.read(at: 0, into: $0) }
    // It does not name itself.
    bytes += Array(" href=\"\(name)\"".utf8)
    let facts = RemoteFileFacts(size: 0, etag: nil, modified: nil, isFolder: true)
    return RemoteFile(url, facts, .whole(bytes))
  }

  /// Sentences about files whose requests failed to the end: drivers of GDAL's open a file again and again, and each
  /// would wait as long once more.
  private static let givenUp = Mutex<[String: String]>([:])

  private static func send(_ request: HTTPRequest, for url: String) throws -> HTTPResponse {
    if let sentence = givenUp.withLock({ $0[url] }) { throw FloeError(sentence) }
    // The run ends with that failure: waiting for other files would only put it off.
    if let sentence = NetworkTraffic.failure { throw FloeError(sentence) }
    func giveUp(_ sentence: String) { givenUp.withLock { $0[url] = sentence } }
    do {
      let response = try named(url) { try HTTPClient.send(request) }
      if HTTPClient.isPassing(response.status) { giveUp("\(url): \(HTTPClient.reason(response.status))") }
      return response
    } catch let error as FloeError {
      giveUp(error.message)
      throw error
    }
  }

  /// Has sentences about an object name it by its own address beside the one that was asked for.
  private static func named(_ url: String, _ body: () throws -> HTTPResponse) throws -> HTTPResponse {
    do { return try body() } catch let error as FloeError {
      throw ObjectAddress.isOne(url) ? FloeError("\(url): \(error.message)") : error
    }
  }

  /// Refuses a page for people in the place of a file, and a file that is compressed on the way although it was asked
  /// for as it is; one that is compressed itself may be called so.
  private static func refusePage(_ response: HTTPResponse, _ url: String) throws {
    if response.headers["content-encoding"]?.lowercased().contains("gzip") == true,
      response.body.starts(with: [0x1f, 0x8b]), ![".gz", ".tgz"].contains(where: url.lowercased().hasSuffix)
    {
      throw FloeError(
        "\(url): the server sends the file compressed (Content-Encoding: gzip), which it was asked not to do")
    }
    if WebPage.isOne(response.body.prefix(512), type: response.headers["content-type"], name: url) {
      throw FloeError("\(url): \(WebPage.sentence)")
    }
  }

  static func facts(_ response: HTTPResponse, size: Int, isFolder: Bool) -> RemoteFileFacts {
    let etag = response.headers["etag"].flatMap { $0.hasPrefix("W/") ? nil : $0 }
    return RemoteFileFacts(size: size, etag: etag, modified: response.headers["last-modified"], isFolder: isFolder)
  }

  /// Fetches a file whole whose server sends it only so.
  private static func copied(_ url: String, _ first: HTTPResponse) throws -> RemoteFile {
    let file = try UnnamedTemporaryFile(in: TemporaryFiles.standardFolder)
    var last: FloeError?
    for _ in 0..<3 {
      guard ftruncate(file.descriptor, 0) == 0 else { throw file.failure(errno, 0) }
      var at = 0
      var code: Int32 = 0
      var request = try request(url)
      request.limit = .max
      do {
        let response = try named(url) {
          try HTTPClient.send(request) { piece in
            code = writeWhole(piece, to: file.descriptor, at: at)
            at += piece.count
            return code == 0
          }
        }
        guard response.isGood else { throw FloeError("\(url): \(HTTPClient.reason(response.status))") }
        guard response.headers["content-range"] == nil else { throw otherPart(url) }
        LibraryNotices.add("\(url): the server sends files only whole; its \(at) bytes were fetched first")
        return RemoteFile(url, facts(response, size: at, isFolder: false), .copy(file))
      } catch let error as FloeError {
        if code != 0 { throw file.failure(code, at) }
        // Where nothing came it was tried as often as it helps.
        if at == 0 { throw error }
        last = error
      }
    }
    throw last ?? FloeError("\(url) cannot be fetched")
  }

  // MARK: Reading

  /// Reads bytes at an offset within the file.
  ///
  /// - Parameter ahead: how many bytes behind them are fetched in the same request where one is needed.
  /// - Throws: a sentence where they cannot be had whole.
  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer, ahead: Int = 0) throws {
    guard offset >= 0, offset <= facts.size, target.count <= facts.size - offset else {
      throw FloeError("\(url) ends at byte \(facts.size); \(target.count) bytes at \(offset) were asked for")
    }
    switch content {
    case .whole(let bytes):
      bytes.withUnsafeBytes {
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + target.count]))
      }
    case .copy(let file):
      var done = 0
      while done < target.count {
        let got = pread(file.descriptor, target.baseAddress?.advanced(by: done), target.count - done, offset + done)
        guard got > 0 else { throw file.readingFailure(errno) }
        done += got
      }
    case .ranges: try readBlocks(at: offset, into: target, ahead: ahead)
    }
  }

  /// A few bytes at an offset; only they are fetched where their block is not at hand and the next ones lie far away.
  func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    let size = RemoteBlocks.blockSize
    let isAtHand = (offset / size...(offset + count - 1) / size).allSatisfy { RemoteBlocks.shared.has(url, $0) }
    if case .ranges = content, !isAtHand, facts.size > 64 * size { return try fetch(offset, count) }
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { try read(at: offset, into: $0) }
    return bytes
  }

  private func readBlocks(at offset: Int, into target: UnsafeMutableRawBufferPointer, ahead: Int) throws {
    guard !target.isEmpty else { return }
    let size = RemoteBlocks.blockSize
    let last = (offset + target.count - 1) / size
    let end = (facts.size - 1) / size
    var block = offset / size
    while block <= last {
      if let bytes = RemoteBlocks.shared.get(url, block) {
        copy(bytes, block * size, offset, target)
        block += 1
        continue
      }
      // All missing blocks in a row come with one request, those that are likely to be asked for next after them.
      var stop = block + 1
      while stop <= last, stop - block < 512, !RemoteBlocks.shared.has(url, stop) { stop += 1 }
      if stop > last { while stop <= min(end, last + ahead / size), !RemoteBlocks.shared.has(url, stop) { stop += 1 } }
      let from = block * size
      let bytes = try fetch(from, min(facts.size, stop * size) - from)
      copy(bytes, from, offset, target)
      RemoteBlocks.shared.put(bytes, url, at: block)
      block = stop
    }
  }

  private func copy(_ bytes: [UInt8], _ from: Int, _ offset: Int, _ target: UnsafeMutableRawBufferPointer) {
    let low = max(from, offset)
    let high = min(from + bytes.count, offset + target.count)
    guard low < high else { return }
    bytes.withUnsafeBytes { bytes in
      UnsafeMutableRawBufferPointer(rebasing: target[(low - offset)..<(high - offset)])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[(low - from)..<(high - from)]))
    }
  }

  private func fetch(_ from: Int, _ count: Int) throws -> [UInt8] {
    try Self.rest(of: url, at: from, count: count, behind: [], facts: facts)
  }

  /// Bytes of a file at an offset, asked for until all are there: a server may send less than it was asked for.
  ///
  /// - Parameter start: those that are there already.
  private static func rest(
    of url: String, at offset: Int, count: Int, behind start: [UInt8], facts: RemoteFileFacts
  ) throws -> [UInt8] {
    var bytes = start
    var asked = 0
    var patience = Patience()
    while bytes.count < count {
      let from = offset + bytes.count
      var request = try request(url)
      request.headers = [("Range", "bytes=\(from)-\(offset + count - 1)")]
      // A refusal must fit in as well.
      request.limit = max(1 << 16, count - bytes.count)
      let response = try send(request, for: url)
      guard response.isGood else { throw FloeError("\(url): \(HTTPClient.reason(response.status))") }
      let told = Self.facts(response, size: facts.size, isFolder: false)
      guard let range = ContentRange(response.headers["content-range"]), range.first == from,
        range.last < offset + count, response.body.count <= range.last - from + 1,
        range.total == nil || range.total == facts.size, told.etag == facts.etag, told.modified == facts.modified
      else { throw otherPart(url) }
      asked += 1
      guard !response.body.isEmpty, asked < 10_000 else {
        guard !patience.isSpent, asked < 10_000 else {
          throw FloeError("\(url): the server sends only \(bytes.count) of the \(count) bytes at byte \(offset)")
        }
        patience.pause()
        continue
      }
      bytes += response.body
    }
    return bytes.count > count ? Array(bytes.prefix(count)) : bytes
  }

  /// The sentence for an answer that is of another file, or of another part of it.
  static func otherPart(_ url: String) -> FloeError {
    FloeError("\(url) changed on the server while it was read, or the server sent another part than was asked for")
  }

  /// The names in a folder, by the links of its listing; nil where it has none.
  func names() -> [String]? {
    guard facts.isFolder, case .whole(let bytes) = content else { return nil }
    return ListingPage.names(String(decoding: bytes, as: UTF8.self))
  }
}
