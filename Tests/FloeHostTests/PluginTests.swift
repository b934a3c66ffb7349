import FloeHost
import FloeSDK
import Foundation
import Testing

@Suite struct PluginTests {
  @Test func theStampIsFoundAmongOtherBytes() {
    var bytes = Data([0x7f, 0x45, 0, 1, 2])
    bytes.append(Data("floe-kit|x floe-kit|0.1.0|fedcba9876543210|0123456789abcdef|Clang 99|end".utf8))
    bytes.append(0)
    let stamp = PluginStamp.find(in: bytes)
    #expect(stamp?.version == "0.1.0")
    #expect(stamp?.compiler == "Clang 99")
    #expect(PluginStamp.find(in: Data("nothing".utf8)) == nil)
  }

  @Test func eachDifferenceHasItsOwnSentence() throws {
    let own = try #require(PluginStamp("floe-kit|1|kkkk|aaaa|C1|end"))
    func refusal(_ text: String) -> String? { PluginStamp(text)?.refusal(by: own) }
    #expect(refusal("floe-kit|1|kkkk|aaaa|C1|end") == nil)
    #expect(refusal("floe-kit|2|kkkk|aaaa|C1|end")?.contains("built with kit 2") == true)
    #expect(refusal("floe-kit|1|kkkk|bbbb|C1|end")?.contains("other sources of kit 1 under the same contract") == true)
    #expect(refusal("floe-kit|1|llll|bbbb|C1|end")?.contains("another contract of kit 1 (llll, here kkkk)") == true)
    #expect(refusal("floe-kit|1|kkkk|aaaa|C2|end")?.contains("built by 'C2'") == true)
  }

  @Test func filesThatAreNoPluginsAreRefusedWithAReason() async throws {
    let folder = NSTemporaryDirectory() + "floe-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // Left files harm no test.
    try Data("text".utf8).write(to: URL(fileURLWithPath: folder + "/libTextFloePlugin.so"))
    try Data([0x7f, 0x45, 0x4c, 0x46, 0]).write(to: URL(fileURLWithPath: folder + "/libNoStampFloePlugin.so"))
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/libDanglingFloePlugin.so", withDestinationPath: "/no/such")
    try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/libother.so"))
    let manifests = await PluginFinder(folders: [folder], probe: "/bin/false", cache: PluginCache(folder: nil))
      .manifests()
    let reasons = Dictionary(uniqueKeysWithValues: manifests.map { ($0.product, $0.refusal ?? "") })
    #expect(reasons.count == 3)
    #expect(reasons["TextFloePlugin"] == "it is not a shared library")
    #expect(reasons["NoStampFloePlugin"]?.contains("no floe-kit stamp") == true)
    #expect(reasons["DanglingFloePlugin"]?.contains("link to nothing") == true)
  }
}
