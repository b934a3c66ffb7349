import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

struct New: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the skeleton of a plugin in Swift, or of a step in another language.",
    discussion: """
      EXAMPLE
        floe new plugin lead-width     a Swift package with one step, a test and a README
        floe new step lead-width       a manifest and a Python program beside it
      """,
    subcommands: [NewPlugin.self, NewStep.self])
}

struct NewPlugin: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "plugin", abstract: "Writes a Swift package with one step that builds with `swift build`.")
  @Argument(help: "The plugin's name, for example lead-width.")
  var name: String
  @Option(help: "The kit's package; the one that came with floe by default.", completion: .directory)
  var kit: String?
  @Option(name: .customLong("in"), help: "The folder in which the package's folder is made.", completion: .directory)
  var parent = "."

  func run() throws {
    let share = try PluginOptions.share()
    let kit = try kit.map { URL(fileURLWithPath: $0).standardizedFileURL.path } ?? share.kit()
    guard FileManager.default.fileExists(atPath: kit + "/Sources/CFloeStamp") else { throw refuse("--kit '\(kit)' is not the kit's package: it has no Sources/CFloeStamp") }
    guard FileManager.default.fileExists(atPath: Skeleton.testSupport(besideKit: kit) + "/Package.swift") else {
      throw refuse("--kit '\(kit)' has no FloeTestSupport beside it, which the plugin's tests need: both are in Sources of a checkout and in share/floe of an installation")
    }
    let skeleton = try Skeleton(name: name, kit: kit)
    let folder = try skeleton.write("plugin", share: share, into: parent)
    print("""
      \(folder) is written. Next:
        cd \(folder) && swift build -c release && swift test
        floe plugins --plugin-path \(folder)/.build/release
      """)
  }
}

struct NewStep: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "step", abstract: "Writes a manifest and a program in Python; any other language does as well.")
  @Argument(help: "The step's name, for example lead-width.")
  var name: String
  @Option(name: .customLong("in"), help: "The folder in which the step's folder is made.", completion: .directory)
  var parent = "."

  func run() throws {
    let folder = try Skeleton(name: name, kit: "").write("step", share: try PluginOptions.share(), into: parent)
    print("""
      \(folder) is written. Next:
        floe plugins --plugin-path \(folder)
      """)
  }
}

/// A template with a name put into it.
struct Skeleton {
  private let folderName: String
  private let words: [(String, String)]

  /// - Throws: `RequestRefused` for a name of which no Swift name can be made.
  init(name: String, kit: String) throws {
    let parts = name.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init)
    guard let first = parts.first?.first, first.isLetter, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_ ".contains($0)) }) else {
      throw refuse("'\(name)' cannot be a plugin's name: it must begin with a letter and hold letters, digits, '-' and '_'")
    }
    folderName = parts.joined(separator: "-")
    words = [
      ("__Name__", parts.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()),
      ("__name__", parts.joined(separator: "_").lowercased()),
      ("__TestSupport__", Self.quoted(Self.testSupport(besideKit: kit))),
      ("__KitName__", (kit as NSString).lastPathComponent),
      ("__Kit__", Self.quoted(kit)),
    ]
  }

  /// The package with which plugins are tested lies beside the kit.
  static func testSupport(besideKit kit: String) -> String { (kit as NSString).deletingLastPathComponent + "/FloeTestSupport" }

  /// As it stands between quotes in Swift.
  private static func quoted(_ text: String) -> String { text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") }

  /// Writes every file of a template with the names put in; returns the folder made.
  func write(_ template: String, share: Share, into parent: String) throws -> String {
    let files = FileManager.default
    let from = "\(share.folder)/templates/\(template)"
    let to = URL(fileURLWithPath: parent).appendingPathComponent(folderName).standardizedFileURL.path
    guard !files.fileExists(atPath: to) else { throw refuse("'\(to)' is there already; choose another name or folder") }
    guard let names = files.enumerator(atPath: from)?.allObjects as? [String], !names.isEmpty else {
      throw FloeError("floe's share folder \(share.folder) has no template '\(template)'; it is incomplete")
    }
    for name in names.sorted() {
      var isFolder: ObjCBool = false
      guard files.fileExists(atPath: "\(from)/\(name)", isDirectory: &isFolder), !isFolder.boolValue else { continue }
      let target = "\(to)/\(filled(name))"
      try Folder.make((target as NSString).deletingLastPathComponent)
      try VirtualFile.write(filled(try VirtualFile.readText("\(from)/\(name)")), to: target)
    }
    return to
  }

  private func filled(_ text: String) -> String { words.reduce(text) { $0.replacing($1.0, with: $1.1) } }
}
