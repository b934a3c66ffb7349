internal import CGDAL
import FloeCore

/// Has GDAL read `/vsicurl/` through `RemoteFile`.
///
/// GDAL's own goes on over some short answers and knows a failure only as "no such file"; queries would be part of each
/// path, and servers that no input names would be reached.
enum RemoteFileSystem {
  /// A handle: the file, and how its reads follow each other.
  ///
  /// Safe because GDAL uses a handle from one thread at a time.
  private final class Handle: @unchecked Sendable {
    let file: RemoteFile
    var next = -1
    var ahead = 0

    init(_ file: RemoteFile) { self.file = file }

    /// Reads bytes at an offset, fewer than asked for where a part of a tile, or its header, ends before; their count.
    func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws -> Int {
      if let count = try readTilePart(at: offset, into: target) { return count }
      // Reads that follow each other announce more: each fetches twice as much beyond as the one before, up to 4 MB.
      ahead = offset == next ? min(4 << 20, max(RemoteBlocks.blockSize, ahead * 2)) : 0
      next = offset + target.count
      try file.read(at: offset, into: target, ahead: ahead)
      return target.count
    }

    /// Headers of parts come from the index, and a reader inside of a part reads all of it.
    private func readTilePart(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws -> Int? {
      guard let index = file.tileParts, offset >= index.first else { return nil }
      if let header = try index.header(at: offset, fetch: file.bytes) {
        let count = min(header.count, target.count)
        header.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[0..<count])) }
        return count
      }
      guard let part = index.part(at: offset) else { return nil }
      let count = min(target.count, part.end - offset)
      let blocks = (part.end - 1) / RemoteBlocks.blockSize - (offset + count - 1) / RemoteBlocks.blockSize
      try file.read(
        at: offset, into: UnsafeMutableRawBufferPointer(rebasing: target[0..<count]),
        ahead: min(64, blocks) * RemoteBlocks.blockSize)
      try index.prove(part, of: file.url, read: file.bytes)
      return count
    }
  }

  /// GDAL's other forms of the same too, by which a mosaic would else reach servers that no input names.
  private static let prefixes = ["/vsicurl/", "/vsicurl_streaming/", "/vsicurl?"]

  /// Takes the place of GDAL's file systems; once a process.
  static func install() {
    var system = FloeFileSystem()
    system.status = { path, isFolder, modified in
      guard let url = RemoteFileSystem.url(path), !RemoteFileSystem.isBeside(url) else { return -1 }
      do {
        guard let file = try RemoteFile.find(url) else { return -1 }
        isFolder?.pointee = file.facts.isFolder ? 1 : 0
        return Int64(file.facts.size)
      } catch {
        RemoteFileSystem.remember(error, url)
        return -1
      }
    }
    system.open = { path, size in
      guard let url = RemoteFileSystem.url(path), !RemoteFileSystem.isBeside(url) else { return nil }
      do {
        guard let file = try RemoteFile.find(url) else {
          floe_report_failure("there is no file at \(url)")
          return nil
        }
        guard !file.facts.isFolder else { return nil }
        size?.pointee = UInt64(file.facts.size)
        return Unmanaged.passRetained(Handle(file)).toOpaque()
      } catch {
        floe_report_failure("\(error)")
        return nil
      }
    }
    system.read = { handle, offset, target, count in
      guard let handle, let target, let offset = Int(exactly: offset), let count = Int(exactly: count) else {
        return -1
      }
      do {
        return Int64(
          try Unmanaged<Handle>.fromOpaque(handle).takeUnretainedValue()
            .read(at: offset, into: UnsafeMutableRawBufferPointer(start: target, count: count)))
      } catch {
        floe_report_failure("\(error)")
        // Some readers take a short read for the end of the file and go on.
        NetworkTraffic.fail("\(error)")
        return -1
      }
    }
    system.close = { handle in
      guard let handle else { return }
      let opened = Unmanaged<Handle>.fromOpaque(handle)
      opened.takeUnretainedValue().file.keepTileParts()
      opened.release()
    }
    system.list = { path in
      guard let url = RemoteFileSystem.url(path) else { return nil }
      do {
        guard let names = try RemoteFile.find(url)?.names() else { return nil }
        var list: CStringList?
        for name in names { list = CSLAddString(list, name) }
        return list
      } catch {
        RemoteFileSystem.remember(error, url)
        return nil
      }
    }
    for prefix in prefixes { floe_install_file_system(prefix, system) }
  }

  /// Whether a name is one that drivers look for beside a raster: each would be a request, and none is in an input's
  /// key.
  private static func isBeside(_ url: String) -> Bool {
    [
      ".aux.xml", ".aux", ".ovr", ".msk", ".j2w", ".jp2w", ".tfw", ".tifw", ".wld", ".rpb", ".imd", "_rpc.txt", ".geom",
      ".mtl",
      ".csvt",
    ]
    .contains { url.lowercased().hasSuffix($0) }
  }

  private static func url(_ path: UnsafePointer<CChar>?) -> String? {
    // GDAL leaves the prefix away; some of its versions give it.
    guard var url = text(path) else { return nil }
    for prefix in prefixes where url.hasPrefix(prefix) { url = String(url.dropFirst(prefix.count)) }
    while url.hasSuffix("/") { url.removeLast() }
    return url
  }

  /// A server may refuse (403) to say what is not there, or send a page that says so; any other failure leaves the
  /// question open.
  private static func remember(_ error: any Error, _ url: String) {
    let sentence = "\(error)"
    let isAnswer = ["(403)", "is not fetched", WebPage.sentence].contains { sentence.contains($0) }
    if !isAnswer { NetworkTraffic.fail(sentence) }
  }
}
