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
