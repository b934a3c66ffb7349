import FloeSDK
import Foundation
import Yams

/// A package as its document.
extension ApplicationPackage {
  /// The document.
  public func yaml() throws -> String {
    var root: [(Node, Node)] = [
      ("cwlVersion", "v1.2"),
      ("$namespaces", Self.map([("s", "https://schema.org/")])),
    ]
    root += metadata()
    root.append(
      ("$graph", Self.list([workflow(), splitTool(), chunkTool(), gatherTool(), countTool(), seasonTool()])))
    let text = try Yams.serialize(node: Self.map(root), width: -1, allowUnicode: true)
    return
      "# An OGC Application Package (CWL v1.2) of \((pipeline.file as NSString).lastPathComponent), made by floe cwl.\n"
      + text
  }

  private func metadata() -> [(Node, Node)] {
    var facts: [(Node, Node)] = [
      ("s:name", Self.text(name)),
      ("s:softwareVersion", Self.text(FloeVersion.current)),
      ("s:description", Self.text(title)),
      ("s:dateCreated", Self.text(created)),
      ("s:license", Self.map([("@id", "https://spdx.org/licenses/GPL-3.0-or-later.html")])),
      (
        "s:softwareHelp",
        Self.map([
          ("@type", "s:CreativeWork"), ("s:name", "OGC Best Practice for Earth Observation Application Package"),
          ("s:url", Self.text("https://docs.ogc.org/bp/20-089r1.html")),
        ])
      ),
    ]
    guard let author else { return facts }
    let institute = Self.map([("@type", "s:Organization"), ("s:name", Self.text(author.affiliation))])
    facts.append(("s:publisher", institute))
    facts.append(
      (
        "s:author",
        Self.map([
          ("@type", "s:Person"), ("s:givenName", Self.text(author.given)), ("s:familyName", Self.text(author.family)),
          ("s:email", Self.text(author.mail)), ("s:affiliation", institute),
        ])
      ))
    return facts
  }
}
