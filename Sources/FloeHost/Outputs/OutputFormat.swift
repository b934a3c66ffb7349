import FloeSDK
import Foundation

/// The kinds of files that a run writes, by ending.
public enum OutputFormat: String, CaseIterable, Sendable {
  case tif, gpkg, csv, nc, json, txt, html, qgz

  /// The format of a file name; nil for an ending that no writer knows.
  public init?(fileName: String) {
    guard let dot = fileName.lastIndex(of: ".") else { return nil }
    self.init(rawValue: fileName[fileName.index(after: dot)...].lowercased())
  }
  /// What a file of this format can hold.
  public var kinds: [PortKind] {
    switch self {
    case .tif: [.raster]
    case .gpkg, .csv, .nc: [.table]
    case .json: [.model, .document]
    case .txt, .html, .qgz: [.document]
    }
  }
  /// Whether a file may hold several named layers.
  public var hasLayers: Bool { self == .gpkg }
}

/// Checks of the folder that outputs go to.
enum OutputFolder {
  /// Why a folder cannot take outputs; nil when it can. A folder that does not exist yet is judged by its nearest parent.
  static func refusal(_ folder: String) -> String? {
    var url = URL(fileURLWithPath: folder)
    let files = FileManager.default
    var isFolder: ObjCBool = false
    while !files.fileExists(atPath: url.path, isDirectory: &isFolder) {
      if url.path == "/" { return "the output folder cannot be made" }
      // An entry that is there and leads nowhere: a folder cannot be made in its place.
      if let target = try? files.destinationOfSymbolicLink(atPath: url.path) { return "the output folder cannot be made: \(url.path) is a link to \(target), which does not exist" }
      url.deleteLastPathComponent()
    }
    if !isFolder.boolValue { return "the output folder cannot be made: \(url.path) is a file" }
    if access(url.path, W_OK) != 0 { return "the output folder cannot be written: no permission to write in \(url.path)" }
    return nil
  }
}
