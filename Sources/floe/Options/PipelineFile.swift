import FloeHost
import Foundation

/// The pipeline that a command line names.
enum PipelineFile {
  /// Reads a pipeline; `-` is standard input.
  ///
  /// - Throws: `RequestRefused` as `PipelineReader` does; of a file that is not there and is called like one of floe's
  ///   examples it says where that one lies.
  static func read(_ path: String) throws -> (pipeline: Pipeline, problems: [Problem]) {
    guard path != "-", !FileManager.default.fileExists(atPath: path), let own = example(path) else {
      return try PipelineReader.read(path)
    }
    throw RequestRefused([
      Problem(file: path, line: 0, "there is no such pipeline file; the example of that name lies at \(own)")
    ])
  }

  private static func example(_ path: String) -> String? {
    // Whatever needs the share folder says that it is missing; here it would only have helped.
    guard let share = try? PluginOptions.share() else { return nil }
    let own = share.example((path as NSString).lastPathComponent)
    return own.hasSuffix(".yaml") && FileManager.default.fileExists(atPath: own) ? own : nil
  }
}
