import FloeIO
import FloeSDK
import Foundation

/// A file that holds fast with what a pipeline's results were made: floe, kit, libraries, styles, and each plugin by
/// name, version and digest.
public struct PluginLock: Sendable {
  private let content: JSONValue
  private let path: String

  /// The lock of a pipeline with what is here now.
  public static func text(of pipeline: Pipeline, library: StepLibrary, share: ResourceDirectory) throws -> String {
    let now = try RunSurroundings(of: pipeline, library: library, share: share, digests: ContentDigests())
    // A lock is for other machines too, whose figures may be drawn by another program.
    var members = now.members.filter { $0.key != RecordKey.programs.rawValue }
    members[.lock] = 1
    members[.floe] = .string(FloeVersion.current)
    return try JSONText.encode(.object(members), pretty: true) + "\n"
  }

  /// Reads a lock.
  ///
  /// - Throws: `RequestRefused` where the file is none.
  public init(file: String) throws {
    func refused(_ message: String) -> RequestRefused {
      RequestRefused([Problem(file: "--frozen \(file)", line: 0, message)])
    }
    path = file
    do { content = try JSONText.decode(try VirtualFile.readText(file), name: file) } catch {
      throw refused("\(error)")
    }
    guard let form = content[.lock]?.intValue else { throw refused("is no lock; `floe lock PIPELINE` writes one") }
    guard form == 1 else {
      throw refused("is a lock of form \(form), of which this floe knows 1: `floe lock PIPELINE` writes it anew")
    }
  }

  /// Refuses a pipeline whose plugins, program or libraries are not those of the lock.
  ///
  /// - Throws: `RequestRefused` with a sentence for each difference.
  public func check(_ pipeline: Pipeline, library: StepLibrary, share: ResourceDirectory) throws {
    let now = try RunSurroundings(of: pipeline, library: library, share: share, digests: ContentDigests())
    let differences = now.differences(from: content)
    guard differences.isEmpty else {
      throw RequestRefused(differences.map { Problem(file: "--frozen \(path)", line: 0, $0) })
    }
  }
}

extension RunSurroundings {
  /// How these surroundings differ from those that a record or lock states, a sentence each.
  func differences(from other: JSONValue) -> [String] {
    var found: [String] = []
    func byName(_ value: JSONValue?) -> [String: JSONValue] {
      Dictionary((value?.arrayValue ?? []).map { ($0[.name]?.stringValue ?? "", $0) }) { first, _ in first }
    }
    let here = byName(members[.plugins])
    let there = byName(other[.plugins])
    for name in Set(here.keys).union(there.keys).sorted() {
      guard let own = here[name] else {
        found.append("the plugin \(name) is not used here")
        continue
      }
      guard let old = there[name] else {
        found.append("the plugin \(name) was not used there")
        continue
      }
      if own == old { continue }
      let versions = [old[.version]?.stringValue ?? "", own[.version]?.stringValue ?? ""]
      found.append(
        versions[0] != versions[1]
          ? "the plugin \(name) is version \(versions[1]) here, was \(versions[0])"
          : "the plugin \(name) has other code here (\(Self.short(own)), was \(Self.short(old)))")
    }
    let names: [(key: RecordKey, what: String)] = [
      (.kit, "the plugin kit"), (.program, "floe's program"), (.styles, "a style file"),
    ]
    for (key, what) in names where members[key] != other[key] { found.append("\(what) is not the same") }
    let libraries = members[.libraries]?.objectValue ?? [:]
    for (name, version) in libraries.sorted(by: { $0.key < $1.key }) where other[.libraries]?[name] != version {
      found.append(
        """
        the library \(name) is \(version.stringValue ?? "?") here, was \
        \(other[.libraries]?[name]?.stringValue ?? "?")
        """
      )
    }
    return found
  }

  private static func short(_ plugin: JSONValue) -> String { String((plugin[.digest]?.stringValue ?? "?").prefix(12)) }
}
