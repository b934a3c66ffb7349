import FloeIO
import FloeSDK
import Foundation

/// A project of `qgis.project` as the archive that QGIS opens.
struct ProjectOutput: OutputWriter {
  static let name = "qgis-project"
  static let summary = "A project that qgis.project made, as the archive that QGIS opens."
  static let suffixes = ["qgz"]
  static let kinds: [PortKind] = [.document]

  func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws {
    guard let layer = layers.first, case .document(let document) = layer.data,
      let project = document.renderings["qgs"]
    else {
      throw FloeError("'\(layers.first?.source ?? "")' is no QGIS project; the step qgis.project makes one")
    }
    let name = ((context.output as NSString).lastPathComponent as NSString).deletingPathExtension
    try VirtualFile.write(StoredZip.archive([("\(name).qgs", Array(project.utf8))]), to: path)
  }
}
