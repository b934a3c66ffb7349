import Foundation
import OrderedCollections

/// Reads pipeline files, with the pipelines that they use as steps.
public enum PipelineReader {
  /// Reads a pipeline.
  ///
  /// - Returns: the pipeline as far as it could be read, and its mistakes of form.
  /// - Throws: `RequestRefused` when the file cannot be read or is not YAML.
  public static func read(_ path: String) throws -> (pipeline: Pipeline, problems: [Problem]) {
    if path == "-" { return try readStandardInput() }
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw RequestRefused([
        Problem(
          file: path, line: 0,
          exists ? "cannot be read as UTF-8 text; a pipeline is a YAML file" : "there is no such pipeline file")
      ])
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return try parse(text, file: path, folder: folder)
  }

  /// Relative paths in it count from the working folder.
  private static func readStandardInput() throws -> (pipeline: Pipeline, problems: [Problem]) {
    let name = "standard input"
    let bytes: Data
    do { bytes = try FileHandle.standardInput.readToEnd() ?? Data() } catch {
      throw RequestRefused([Problem(file: name, line: 0, "cannot be read: \(error.localizedDescription)")])
    }
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
