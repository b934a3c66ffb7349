import FloeIO
import FloeSDK
import Foundation

/// SHA-256 of what a library or program does, whatever the folder it was built in.
///
/// Of an ELF file the sections that are loaded count, each with its name (System V ABI, chapter 4): debugging
/// information, which holds the sources' paths, is not loaded. The linker's build number and Swift's module hash are
/// made of the whole file or of paths, and are left out. Any other file, a script for instance, counts whole.
enum ProgramDigest {
  private static let leftOut: Set<String> = [".note.gnu.build-id", ".swift_modhash", ".gnu_debuglink"]

  static func of(_ path: String) throws -> String {
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) } catch {
      throw FloeError("'\(path)' cannot be read: \(String(cString: strerror(errno)))")
    }
    guard let sections = Sections(data) else { return try Fingerprint.sha256(ofFile: path) }
    let hash = try SHA256()
    for section in sections.loaded where !leftOut.contains(section.name) {
      data.withUnsafeBytes { bytes in
        Array("\(section.name)\n\(section.range.count)\n".utf8).withUnsafeBytes(hash.update)
        hash.update(UnsafeRawBufferPointer(rebasing: bytes[section.range]))
      }
    }
    return hash.finalize()
  }

  /// The section table of a 64-bit little-endian ELF file.
  private struct Sections {
    var loaded: [(name: String, range: Range<Int>)] = []

    /// Nil for anything that is no such file, or whose table is not in order.
    init?(_ data: Data) {
      guard data.count >= 64, data.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { return nil }
      func number<T: FixedWidthInteger>(_ at: Int, _ type: T.Type) -> Int? {
        guard at >= 0, at <= data.count - MemoryLayout<T>.size else { return nil }
        return data.withUnsafeBytes { Int(exactly: T(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: T.self))) }
      }
      guard let table = number(40, UInt64.self), let size = number(58, UInt16.self),
        let count = number(60, UInt16.self),
        let names = number(62, UInt16.self), size >= 64, count > 0, names < count, table <= data.count,
        size * count <= data.count - table, let texts = number(table + names * size + 24, UInt64.self)
      else { return nil }
      for i in 0..<count {
        let header = table + i * size
        guard let label = number(header, UInt32.self), let kind = number(header + 4, UInt32.self),
          let flags = number(header + 8, UInt64.self), let start = number(header + 24, UInt64.self),
          let length = number(header + 32, UInt64.self)
        else { return nil }
        // SHF_ALLOC, and no SHT_NOBITS, whose bytes are not in the file.
        guard flags & 2 != 0, kind != 8 else { continue }
        guard start <= data.count, length <= data.count - start, texts <= data.count, label < data.count - texts
        else { return nil }
        let name = data[(texts + label)...].prefix { $0 != 0 }
        loaded.append((String(decoding: name, as: UTF8.self), start..<start + length))
      }
    }
  }
}
