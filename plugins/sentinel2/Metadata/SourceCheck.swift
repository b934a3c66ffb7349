import FloeIO
import FloeSDK

/// Compares files of a product with what the product says of them: their sizes and checksums in `manifest.safe`, their
/// CRC in the archive's directory.
///
/// Decoders of JPEG 2000 go on over most damage and give other pixels; the checksum sees it.
struct SourceCheck: Sendable {
  private struct Entry: Sendable {
    let size: Int?
    let checksum: (name: String, value: String)?
  }
  private let root: String
  private let manifest: [String: Entry]
  private let archive: String?
  private let index: ZipIndex?

  /// - Throws: when there is a manifest and it is no XML.
  init(_ location: SafeLocation) throws {
    root = location.root
    archive = location.archive
    index = location.archive.map { ZipIndex($0) }
    let path = root + "/manifest.safe"
    switch VirtualFile.presence(path) {
    case .present: break
    case .absent:
      manifest = [:]
      return
    case .refused(let refusal):
      LibraryNotices.add("\(refusal); sizes and checksums of the product's files are not compared")
      manifest = [:]
      return
    }
    var entries: [String: Entry] = [:]
    for stream in try XMLNode(file: path).descendants("byteStream") {
      guard var href = stream.first("fileLocation")?.attributes["href"] else { continue }
      if href.hasPrefix("./") { href.removeFirst(2) }
      let sum = stream.first("checksum")
      let checksum = sum.flatMap { node in node.attributes["checksumName"].map { ($0, node.text.lowercased()) } }
      entries[href] = Entry(size: stream.attributes["size"].flatMap { Int($0) }, checksum: checksum)
    }
    manifest = entries
  }

  /// Refuses a file that is not as the product says; a file that the product says nothing of passes.
  ///
  /// - Parameter copy: where its bytes were copied to, if they were.
  func check(_ path: String, copy: String? = nil) throws {
    let place = copy ?? path
    guard path.hasPrefix(root + "/"), VirtualFile.exists(place) else { return }
    let name = String(path.dropFirst(root.count + 1))
    let advice =
      "the file was damaged or changed; fetch the product anew, or remove manifest.safe if the change is meant"
    if let entry = manifest[name] {
      if let size = entry.size, try VirtualFile.size(place) != size {
        throw FloeError("'\(path)' has \(try VirtualFile.size(place)) bytes, manifest.safe says \(size): \(advice)")
      }
      if let sum = entry.checksum, let found = try FileDigest.hexadecimal(of: place, algorithm: sum.name),
        found != sum.value
      {
        throw FloeError("'\(path)' has the \(sum.name) checksum \(found), manifest.safe says \(sum.value): \(advice)")
      }
    }
    if let archive, let index, let crc = index.checksum(of: String(path.dropFirst(VirtualFile.zip(archive).count + 1)))
    {
      try Self.check(path, at: place, crc: crc)
    }
  }

  /// Refuses a member of an archive whose bytes do not match the archive's directory.
  ///
  /// - Parameter place: where its bytes were copied to; nil for itself.
  static func check(_ path: String, at place: String? = nil, crc: UInt32) throws {
    let found = try FileDigest.crc32(of: place ?? path)
    guard found == crc else {
      throw FloeError(
        "'\(path)' has the checksum \(String(found, radix: 16)), the archive's directory says "
          + "\(String(crc, radix: 16)): the archive is damaged; fetch it anew")
    }
  }
}
