import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

/// A template with a name put into it.
struct Skeleton {
  private let folderName: String
  /// The name as a word of small letters, which begins the names of files and of the step.
  let moduleName: String
  private let words: [(String, String)]

  /// - Throws: `RequestRefused` for a name of which no Swift name can be made.
  init(name: String, kit: String) throws {
    let parts = name.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init)
    guard let first = parts.first?.first, first.isLetter,
      name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_ ".contains($0)) })
    else {
      throw refuse(
        "'\(name)' cannot be the name of a plugin or step: it must begin with a letter and hold letters, digits, '-' "
          + "and '_'")
    }
    folderName = parts.joined(separator: "-")
    moduleName = parts.joined(separator: "_").lowercased()
    words = [
      ("__Name__", parts.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()),
      ("__name__", moduleName),
      ("__TestSupport__", Self.quoted(Self.testSupport(besideKit: kit))),
      ("__KitName__", (kit as NSString).lastPathComponent),
      ("__Kit__", Self.quoted(kit)),
    ]
  }

  /// The package with which plugins are tested lies beside the kit.
  static func testSupport(besideKit kit: String) -> String {
    (kit as NSString).deletingLastPathComponent + "/FloeTestSupport"
  }

  /// As it stands between quotes in Swift.
  private static func quoted(_ text: String) -> String {
    // By scalars: a quote that a combining mark follows is one character of Swift's.
    text.unicodeScalars.map { $0 == "\\" || $0 == "\"" ? "\\\($0)" : "\($0)" }.joined()
  }

  /// Writes every file of a template with the names put in; returns the folder made.
  func write(_ template: String, share: ResourceDirectory, into parent: String) throws -> String {
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

  /// Says what was written and what comes next.
  static func tell(_ folder: String, next: [String], note: String, json: Bool) throws {
    if json {
      var content: [String: JSONValue] = ["folder": .string(folder), "next": .array(next.map { .string($0) })]
      if !note.isEmpty { content["note"] = .string(note) }
      return Terminal.json(try JSONText.encode(.object(content), pretty: true))
    }
    print((["\(folder) is written. Next:"] + next.map { "  " + $0 }).joined(separator: "\n"))
    if !note.isEmpty { print(Terminal.wrapped(note)) }
  }

  private func filled(_ text: String) -> String { words.reduce(text) { $0.replacing($1.0, with: $1.1) } }
}
