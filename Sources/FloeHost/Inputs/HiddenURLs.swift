import FloeIO
import FloeSDK
import Foundation

/// Hands whole URLs, queries and passwords included, to the processes of a batch: by their environment, which other
/// users cannot see, and not by their arguments, which everybody on the machine can.
public enum HiddenURLs {
  private static let variable = "FLOE_URLS"

  /// Has all processes that are started from now on know whole URLs.
  ///
  /// - Parameter urls: by what is shown of them.
  static func hand(_ urls: [String: String]) throws {
    guard !urls.isEmpty else { return }
    setenv(variable, try JSONText.encode(.object(urls.mapValues { .string($0) })), 1)
  }

  /// A setting with the whole URL where this process was given one for it.
  public static func whole(_ setting: String) -> String { given[setting] ?? setting }

  private static let given: [String: String] = {
    // What is no object of texts was not written by a batch.
    guard let text = ProcessInfo.processInfo.environment[variable], let json = try? JSONText.decode(text) else {
      return [:]
    }
    unsetenv(variable)
    return (json.objectValue ?? [:]).compactMapValues(\.stringValue)
  }()
}
