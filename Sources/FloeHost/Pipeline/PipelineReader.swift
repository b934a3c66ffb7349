import FloeIO
import Foundation
import OrderedCollections

/// Reads pipeline files, with the pipelines that they use as steps.
public enum PipelineReader {
  /// Reads a pipeline.
  ///
  /// - Returns: the pipeline as far as it could be read, and its mistakes of form.
  /// - Throws: `RequestRefused` when the file cannot be read or is not YAML.
  public static func read(_ path: String) throws -> (pipeline: Pipeline, problems: [Problem]) {
    if path == "-" { return try read(.standardInput, name: "standard input") }
    if isStream(path), let stream = FileHandle(forReadingAtPath: path) { return try read(stream, name: path) }
    if let kind = LocalFile.kind(of: path) {
      throw RequestRefused([
        Problem(file: path, line: 0, "is \(kind), a YAML file is needed; '-' reads a pipeline from standard input")
      ])
    }
    if let size = FileState(of: path)?.size, size > most { throw tooLong(path) }
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw RequestRefused([Problem(file: path, line: 0, reason(path))])
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return try parse(text, file: path, folder: folder)
  }

  /// Why a pipeline file cannot be read.
  private static func reason(_ path: String) -> String {
    if access(path, R_OK) != 0 {
      if errno == ENOENT { return "there is no such pipeline file" }
      return "the pipeline file cannot be read: \(String(cString: strerror(errno)))"
    }
    if Folder.isFolder(path) { return "is a folder; a pipeline is a YAML file" }
    return "cannot be read as UTF-8 text; a pipeline is a YAML file"
  }

  /// Whether a path names what the process was started with: standard input, or what a shell puts in the place of
  /// `<(command)`. It can be read once, and its folder means nothing.
  public static func isStream(_ path: String) -> Bool {
    path == "-" || path == "/dev/stdin" || path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/self/fd/")
  }

  /// Longer texts are no pipelines.
  private static let most = 16 << 20

  private static func tooLong(_ name: String) -> RequestRefused {
    RequestRefused([
      Problem(file: name, line: 0, "has more than \(most >> 20) MB; a pipeline is a YAML file of some kilobytes")
    ])
  }

  /// Relative paths in it count from the working folder.
  private static func read(_ stream: FileHandle, name: String) throws -> (pipeline: Pipeline, problems: [Problem]) {
    var bytes = Data()
    do {
      while bytes.count <= most, let part = try stream.read(upToCount: 1 << 16), !part.isEmpty { bytes.append(part) }
    } catch {
      throw RequestRefused([Problem(file: name, line: 0, "cannot be read: \(error.localizedDescription)")])
    }
    guard bytes.count <= most else { throw tooLong(name) }
    guard let text = String(data: bytes, encoding: .utf8) else {
      throw RequestRefused([Problem(file: name, line: 0, "is not UTF-8 text; a pipeline is a YAML file")])
    }
    return try parse(text, file: name, folder: FileManager.default.currentDirectoryPath)
  }

  /// Reads a pipeline from its text, with the pipelines that it uses as steps.
  ///
  /// - Parameter parts: the texts of used pipelines by the names of their steps, in place of what their files hold now.
  public static func parse(
    _ text: String, file: String, folder: String, parts: [String: String] = [:]
  ) throws -> (pipeline: Pipeline, problems: [Problem]) {
    let read = try PipelineForm.read(text, file: file, folder: folder)
    let tree = PipelineTree(read.pipeline, texts: parts)
    guard tree.circles.isEmpty else { throw RequestRefused(Array(OrderedSet(tree.circles))) }
    let pipeline = tree.flattened()
    // Steps left out because of a mistake would be reported as missing again while planning.
    guard tree.problems.isEmpty else { throw RequestRefused(Array(OrderedSet(read.problems + tree.problems))) }
    return (pipeline, read.problems)
  }
}
