import FloeIO
import FloeSDK

/// Compares files of a product with what the product says of them: their sizes and checksums in `manifest.safe`, their
/// CRC in the archive's directory.
///
/// Decoders of JPEG 2000 go on over most damage and give other pixels; the checksum sees it.
struct SourceCheck: Sendable {
  private let root: String
  private let manifest: ProductManifest?
  private let archive: String?
  private let index: ZipIndex?
  /// Whether the host knows the product by its manifest, so that no file may be read that is other than it says.
  let isBound: Bool

  /// - Throws: when there is a manifest and it is no XML.
  init(_ location: SafeLocation) throws {
    root = location.root
    archive = location.archive
    index = location.archive.map { ZipIndex($0) }
    let path = root + "/manifest.safe"
    switch VirtualFile.presence(path) {
    case .present: break
    case .absent:
      manifest = nil
      isBound = false
      return
    case .refused(let refusal):
      LibraryNotices.add("\(refusal); sizes and checksums of the product's files are not compared")
      manifest = nil
      isBound = false
      return
    }
    let found = try ProductManifest(file: path)
    manifest = found
    let isDistant = location.archive == nil && RemotePath.isRemote(location.root)
    isBound = try isDistant && found.gapAtDistance() == nil
  }

  /// Refuses a file that is not as the product says; a file that the product says nothing of passes.
  ///
  /// - Parameter copy: where its bytes were copied to, if they were.
  func check(_ path: String, copy: String? = nil) throws {
    let place = copy ?? path
    let entry = try entry(of: path)
    guard path.hasPrefix(root + "/"), VirtualFile.exists(place) else { return }
    if let entry {
      try checkSize(path, at: place, entry)
      if let sum = entry.checksum, let found = try FileDigest.hexadecimal(of: place, algorithm: sum.name),
        found != sum.value
      {
        throw FloeError(
          "'\(path)' has the \(sum.name) checksum \(found), manifest.safe says \(sum.value): \(Self.advice)")
      }
    }
    if let archive, let index, let crc = index.checksum(of: String(path.dropFirst(VirtualFile.zip(archive).count + 1)))
    {
      try Self.check(path, at: place, crc: crc)
    }
  }

  /// Refuses a file on the network, of which parts are read, that is not there or not as large as the product says.
  func checkPart(_ path: String) throws {
    guard isBound, let entry = try entry(of: path) else { return }
    try checkSize(path, at: path, entry)
  }

  /// Refuses a remote product that lacks a file of its manifest, by which it is known.
  func checkAbsent(_ path: String) throws {
    guard isBound, let manifest, path.hasPrefix(root + "/"),
      manifest.entries[String(path.dropFirst(root.count + 1))] != nil
    else { return }
    throw FloeError("'\(path)' is listed in manifest.safe and is not there; the product is not whole")
  }

  private static let advice =
    "the file was damaged or changed; fetch the product anew, or remove manifest.safe if the change is meant"

  private func checkSize(_ path: String, at place: String, _ entry: ProductManifest.Entry) throws {
    guard let size = entry.size else { return }
    let found = try VirtualFile.size(place)
    guard found == size else {
      throw FloeError("'\(path)' has \(found) bytes, manifest.safe says \(size): \(Self.advice)")
    }
  }

  /// What the manifest says of a file; nil where it says nothing, or where there is none.
  private func entry(of path: String) throws -> ProductManifest.Entry? {
    guard let manifest, path.hasPrefix(root + "/") else { return nil }
    if let entry = manifest.entries[String(path.dropFirst(root.count + 1))] { return entry }
    guard !isBound else {
      throw FloeError(
        "'\(path)' is not listed in manifest.safe, by which a remote product is known; fetch the product, and "
          + "name its copy")
    }
    return nil
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
