import FloeIO
import FloeSDK
import Foundation

/// Writes one output of a pipeline into the staging folder: the format's writer makes the file and what belongs beside
/// it, then follow the files that belong to a document.
struct OutputTask: Sendable {
  let output: Pipeline.OutputNode
  let plan: Plan
  let values: [String: PortData]
  let provenance: Provenance
  let share: ResourceDirectory
  let sink: RunRecorder

  func write(to path: String, in run: RunContext) async throws -> WrittenOutput {
    guard let format = plan.formats[output.name] else { throw FloeError("has no writer") }
    let layers = try output.layers.map { name, reference in
      guard let data = values[reference.text] else {
        throw FloeError("has nothing to write: the step '\(reference.step)' did not make '\(reference.text)'")
      }
      return OutputLayer(
        name: name, data: data, source: reference.text,
        provenance: provenance.json(for: reference, format: format))
    }
    guard let first = layers.first else { throw FloeError("has nothing to write") }
    let share = share
    let context = WriteContext(
      output: output.name, others: others, run: run, sink: sink, styles: { try share.style($0) })
    try await format.writer.write(layers, to: path, in: context)
    if format.declaration.isFolder != Folder.isFolder(path) || !FileManager.default.fileExists(atPath: path) {
      throw FloeError(
        """
        its writer \(format.declaration.name) ended well but left no \
        \(format.declaration.isFolder ? "folder" : "file") there
        """
      )
    }
    for case .document(let document) in layers.map(\.data) { try attach(document.attachments, beside: path) }
    return WrittenOutput(
      name: output.name, path: path, kind: first.data.kind,
      sources: Dictionary(uniqueKeysWithValues: output.layers.map { ($0.key, $0.value.text) }))
  }

  /// The other outputs of the run, as far as their values are made.
  private var others: [OtherOutput] {
    plan.outputs.compactMap { other in
      guard other.name != output.name, let format = plan.formats[other.name] else { return nil }
      return OtherOutput(
        name: other.name, format: format.declaration, values: other.layers.values.compactMap { values[$0.text] })
    }
  }

  /// Writes the files that belong to a document; none may leave its folder or take another output's place.
  private func attach(_ files: [String: [UInt8]], beside path: String) throws {
    for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
      guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
        throw FloeError("the file '\(name)' that belongs to it does not lie beside it")
      }
      let target = "\((path as NSString).deletingLastPathComponent)/\(name)"
      guard !VirtualFile.exists(target) else {
        throw FloeError(
          """
          the file '\(name)' that belongs to it is there already: another output wrote it; put one of them into \
          another folder
          """
        )
      }
      try Folder.make(Folder.parent(of: target))
      try VirtualFile.write(bytes, to: target)
    }
  }
}
