import FloeCore
import FloeIO
import Testing

extension IOTests {
  @Suite("Manifests of products")
  struct ProductManifestTests {
    /// MD5 of `abc` (RFC 1321, A.5).
    static let sum = "900150983cd24fb0d6963f7d28e17f72"

    /// A manifest with one file; `checksum` is its element.
    static func text(_ href: String, _ checksum: String) -> String {
      """
      <XFDU><dataObjectSection><dataObject><byteStream size="3">
        <fileLocation locatorType="URL" href="\(href)"/>\(checksum)
      </byteStream></dataObject></dataObjectSection></XFDU>
      """
    }

    static func checksum(_ name: String) -> String {
      "<checksum checksumName=\"\(name)\">\(sum.uppercased())</checksum>"
    }

    @Test func whatItTellsOfAFile() throws {
      let folder = "/vsimem/manifest-right.SAFE"
      let text = Self.text("./a/b.jp2", Self.checksum("MD5"))
      try VirtualFile.write(text, to: "\(folder)/manifest.safe")
      defer { VirtualFile.remove("\(folder)/manifest.safe") }
      let manifest = try #require(try ProductManifest(folder: folder))
      #expect(manifest.entries.keys.sorted() == ["a/b.jp2"])
      #expect(manifest.entries["a/b.jp2"]?.size == 3)
      #expect(manifest.entries["a/b.jp2"]?.checksum?.value == Self.sum)
      #expect(try manifest.gapAtDistance() == nil)
      #expect(try manifest.digest() == SHA256.hexadecimal(of: Array(("manifest\n" + text).utf8)))
      #expect(try ProductManifest(folder: "/vsimem/manifest-none.SAFE") == nil)
    }

    @Test(
      "A manifest that leaves something out stands for nothing",
      arguments: [
        ("a.jp2", "", "it gives no checksum of 'a.jp2'"), ("a.jp2", Self.checksum("CRC-7"), "libcrypto does not know"),
        ("../a.jp2", Self.checksum("MD5"), "'../a.jp2'"), ("/a.jp2", Self.checksum("MD5"), "'/a.jp2'"),
        ("https://host/a.jp2", Self.checksum("MD5"), "'https://host/a.jp2'"),
        ("MTD_MSIL1C.xml", Self.checksum("MD5"), "'MTD_MSIL1C.xml' is other than it says"),
      ])
    func gaps(_ href: String, _ checksum: String, _ words: String) throws {
      let folder = "/vsimem/manifest-\(href.utf8.count)-\(checksum.utf8.count).SAFE"
      try VirtualFile.write(Self.text(href, checksum), to: "\(folder)/manifest.safe")
      try VirtualFile.write("abcd", to: "\(folder)/MTD_MSIL1C.xml")
      defer { for name in ["manifest.safe", "MTD_MSIL1C.xml"] { VirtualFile.remove("\(folder)/\(name)") } }
      let manifest = try #require(try ProductManifest(folder: folder))
      #expect(try manifest.gapAtDistance()?.contains(words) == true)
    }

    @Test func filesForPeople() {
      for name in ["HTML/star_bg.jpg", "rep_info/a.xsd", ".DS_Store", "a/._b.jp2"] {
        #expect(ProductManifest.isForPeople(name), "\(name)")
      }
      for name in ["a.jp2", "a.jp2.aux.xml", "a.nc", "AUX_ECMWFT", "a.ovr", "a.j2w"] {
        #expect(!ProductManifest.isForPeople(name), "\(name)")
      }
    }
  }
}
