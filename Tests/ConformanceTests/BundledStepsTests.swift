import FloeSDK
import FloeTestSupport
import Foundation
import Testing

/// The laws of the step contract over the bundled steps.
@Suite struct BundledStepsTests {
  @Test func everyPluginIsLookedAt() throws {
    let plugins = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../plugins")
      .standardizedFileURL
    let folders = try FileManager.default.contentsOfDirectory(atPath: plugins.path).filter {
      FileManager.default.fileExists(atPath: "\(plugins.path)/\($0)/Plugin.swift")
    }
    #expect(Bundled.entryPoints.count == folders.count, "Bundled.swift lists other plugins than \(folders.sorted())")
  }

  @Test func everyStepHasARequest() {
    // altimetry.course_figures needs the whole chain of the course; Tests/python/test_altimetry_course.py runs it.
    #expect(
      Set(Bundled.names) == Set(requests.map(\.step) + ["altimetry.course_figures", "catalogue.search"]),
      "Requests.swift needs one line a step")
  }

  @Test(arguments: Bundled.names) func declarationsAreConsistentAndBadRequestsRefused(name: String) throws {
    #expect(checkDeclaration(try Bundled.factory(name)) == [])
  }

  @Test(arguments: requests.indices) func keepsTheContract(_ index: Int) async throws {
    let (step, make) = requests[index]
    let request = try await make()
    let broken = try await checkStep(
      try Bundled.factory(step), parameters: request.parameters, ports: request.ports,
      circumstances: request.circumstances)
    #expect(broken == [], "\(step)")
  }
}
