import FloeIO
import FloeSDK
import Foundation

/// Fetches one file over HTTP into its part, piece by piece until it is whole.
///
/// One byte is asked for first: its answer shows whether the server goes on within the file, whether that is the file
/// that the part is of, and how many bytes it has. Asking ends when the file is whole, or when five times in a row
/// brought nothing further.
final class Download {
  /// What came of asking once.
  private enum Step {
    case whole
    case further
    /// Why nothing came, whether that may pass, and how many seconds the server asks to wait.
    case failed(String, mayPass: Bool, wait: Double)
    /// The account was not taken.
    case refused(Int)
  }
  private let item: FetchItem
  private let url: String
  private let token: AccessToken?
  private let part: PartFile
  private let cancellation: Cancellation
  /// Gets how many bytes came; a negative number where some were given up.
  private let progress: (Int) -> Void
  private var server: ServerFile
  /// Whether the last answer went on within the file, so that the next one need not be asked for it.
  private var goesOn = false
  private var counted = 0
  private var refusedToken: String?

  /// - Parameters:
  ///   - url: the whole address, with what it hides.
  ///   - token: goes with each request where the server is the account's own.
  init(
    _ item: FetchItem, from url: String, token: AccessToken?, into part: PartFile, cancellation: Cancellation,
    progress: @escaping (Int) -> Void
  ) {
    self.item = item
    self.url = url
    self.token = token
    self.part = part
    self.cancellation = cancellation
    self.progress = progress
    server = ServerFile(address: RemotePath.redacted(url))
  }

  /// Fetches all that is missing.
  ///
  /// - Throws: a sentence where it cannot be had; what came stays in the part.
  func run() throws {
    if let known = part.server, known.address == server.address, known.isKnownAgain || item.hasChecksum {
      server = known
    } else {
      try part.cut(to: 0)
    }
    var patience = Patience()
    var most = part.count
    var isRenewed = false
    while true {
      try cancellation.check()
      settle()
      let came = try once()
      settle()
      let isFurther = part.count > most
      most = max(most, part.count)
      var reason = "the server sends nothing further after \(part.count) bytes"
      var wait = 0.0
      switch came {
      case .whole: return
      case .refused(let status):
        guard token != nil, !isRenewed else { throw FloeError("\(item.name): \(HTTPClient.reason(status))") }
        isRenewed = true
        continue
      case .further: break
      case .failed(let why, let mayPass, let seconds):
        (reason, wait) = (why, seconds)
        guard mayPass else { throw FloeError("\(item.name): \(reason)\(rest)") }
      }
      // As long as something comes it is worth asking for the rest.
      if isFurther {
        patience.renew()
        if case .further = came { continue }
      }
      guard !patience.isSpent else {
        let times = patience.made > 1 ? ", \(patience.made) times" : ""
        throw FloeError("\(item.name): \(reason)\(times)\(rest)")
      }
      patience.pause(asked: wait)
    }
  }

  /// The end of a sentence about a failure.
  private var rest: String {
    let count = part.count
    guard count > 0, server.isKnownAgain || item.hasChecksum else { return "" }
    return "; the next call goes on after the \(count) bytes that are there"
  }

  /// Reports bytes that were given up or found.
  private func settle() {
    let now = part.count
    if now != counted { progress(now - counted) }
    counted = now
  }

  // MARK: One request

  private func once() throws -> Step {
    let have = part.count
    var request = HTTPRequest(url)
    let current: String?
    do { current = try token?.current(notBeing: refusedToken) } catch let error as FloeError {
      throw FloeError("\(item.name): \(error.message)")
    }
    if let current { request.headers.append(("Authorization", "Bearer \(current)")) }
    if !goesOn {
      if let ending = try ask(request, have, current) { return ending }
    }
    return try transfer(request, current)
  }

  /// Asks for the first byte that is missing; nil where the rest is to be fetched.
  private func ask(_ request: HTTPRequest, _ have: Int, _ current: String?) throws -> Step? {
    var question = request
    question.headers.append(("Range", "bytes=\(have)-\(have)"))
    if have > 0, let condition = server.condition { question.headers.append(("If-Range", condition)) }
    // A server without ranges sends all; a refusal must fit in.
    question.limit = 1 << 16
    let answer: HTTPResponse
    switch try HTTPClient.attempt(question) {
    case .failed(let reason, let mayPass): return .failed(reason, mayPass: mayPass, wait: 0)
    case .answered(let response): answer = response
    }
    if answer.status == 416 { return try beyond(answer, have) }
    guard answer.isGood else { return refusal(answer, current) }
    let range = ContentRange(answer.headers["content-range"])
    var now = facts(answer)
    if range != nil {
      now.size = range?.total
    } else {
      now.size = answer.headers["content-length"].flatMap { Int($0) }
    }
    if have > 0, range?.first != have || !server.isSame(now) {
      // It is another file now, or the server begins anew.
      try part.cut(to: 0)
    }
    server = now
    try part.tell(server)
    return nil
  }

  /// What it means that there is no byte after those that are there.
  private func beyond(_ answer: HTTPResponse, _ have: Int) throws -> Step {
    let size = ContentRange.totalOfNone(answer.headers["content-range"])
    if have == 0 { return size == 0 ? .whole : .failed(HTTPClient.reason(416), mayPass: false, wait: 0) }
    if (size ?? server.size ?? have) == have { return .whole }
    try part.cut(to: 0)
    server = ServerFile(address: server.address)
    return .failed("the server's file has fewer bytes than the part of it", mayPass: true, wait: 0)
  }

  /// Fetches what is missing and writes it after what is there.
  private func transfer(_ request: HTTPRequest, _ current: String?) throws -> Step {
    let began = part.count
    var request = request
    request.limit = .max
    if began > 0 {
      request.headers.append(("Range", "bytes=\(began)-"))
      if let condition = server.condition { request.headers.append(("If-Range", condition)) }
    }
    goesOn = false
    var at = began
    var failure: Int32 = 0
    var wasStopped = false
    let outcome = try HTTPClient.attempt(request) { bytes in
      if self.cancellation.isCancelled {
        wasStopped = true
        return false
      }
      failure = self.part.put(bytes, at: at)
      guard failure == 0 else { return false }
      at += bytes.count
      self.counted += bytes.count
      self.progress(bytes.count)
      return true
    }
    if wasStopped { throw Cancelled() }
    if failure != 0 { throw FloeError("\(item.name): the disk takes no more: \(String(cString: strerror(failure)))") }
    let answer: HTTPResponse
    switch outcome {
    case .failed(let reason, let mayPass): return .failed(reason, mayPass: mayPass, wait: 0)
    case .answered(let response): answer = response
    }
    guard answer.isGood else {
      // What came with a refusal is no part of the file.
      try part.cut(to: began)
      return try answer.status == 416 ? beyond(answer, began) : refusal(answer, current)
    }
    let range = ContentRange(answer.headers["content-range"])
    var now = facts(answer)
    now.size = range?.total
    if began == 0, range == nil, !server.isSame(now) {
      // Another file than a moment ago, and all of it.
      now.size = answer.headers["content-length"].flatMap { Int($0) }
      server = now
      try part.tell(server)
    }
    let isRight = began == 0 ? (range?.first ?? 0) == 0 : (range?.first == began && server.isSame(now))
    guard isRight else {
      try part.cut(to: 0)
      return .failed("the file changed on the server while it was fetched", mayPass: true, wait: 0)
    }
    let count = part.count
    if let size = server.size, count > size {
      try part.cut(to: 0)
      return .failed("the server sends \(count) bytes of a file that has \(size)", mayPass: true, wait: 0)
    }
    if server.size == count { return .whole }
    guard began > 0 || server.size != nil else { return .whole }
    // A server may send less than it was asked for.
    goesOn = range != nil
    return .further
  }

  private func facts(_ answer: HTTPResponse) -> ServerFile {
    ServerFile(
      address: server.address, etag: answer.headers["etag"], modified: answer.headers["last-modified"], size: nil)
  }

  private func refusal(_ answer: HTTPResponse, _ current: String?) -> Step {
    if answer.status == 401 || answer.status == 403 {
      refusedToken = current
      return .refused(answer.status)
    }
    return .failed(
      HTTPClient.reason(answer.status), mayPass: HTTPClient.isPassing(answer.status), wait: answer.retryAfter)
  }
}
