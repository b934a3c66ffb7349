import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// Who fetches: an account at the Copernicus Data Space.
///
/// Kept in memory alone; no message, record or argument holds it.
public struct FetchCredentials: Sendable {
  let user: String?
  let password: String?
  let refreshToken: String?
  /// The six digits of an account with a second factor.
  let code: String?

  /// Those of the environment: `CDSE_USERNAME` and `CDSE_PASSWORD` (`CDSE_TOTP` besides), or `CDSE_REFRESH_TOKEN`; nil
  /// without any.
  public static func ofEnvironment() -> FetchCredentials? {
    let all = ProcessInfo.processInfo.environment
    func value(_ name: String) -> String? { all[name].flatMap { $0.isEmpty ? nil : $0 } }
    let found = FetchCredentials(
      user: value("CDSE_USERNAME"), password: value("CDSE_PASSWORD"), refreshToken: value("CDSE_REFRESH_TOKEN"),
      code: value("CDSE_TOTP"))
    return found.refreshToken != nil || found.user != nil && found.password != nil ? found : nil
  }

  /// Those of an account that was asked for.
  public init(user: String, password: String) {
    self.init(user: user, password: password, refreshToken: nil, code: nil)
  }

  private init(user: String?, password: String?, refreshToken: String?, code: String?) {
    (self.user, self.password, self.refreshToken, self.code) = (user, password, refreshToken, code)
    for secret in [password, refreshToken] { if let secret { RemotePath.conceal(secret) } }
  }
}

/// An access token of the identity service, renewed before it ends.
///
/// Source: documentation.dataspace.copernicus.eu, "Access Token": an access token holds for ten minutes, a refresh
/// token for an hour.
final class AccessToken: Sendable {
  private struct State {
    var token = ""
    var ends = Date.distantPast
    var refresh: String?
  }
  private let service: String
  private let credentials: FetchCredentials
  private let state: Mutex<State>

  init(service: String, credentials: FetchCredentials) {
    self.service = service
    self.credentials = credentials
    state = Mutex(State(refresh: credentials.refreshToken))
  }

  /// A token that holds for another minute.
  ///
  /// - Parameter refused: a token that a server did not take, which is then not given again.
  /// - Throws: a sentence where the account is not accepted.
  func current(notBeing refused: String? = nil) throws -> String {
    try state.withLock { state in
      if state.token != refused, state.ends > Date().addingTimeInterval(60) { return state.token }
      var failure: FloeError?
      if let refresh = state.refresh {
        do {
          try ask(["grant_type": "refresh_token", "refresh_token": refresh], into: &state)
          return state.token
        } catch let error as FloeError { failure = error }
      }
      guard let user = credentials.user, let password = credentials.password else {
        throw failure ?? FloeError("there is no account to fetch with")
      }
      var form = ["grant_type": "password", "username": user, "password": password]
      if let code = credentials.code { form["totp"] = code }
      try ask(form, into: &state)
      return state.token
    }
  }

  private func ask(_ form: [String: String], into state: inout State) throws {
    var request = HTTPRequest(service)
    let all = form.merging(["client_id": "cdse-public"]) { own, _ in own }
    request.body = all.sorted { $0.key < $1.key }.map { "\($0.key)=\(RemotePath.encoded($0.value))" }
      .joined(separator: "&")
    request.headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
    let response = try HTTPClient.send(request)
    // Of an answer without JSON the status is reported.
    let json = try? JSONText.decode(bytes: response.body, name: "the answer of the identity service")
    guard response.isGood, let token = json?["access_token"]?.stringValue else {
      let words = json?["error_description"]?.stringValue ?? HTTPClient.reason(response.status)
      throw FloeError("\(RemotePath.shown(service)) gives no access: \(RemotePath.scrubbed(words))")
    }
    RemotePath.conceal(token)
    state.token = token
    state.ends = Date().addingTimeInterval(json?["expires_in"]?.doubleValue ?? 300)
    if let refresh = json?["refresh_token"]?.stringValue {
      RemotePath.conceal(refresh)
      state.refresh = refresh
    }
  }
}
