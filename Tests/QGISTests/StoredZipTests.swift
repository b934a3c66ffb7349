import Foundation
import QGIS
import Testing

@Suite struct StoredZipTests {
  /// The check value of the catalogue of CRCs, and the CRC of nothing.
  @Test func checksum() {
    #expect(StoredZip.crc32(Array("123456789".utf8)) == 0xcbf4_3926)
    #expect(StoredZip.crc32([]) == 0)
  }

  /// One entry `a` with the byte 0x31, laid out by hand after APPNOTE 6.3.3; CRC-32 of "1" is 0x83dcefb7.
  @Test func everyByteOfASmallArchive() {
    let shared: [UInt8] = [
      20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0, 0xb7, 0xef, 0xdc, 0x83, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
    ]
    let local: [UInt8] = [0x50, 0x4b, 3, 4] + shared + [0x61, 0x31]
    let central: [UInt8] = [0x50, 0x4b, 1, 2, 20, 0] + shared + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + [0x61]
    let end: [UInt8] = [
      0x50, 0x4b, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, UInt8(central.count), 0, 0, 0, UInt8(local.count), 0, 0, 0, 0, 0,
    ]
    #expect(StoredZip.archive([("a", [0x31])]) == local + central + end)
    #expect(StoredZip.archive([]) == [0x50, 0x4b, 5, 6] + [UInt8](repeating: 0, count: 18))
  }

  /// Python's zipfile reads names and contents back and finds the checksums right.
  @Test func anotherReaderAgrees() throws {
    let path = NSTemporaryDirectory() + "floe-\(UUID().uuidString).zip"
    defer { try? FileManager.default.removeItem(atPath: path) }  // A file left behind is no failure of the archive.
    let archive = StoredZip.archive([("eis ä.txt", Array("ice".utf8)), ("empty", [])])
    try Data(archive).write(to: URL(fileURLWithPath: path))
    let reader = Process()
    let pipe = Pipe()
    reader.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    reader.arguments = [
      "python3", "-c",
      """
      import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(ascii([(i.filename, \
      z.read(i)) for i in z.infolist()]))
      """,
      path,
    ]
    reader.standardOutput = pipe
    try reader.run()
    let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    reader.waitUntilExit()
    #expect(reader.terminationStatus == 0 && said == "[('eis \\xe4.txt', b'ice'), ('empty', b'')]\n", "\(said)")
  }
}
