internal import CGDAL
import FloeCore
import Synchronization

/// One request over HTTP.
public struct HTTPRequest: Sendable {
  /// The whole URL, with its query.
  public var url: String
  /// In the order in which they are sent.
  public var headers: [(name: String, value: String)] = []
  /// A body makes it a POST.
  public var body: String?
  /// `user:password` for the URL's own server.
  public var user: String?
  /// The body is cut off after so many bytes.
  public var limit = 256 << 20
  /// How often it is tried in all; nil for the usual number.
  public var attempts: Int?

  /// A request to read a URL.
  public init(_ url: String) { self.url = url }
}

/// What a server answered.
public struct HTTPResponse: Sendable {
  /// 200, 206 (a part), 404 ...
  public let status: Int
  /// By their names in lower case; of redirected requests those of the last answer, and the last `location`.
  public let headers: [String: String]
  /// The content, unless it was handed over piece by piece.
  public let body: [UInt8]
  /// Whether more came than the request's limit.
  public let isCut: Bool

  /// Whether the request was granted.
  public var isGood: Bool { (200..<300).contains(status) }
  /// Seconds that the server asks to wait for; 0 where it does not.
  public var retryAfter: Double { headers["retry-after"].flatMap { Double($0) } ?? 0 }
}

/// Requests over HTTP by GDAL's libcurl: with time limits, tried again where that can help, certificates verified.
///
/// Tried again are answers 408, 429, 500, 502, 503 and 504, connections that fail or break, and bodies that end early:
/// after 0.5, 1, 2 and 4 s, or what `Retry-After` asks for (at most 30 s). `GDAL_HTTP_MAX_RETRY` and
/// `GDAL_HTTP_RETRY_DELAY` set other numbers. libcurl sends no credentials on to another host.
public enum HTTPClient {
  /// Sends a request.
  ///
  /// - Parameters:
  ///   - take: takes the content of a good answer piece by piece instead of `body`; false ends it. Content that was
  /// taken
  ///     is not asked for again: a break ends the request then.
  /// - Returns: the answer, whatever its status.
  /// - Throws: a sentence where no answer came.
  public static func send(_ request: HTTPRequest, take: ((UnsafeRawBufferPointer) -> Bool)? = nil) throws
    -> HTTPResponse
  {
    try NetworkPolicy.checkOpen(request.url)
    var patience = Patience(attempts: request.attempts)
    while true {
      let transfer = Transfer(limit: request.limit, take: take)
      let outcome = once(request, transfer)
      let isLast = patience.isSpent || transfer.handedOver > 0
      switch outcome {
      case .answered(let response):
        guard isPassing(response.status), !isLast else {
          if isPassing(response.status) || (500..<600).contains(response.status) {
            passingFailure.store(true, ordering: .relaxed)
          }
          return response
        }
        patience.pause(asked: response.retryAfter)
      case .failed(let reason, let mayPass):
        guard mayPass, !isLast else {
          if mayPass { passingFailure.store(true, ordering: .relaxed) }
          throw FloeError(
            "\(RemotePath.shown(request.url)): \(reason)" + (patience.made > 1 ? ", \(patience.made) times" : ""))
        }
        patience.pause()
      }
    }
  }

  /// What came of one attempt.
  public enum Outcome: Sendable {
    /// An answer, whatever its status.
    case answered(HTTPResponse)
    /// None, and whether that may pass by itself.
    case failed(reason: String, mayPass: Bool)
  }

  /// Sends a request once, for those who try again in a way of their own.
  ///
  /// - Throws: where the network is not open to this process.
  public static func attempt(_ request: HTTPRequest, take: ((UnsafeRawBufferPointer) -> Bool)? = nil) throws -> Outcome
  {
    try NetworkPolicy.checkOpen(request.url)
    return once(request, Transfer(limit: request.limit, take: take))
  }

  /// The sentence for an answer that is none of the good ones; what it is about goes before it.
  public static func reason(_ status: Int) -> String {
    switch status {
    case 401: "the server asks who you are (401); credentials are missing or not accepted"
    case 403: "the server refuses it (403): it is not public, or the credentials or the signed URL do not hold for it"
    case 404, 410: "there is nothing at this address (\(status))"
    case 429: "the server was asked too often (429); try again later"
    case 500...599: "the server cannot answer now (\(status)); try again later"
    default: "the server answers with status \(status)"
    }
  }

  /// Whether a request of this process was given up for something that may pass by itself: a server that is busy or
  /// out of order, a connection that cannot be made, breaks or is silent. A failure that was met since may rest on it.
  ///
  /// Kept for the process, since GDAL, through which most requests are made, gives sentences alone.
  public static var hasMetPassingFailure: Bool { passingFailure.load(ordering: .relaxed) }
  private static let passingFailure = Atomic<Bool>(false)

  /// Whether another attempt may be answered otherwise.
  public static func isPassing(_ status: Int) -> Bool { [408, 429, 500, 502, 503, 504].contains(status) }

  // MARK: One attempt

  /// What libcurl hands over of one answer.
  private final class Transfer {
    var body: [UInt8] = []
    var count = 0
    var handedOver = 0
    var isCut = false
    let limit: Int
    let take: ((UnsafeRawBufferPointer) -> Bool)?

    init(limit: Int, take: ((UnsafeRawBufferPointer) -> Bool)?) {
      self.limit = limit
      self.take = take
    }

    func add(_ bytes: UnsafeRawBufferPointer) -> Bool {
      count += bytes.count
      if count > limit {
        isCut = true
        body.append(contentsOf: bytes.prefix(max(0, limit - body.count)))
        return false
      }
      if let take {
        handedOver += bytes.count
        return take(bytes)
      }
      body.append(contentsOf: bytes)
      return true
    }
  }

  /// Connections that stay open are named; each name serves one request at a time.
  private static let idle = Mutex<(free: [Int], made: Int)>(([], 0))

  private static func once(_ request: HTTPRequest, _ transfer: Transfer) -> Outcome {
    let session = idle.withLock { pool in
      pool.free.popLast()
        ?? {
          pool.made += 1
          return pool.made
        }()
    }
    defer { idle.withLock { $0.free.append(session) } }
    var options = ["PERSISTENT=floe-\(session)", "MAX_RETRY=0"]
    let headers = request.headers + [("Accept-Encoding", "identity")]
    options.append("HEADERS=" + headers.map { "\($0.name): \($0.value)" }.joined(separator: "\r\n"))
    if let body = request.body { options.append("POSTFIELDS=\(body)") }
    if let user = request.user { options += ["USERPWD=\(user)", "HTTPAUTH=BASIC"] }
    return GDALMessages.collect(isTrial: true) { messages in
      CPLSetThreadLocalConfigOption("CPL_CURL_GZIP", "NO")
      defer { CPLSetThreadLocalConfigOption("CPL_CURL_GZIP", nil) }
      let pointer = Unmanaged.passUnretained(transfer).toOpaque()
      let result = withStringList(options) { list in
        CPLHTTPFetchEx(
          request.url, list, nil, nil,
          { bytes, size, count, context in
            guard let bytes, let context else { return 0 }
            // Safe because `transfer` outlives the call below which this runs.
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            let all = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return transfer.add(all) ? size * count : 0
          }, pointer)
      }
      defer { withExtendedLifetime(transfer) {} }
      NetworkTraffic.count(requests: 1, bytes: transfer.count)
      guard let result else {
        return .failed(reason: "GDAL made no request: \(messages.reason)", mayPass: false)
      }
      defer { CPLHTTPDestroyResult(result) }
      let outcome = answer(result.pointee, transfer, messages)
      guard case .answered(let response) = outcome, let place = unencrypted(response, to: request) else {
        return outcome
      }
      return .failed(
        reason: "the server redirects to \(place), which is not encrypted, and anybody on the way could change it",
        mayPass: false)
    }
  }

  /// Where an encrypted request was led to another machine that answers without encryption; nil for all others.
  private static func unencrypted(_ response: HTTPResponse, to request: HTTPRequest) -> String? {
    guard response.isGood, request.url.lowercased().hasPrefix("https://"), let place = response.headers["location"],
      let parts = RemotePath.Parts(place), parts.scheme == "http", !parts.isLoopback
    else { return nil }
    return parts.plain
  }

  private static func answer(_ result: CPLHTTPResult, _ transfer: Transfer, _ messages: GDALMessages) -> Outcome {
    var headers: [String: String] = [:]
    for line in strings(result.papszHeaders) {
      guard let equals = line.firstIndex(of: "=") else { continue }
      var value = line[line.index(after: equals)...]
      while value.first == " " { value.removeFirst() }
      headers[line[..<equals].lowercased()] = String(value)
    }
    let told = RemotePath.scrubbed(text(result.pszErrBuf) ?? messages.failures.first ?? "")
    let marker = "HTTP error code : "
    if let found = told.firstRange(of: marker), let status = Int(told[found.upperBound...].prefix(3)) {
      return .answered(HTTPResponse(status: status, headers: headers, body: transfer.body, isCut: transfer.isCut))
    }
    guard result.nStatus == 0 && told.isEmpty || transfer.isCut else { return failure(told) }
    let status = headers["content-range"] != nil ? 206 : 200
    if !transfer.isCut, let length = headers["content-length"].flatMap({ Int($0) }), transfer.count < length,
      headers["content-encoding"] == nil
    {
      return .failed(reason: "the connection was cut after \(transfer.count) of \(length) bytes", mayPass: true)
    }
    return .answered(HTTPResponse(status: status, headers: headers, body: transfer.body, isCut: transfer.isCut))
  }

  /// Words of libcurl's for a server that is silent, a connection that breaks, and one that cannot be made.
  private static let silence = ["timed out", "timeout", "too slow"]
  private static let breaks = [
    "transfer closed", "reset", "empty reply", "bytes remaining", "recv failure", "send failure", "recv error",
    "send error", "broken pipe", "unexpected eof", "syscall", "not closed cleanly", "non-properly terminated",
  ]
  private static let noConnection = [
    "could not resolve", "couldn't resolve", "failed to connect", "could not connect", "couldn't connect",
    "connection refused", "unreachable", "no route to host",
  ]

  /// libcurl's words as a reason.
  private static func failure(_ told: String) -> Outcome {
    let lower = told.lowercased()
    func tells(_ words: [String]) -> Bool { words.contains { lower.contains($0) } }
    if tells(silence) { return .failed(reason: "the server did not answer in time (\(told))", mayPass: true) }
    if lower.contains("certificate") {
      return .failed(reason: "the server's certificate is not accepted (\(told))", mayPass: false)
    }
    // Before what else is said of TLS: a connection that breaks within it is no matter of the certificate.
    if tells(breaks) { return .failed(reason: "the connection was cut (\(told))", mayPass: true) }
    if tells(noConnection) { return .failed(reason: told, mayPass: true) }
    if lower.contains("ssl") {
      return .failed(reason: "the server's certificate is not accepted (\(told))", mayPass: false)
    }
    if lower.contains("redirects followed") {
      return .failed(reason: "the server redirects without end (\(told))", mayPass: false)
    }
    if lower.contains("protocol"), tells(["not supported", "disabled"]) {
      return .failed(
        reason: "the server redirects to an address of a kind that is not read (\(told))", mayPass: false)
    }
    return .failed(reason: told.isEmpty ? "no answer came" : told, mayPass: true)
  }
}
