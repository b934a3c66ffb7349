import Altimetry
import FloeIO
import FloeSDK
import Foundation
import Testing

/// What altimetry.features says where a made product's own backscatter and range disagree with its echoes.
@Suite struct ProductCheckTests {
  private func features(
    world: String, backscatter: Double = 0, range: Double = 0
  ) async throws -> (warnings: [String], median: (decibels: Double, bins: Double)) {
    let folder = DemoTests.folder("check")
    // What cannot be removed stays in the temporary folder.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = try await DemoTrack.make(in: folder, records: 400, world: world)
    var track = try DemoTrack.read(path)
    let file = try NetCDFFile.open(path)
    track.set(
      Column("range_ocog_20_ku", values: .number(try file.readPhysical("range_ocog_20_ku").map { $0 + range })))
    track.set(
      Column("sig0_water_20_ku", values: .number(try track.numbers("sig0_water_20_ku").map { $0 + backscatter })))
    let told = try await TestRun.track("altimetry.features", track).messages
    func median(_ start: String) -> Double {
      told.records.first { $0.key.hasPrefix(start) }?.value.doubleValue ?? .nan
    }
    return (told.warnings, (median("sigma0_less"), median("nominal_bin_less")))
  }

  @Test(arguments: ["simple", "winter"]) func aConsistentProductIsQuiet(world: String) async throws {
    let found = try await features(world: world)
    #expect(!found.warnings.contains { $0.contains("sig0_water_20_ku") || $0.contains("range_ocog_20_ku") })
    // The model puts 0.4 dB on top of the maximum's backscatter.
    #expect(abs(found.median.decibels + 0.4) < 0.05)
    #expect(abs(found.median.bins) <= 0.5)
  }

  /// 8 dB more in the product are 8.4 dB below; 2.5 bins of 0.234213 m shift the nominal bin by as much.
  @Test func anotherScaleAndAnotherBinAreTold() async throws {
    let scale = try await features(world: "simple", backscatter: 8)
    #expect(scale.warnings.contains { $0.contains("8.4 dB below sig0_water_20_ku") })
    #expect(!scale.warnings.contains { $0.contains("range_ocog_20_ku") })
    let bin = try await features(world: "simple", range: 2.5 * 0.234213)
    #expect(
      bin.warnings.contains { $0.contains("range_ocog_20_ku puts the tracker range at bin 8") },
      "\(bin.warnings) \(bin.median)")
    #expect((-3 ... -1).contains(bin.median.bins))
    #expect(!bin.warnings.contains { $0.contains("sig0_water_20_ku") })
  }
}
