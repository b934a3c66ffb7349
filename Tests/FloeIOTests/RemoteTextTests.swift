import FloeCore
import FloeIO
import Testing

extension IOTests {
  /// URLs as texts: what they hide, where they lead, which part of a file an answer holds.
  @Suite struct RemoteTextTests {
    @Test(arguments: [
      ("http://u:p@h/a.tif?token=S", "http://h/a.tif"), ("'http://u:p@h/a?x=1': no", "'http://h/a': no"),
      ("see http:/u:p@h/a, ok", "see http:/h/a, ok"), ("http:u:p@h/a", "http:h/a"), ("htp://u:p@h", "htp://h"),
      ("/vsizip//vsicurl/http://u:p@h/a.zip/a.tif", "/vsizip//vsicurl/http://h/a.zip/a.tif"),
      ("/vsizip/{/vsicurl/http://u:p@h/a.zip?t=S}/a.tif", "/vsizip/{/vsicurl/http://h/a.zip}/a.tif"),
      ("/vsicurl?url=http%3A%2F%2Fu:p@h/a&x=S done", "/vsicurl?... done"),
      ("a=https://h/1?x=S,https://u:p@h/2?y=S", "a=https://h/1,https://h/2"),
      ("(https://h/a?sig=S); the server", "(https://h/a); the server"), ("https://u:p/w@h/a", "https://h/a"),
      ("{ file: https://h/a?s=S, b: 1 }", "{ file: https://h/a, b: 1 }"), ("s3://k:s@b/a?b", "s3://b/a?b"),
      ("s3://k:s@b/x?sig=TT2", "s3://b/x"), ("/vsis3/b/x?sig=TT2 is", "/vsis3/b/x is"),
      ("'https://h/P?f=Name%20eq%20'S2A'&t=X': a", "'https://h/P': a"), ("https://h/x#token=S", "https://h/x"),
    ]) func whatAURLHidesIsTakenOut(text: String, wanted: String) {
      #expect(RemotePath.redacted(text) == wanted)
      #expect(RemotePath.redacted(wanted) == wanted)
    }

    @Test(arguments: [
      "12:30:00", "a: b", "file:///a?b", "/data/u@x", "host:/data/u@x", "https://h:80/a@b/i.json#image", "what? u@h",
      "http://[::1]:80/a", "loc/http:x@y.tif", "s3://b/what?.tif",
    ]) func otherTextsStay(text: String) { #expect(RemotePath.redacted(text) == text) }

    @Test func valuesAndJSON() throws {
      let value: JSONValue = ["a": ["https://u:p@h/a?x=1", 2], "b": "say \"https://h/a?x=1\" ok"]
      let clean: JSONValue = ["a": ["https://h/a", 2], "b": "say \"https://h/a\" ok"]
      #expect(RemotePath.redacted(value) == clean)
      let text = RemotePath.redactedJSON(try JSONText.encode(value))
      #expect(try JSONText.decode(text) == clean)
    }

    @Test(arguments: [
      ("/s?t=1", "https://h:1/s?t=1"), ("?t=1", "https://h:1/api/search?t=1"), ("./next", "https://h:1/api/next"),
      ("../x", "https://h:1/x"), ("//o/x", "https://o/x"), ("https://o/x?y", "https://o/x?y"),
    ]) func references(reference: String, wanted: String) {
      #expect(RemotePath.resolved(reference, against: "https://h:1/api/search?key=1") == wanted)
    }

    @Test func pathsGoBeforeTheQuery() {
      #expect(RemotePath.appending("/search", to: "https://h/stac/?token=X") == "https://h/stac/search?token=X")
      #expect(RemotePath.appending("/search", to: "https://h/stac/search") == "https://h/stac/search")
      let service = "https://u:p@h/stac?key=1"
      #expect(RemotePath.withSecrets(of: service, "https://h/x?t=2") == "https://u:p@h/x?t=2&key=1")
      #expect(RemotePath.withSecrets(of: service, "https://h/x?key=2") == "https://u:p@h/x?key=2")
      #expect(RemotePath.withSecrets(of: service, "https://other/x") == "https://other/x")
    }

    @Test(arguments: ["s3://bucket/a/b.tif", "/vsis3/bucket/a/b.tif", "s3://bucket/a/b.tif/"])
    func objectsOfAStore(text: String) throws {
      let path = try #require(try RemotePath.resolve(text))
      #expect(path == "/vsicurl/s3://bucket/a/b.tif")
      #expect(RemotePath.shown(path) == "s3://bucket/a/b.tif" && RemotePath.whole(path) == "s3://bucket/a/b.tif")
      #expect(RemotePath.listed(path) == "/vsis3/bucket/a/b.tif" && RemotePath.isRemote(path))
      #expect(try RemotePath.resolve("s3://bucket/a.zarr/x") == "/vsis3/bucket/a.zarr/x")
    }

    @Test func partsOfAFile() {
      let part = ContentRange("bytes 0-32767/223339")
      #expect(part?.first == 0 && part?.last == 32_767 && part?.total == 223_339)
      #expect(ContentRange("bytes 5-9/*")?.total == nil && ContentRange("bytes 5-9/*")?.last == 9)
      for odd in ["bytes */9", "bytes 9-5/20", "bytes 0-20/20", "items 0-1/2", "bytes 0-1"] {
        #expect(ContentRange(odd) == nil)
      }
      #expect(ContentRange.totalOfNone("bytes */223339") == 223_339)
    }
  }
}
