import FloeIO
import FloeSDK
import Foundation

/// Where inputs are, for the words in which a request names them: paths made absolute, URLs as GDAL reads them, STAC
/// items by the file that they stand for.
final class InputPlaces {
  /// Sentences about inputs that cannot be used, by place.
  private(set) var problems: [String: String] = [:]
  /// Sentences that a user should see: a document of the disk that leads to the network.
  private(set) var remarks: [String] = []
  private var known: [String: String] = [:]

  /// The place of an input.
  ///
  /// - Parameter folder: what a relative path counts from.
  func place(_ text: String, from folder: String) -> String {
    if let refusal = AddressScheme.refusal(text) {
      problems[text] = refusal
      return text
    }
    if let name = DatasetName(text) { return name.moved(to: place(name.file, from: folder)) }
    let isURL = RemotePath.isURL(text) || text.hasPrefix("/vsi") && RemotePath.isRemote(text)
    let absolute =
      isURL || text.hasPrefix("/")
      ? text
      : URL(fileURLWithPath: text, relativeTo: URL(fileURLWithPath: folder, isDirectory: true)).standardizedFileURL.path
    if let found = known[absolute] { return found }
    var found = absolute
    do {
      found =
        try (isURL ? stac(absolute) ?? RemotePath.resolve(absolute) : staged(absolute) ?? stac(absolute)) ?? absolute
    } catch {
      problems[absolute] = "\(error)"
    }
    known[absolute] = found
    return found
  }

  /// The product in a folder that a platform staged in.
  private func staged(_ folder: String) -> String? {
    do {
      guard let only = try StacDocument.staged(folder) else { return nil }
      if let remark = try only.check(named: "\(folder)/catalog.json") { remarks.append(remark) }
      return only.path
    } catch {
      // The folder may be meant itself; a step that needs another says so.
      remarks.append("\(folder) is taken as it is, its catalogue is not followed: \(error)")
      return nil
    }
  }

  /// The file that a STAC item stands for, or the only item of a catalogue.
  private func stac(_ text: String) throws -> String? {
    guard let document = try StacDocument(text), document.kind != "FeatureCollection" else { return nil }
    let entries = try document.entries()
    let shown = RemotePath.shown(text)
    guard let only = entries.first, entries.count == 1 else {
      throw FloeError(
        entries.isEmpty
          ? "\(shown) lists no item"
          : "\(shown) lists \(entries.count) items, one is needed; `floe batch --over` takes them all")
    }
    if let remark = try only.check(named: shown) { remarks.append(remark) }
    if RemotePath.isRemote(only.path), !RemotePath.isURL(text), !RemotePath.isRemote(text) {
      remarks.append("\(shown) names \(RemotePath.shown(only.path)), which is read over the network")
    }
    return only.path
  }
}
