import FloeSDK
import Foundation

/// The result of a finished run.
public struct RunReport: Sendable {
  /// The files written, relative to the output folder, sidecars first.
  public let files: [String]
  /// The content of `run.json`.
  public let record: JSONValue
  /// Whether nothing was computed, since the folder's outputs are those that the run would make.
  public let isUnchanged: Bool
}
