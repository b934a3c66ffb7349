import Foundation

/// How long names and paths may be on the disk that holds a folder; what is too long fails only when it is made.
struct FileNameLength {
  private let folder: String
  /// Bytes of one name, and of a path as Linux takes it.
  private let name: Int, path: Int
  /// The folder inside of the output folder in which outputs are made, `/.floe-PID-NUMBER/out/`.
  private static let staging = 40

  /// - Parameter folder: an absolute path; of one that does not exist yet its nearest parent counts.
  init(_ folder: String) {
    self.folder = folder
    let nearest = Folder.nearest(folder)
    let found = pathconf(nearest, Int32(_PC_NAME_MAX))
    // File systems that know no limit answer less than 1.
    name = found > 0 ? found : 255
    path = 4095
  }

  /// Why an output cannot be called so; nil when it can.
  ///
  /// - Parameter files: the output and what may be written beside it.
  func refusal(of output: String, with files: [String]) -> String? {
    for file in files {
      let beside = file == output ? "" : ", or what is written beside it, '...\(file.suffix(12))',"
      if let part = longPart(of: file) {
        return
          """
          output '\(Self.short(output))'\(beside) has a name of \(part) bytes; at most \(name) are possible in \
          \(Self.short(folder)), choose a shorter one
          """
      }
      let whole = folder.utf8.count + Self.staging + file.utf8.count
      if whole > path {
        return
          """
          output '\(Self.short(output))' would have a path of \(whole) bytes with its folders; at most \(path) are \
          possible, choose a shorter name or output folder
          """
      }
    }
    return nil
  }

  /// Why a folder cannot be called so; nil when it can.
  func refusal() -> String? {
    if let part = longPart(of: folder) {
      return "the output folder cannot be made: a part of its path has \(part) bytes, at most \(name) are possible"
    }
    guard folder.utf8.count + Self.staging > path else { return nil }
    return "the output folder cannot be made: its path has \(folder.utf8.count) bytes, at most \(path) are possible"
  }

  /// The bytes of the first name in a path that is too long.
  private func longPart(of file: String) -> Int? {
    file.split(separator: "/").lazy.map(\.utf8.count).first { $0 > name }
  }

  private static func short(_ text: String) -> String {
    text.count > 80 ? "\(text.prefix(40))...\(text.suffix(20))" : text
  }
}
