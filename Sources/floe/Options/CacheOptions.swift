import ArgumentParser
import FloeHost
import Foundation

/// Which cache of steps' outputs is used.
struct CacheOptions: ParsableArguments {
  @Option(
    name: .customLong("cache"),
    help: """
      A folder that keeps outputs of steps by their content keys, for this and other runs; FLOE_CACHE by default, \
      else none.
      """, completion: .directory)
  var folder: String?
  @Option(
    name: .customLong("cache-limit"),
    help: "What the cache may take, for example 50GB; FLOE_CACHE_LIMIT by default, else 20GB.")
  var limit: String?

  /// The cache; nil where none is named.
  func options() throws -> StepCache.Options? {
    let environment = ProcessInfo.processInfo.environment
    func given(_ option: String?, _ flag: String, _ variable: String) -> (value: String, who: String)? {
      if let option { return (option, flag) }
      // An empty variable is one that is not set.
      return environment[variable].flatMap { $0.isEmpty ? nil : ($0, variable) }
    }
    guard let place = given(folder, "--cache", "FLOE_CACHE") else {
      if limit != nil { throw refuse("--cache-limit needs a cache: give --cache DIR or FLOE_CACHE") }
      return nil
    }
    guard !place.value.isEmpty else { throw refuse("\(place.who) must be a folder, not an empty text") }
    var options = StepCache.Options(folder: try LocalPlace.folder(place.value, place.who))
    if let size = given(limit, "--cache-limit", "FLOE_CACHE_LIMIT") {
      guard let bytes = SystemResources.bytes(size.value) else {
        throw refuse("\(size.who) must be a size such as 500MB or 50GB, not '\(size.value)'")
      }
      options.limit = bytes
    }
    return options
  }
}
