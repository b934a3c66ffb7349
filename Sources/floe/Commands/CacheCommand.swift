import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct CacheCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache",
    abstract: "Lists, verifies and prunes the kept outputs of steps.",
    discussion: """
      `floe run --cache DIR` keeps outputs of steps in DIR and takes from there what need not be computed again.

      EXAMPLE
        floe cache list --cache ~/floe-cache
        floe cache verify --remove --cache ~/floe-cache
        floe cache prune --to 5GB --cache ~/floe-cache

      FLOE_CACHE=DIR in the environment stands for --cache DIR.
      """,
    subcommands: [ListCommand.self, VerifyCommand.self, PruneCommand.self])

  /// The cache that the options or the environment name, which must be there.
  static func open(_ options: CacheOptions) throws -> StepCache {
    guard let found = try options.options() else {
      throw refuse("no cache is named: give it with --cache, such as --cache ~/floe-cache, or set FLOE_CACHE=DIR")
    }
    guard StepCache.isCache(found.folder) else { throw refuse("there is no cache in '\(found.folder)'") }
    return try StepCache(found)
  }

  struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Lists the entries, those used last first.")
    @OptionGroup var cache: CacheOptions
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
      let entries = try CacheCommand.open(cache).list()
      if json {
        return Terminal.json(
          try JSONText.encode(
            .array(
              entries.map { entry in
                [
                  "key": .string(entry.key), "bytes": .integer(entry.bytes),
                  "used": .string(Date(timeIntervalSince1970: Double(entry.used)).ISO8601Format()),
                  "step": JSONValue(entry.content?.step), "use": JSONValue(entry.content?.use),
                  "outputs": .array((entry.content?.ports ?? []).map { .string($0) }),
                  "readable": .bool(entry.content != nil),
                ]
              }), pretty: true))
      }
      for entry in entries {
        let day = Date(timeIntervalSince1970: Double(entry.used)).ISO8601Format()
        let content =
          entry.content.map { "\($0.use)  \($0.step): \($0.ports.joined(separator: ", "))" } ?? "cannot be read"
        print("\(entry.key.prefix(12))  \(day)  \(SystemResources.text(entry.bytes))  \(content)")
      }
      print("\(entries.count) entries, \(SystemResources.text(entries.reduce(0) { $0 + $1.bytes }))")
    }
  }

  struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify",
      abstract: "Reads every entry and compares its checksums; exit status 1 when one is damaged.")
    @OptionGroup var cache: CacheOptions
    @Flag(help: "Take damaged entries away.")
    var remove = false
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
      let cache = try CacheCommand.open(self.cache)
      let entries = try cache.list()
      var damaged: [(key: String, reason: String)] = []
      for entry in entries {
        try Interrupt.cancellation.check()
        guard let reason = cache.damage(of: entry.key) else { continue }
        damaged.append((entry.key, reason))
        if remove { try cache.remove(entry.key) }
      }
      if json {
        Terminal.json(
          try JSONText.encode(
            [
              "entries": .integer(entries.count),
              "damaged": .array(damaged.map { ["key": .string($0.key), "reason": .string($0.reason)] }),
            ], pretty: true))
      } else {
        for (key, reason) in damaged { print("\(key.prefix(12)): \(reason)\(remove ? "; taken away" : "")") }
        print("\(entries.count) entries, \(damaged.isEmpty ? "all whole" : "\(damaged.count) damaged")")
      }
      if !damaged.isEmpty, !remove { throw ExitCode(1) }
    }
  }

  struct PruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "prune",
      abstract: "Takes away entries that were not used for longest, and what killed processes left.",
      discussion: "Without options, down to the cache's limit. Processes that read an entry go on reading it.")
    @OptionGroup var cache: CacheOptions
    @Option(help: "What may stay, for example 5GB; 0 for nothing.")
    var to: String?
    @Option(help: "Take away also what was not used for so many days.")
    var unusedDays: Int?
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
      var limit: Int?
      if let to {
        guard let bytes = to == "0" ? 0 : SystemResources.bytes(to) else {
          throw refuse("--to must be a size such as 500MB or 5GB, or 0, not '\(to)'")
        }
        limit = bytes
      }
      var oldest = Int.min
      if let unusedDays {
        guard (0...36500).contains(unusedDays) else {
          throw refuse("--unused-days must be between 0 and 36500, not \(unusedDays)")
        }
        oldest = Int(Date().timeIntervalSince1970) - unusedDays * 86400
      }
      let cache = try CacheCommand.open(self.cache)
      let gone = try cache.prune(to: limit, oldest: oldest)
      if json {
        Terminal.json(
          try JSONText.encode(["entries": .integer(gone.entries), "bytes": .integer(gone.bytes)], pretty: true))
      } else {
        print("\(gone.entries) entries taken away, \(SystemResources.text(gone.bytes))")
      }
    }
  }
}
