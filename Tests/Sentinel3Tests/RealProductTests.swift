import FloeIO
import FloeSDK
import FloeTestSupport
import Foundation
import Sentinel3
import Testing

/// Real SEN3 folders whose netCDF is cut to its coordinate variables; skipped where they are not at hand.
@Suite struct RealProductTests {
  private static let folder: String? = {
    let named = ProcessInfo.processInfo.environment["FLOE_REAL_DATA"]
    let beside = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return [named, "/\(beside)/shared/data"].compactMap { $0.map { "\($0)/sen3_real" } }.first {
      VirtualFile.isDirectory($0)
    }
  }()
  private static func products() -> [String] {
    // Without the folder there is nothing to list, and the test is skipped.
    guard let folder, let names = try? VirtualFile.list(folder) else { return [] }
    return names.filter { $0.hasSuffix(".SEN3") }.map { "\(folder)/\($0)" }
  }

  @Test(.enabled(if: folder != nil), arguments: products()) func described(path: String) throws {
    let reader = SRALReader()
    #expect(reader.recognises(path))
    let d = try reader.describe(path)
    let isLand = path.contains("SR_2_LAN")
    #expect(d.records == (isLand ? 11_716 : 37_617) && d.isTrack && d.acquisition.platform == "Sentinel-3A")
    #expect(d.start?.iso8601.hasPrefix(isLand ? "2021-06-11T01:14:3" : "2021-07-04T01:28:1") == true)
    #expect(d.stop?.iso8601.hasPrefix(isLand ? "2021-06-11T01:24:3" : "2021-07-04T02:14:5") == true)
    #expect(d.facts.contains { $0.name == "Cycle" && $0.text == (isLand ? "72" : "73") })
    // The manifest's ring goes along the track and back: only the way out is the line of the track.
    #expect(d.footprint.first == (isLand ? SIMD2(110.568, -67.0245) : SIMD2(-20.0953, -74.0578)))
    #expect(d.footprint.last == (isLand ? SIMD2(-19.9624, -73.7183) : SIMD2(-153.507, 81.4226)))
    #expect(d.footprint.count > 10 && d.footprint.allSatisfy { abs($0.x) <= 180 && abs($0.y) < 82 })
    #expect(d.warnings.count == 1)
  }

  @Test(.enabled(if: folder != nil), arguments: products()) func readingAsksForTheSeaIceProduct(path: String) throws {
    var bound = try SwiftStepFactory(SRALStep.self).bind(parameters: ["product": .text(path)], ports: [:])
    let error = #expect(throws: FloeError.self) {
      try bound.plan(in: try StepHarness().plan)
    }
    #expect(error?.message.contains("SR_2_LAN_SI, the sea-ice product") == true)
  }
}
