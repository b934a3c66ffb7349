import Altimetry
import FloeSDK
import Foundation
import Testing

/// Echoes of CryoSat-2 over the sea (low-resolution mode, 128 bins) in counts of ESA's file; skipped where it is not at
/// hand.
@Suite struct RealEchoTests {
  private static let file: String? = {
    let named = ProcessInfo.processInfo.environment["FLOE_REAL_DATA"]
    let beside = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let folder = [named, "/\(beside)/shared/data"].compactMap { $0.map { "\($0)/cs2_waveforms" } }.first {
      VirtualFile.isDirectory($0)
    }
    // Without the folder there is nothing to list, and the test is skipped.
    guard let folder, let names = try? VirtualFile.list(folder) else { return nil }
    return names.first { $0.hasSuffix(".nc") }.map { "\(folder)/\($0)" }
  }()

  @Test(.enabled(if: file != nil)) func featuresAndAlignmentOfRealEchoes() throws {
    let file = try NetCDFFile.open(try #require(Self.file))
    let v = try file.variable("pwr_waveform_20_ku")
    let width = v.shape[1]
    let count = min(400, v.shape[0])
    // The file scales each echo to its largest count, 65535, and declares no fill value; netCDF's default one is that
    // very number.
    let echoes = try file.readPhysicalFloats("pwr_waveform_20_ku", rows: 0..<count).map { $0.isNaN ? 65535 : $0 }
    var edges: [Double] = []
    for row in 0..<count {
      let echo = echoes[row * width..<(row + 1) * width]
      guard let peak = Peakiness.peak(echo) else { continue }
      let total = echo.reduce(0.0) { $0 + Double($1) }
      let expected = Double(echo.max() ?? 0) / (total / Double(width))
      #expect(abs(Peakiness.maxMean(echo, peak: peak) / expected - 1) < 1e-12)
      if let edge = Retracker().edge(echo) {
        #expect(edge.bin < edge.firstMaximum && edge.bin > 0)
        edges.append(edge.bin)
      }
    }
    #expect(edges.count > count * 9 / 10)
    // The short transforms and the long ones of the definition agree on echoes with real speckle.
    let aligner = try EchoAligner(samples: width, factor: 24)
    let top = echoes.max() ?? 1
    let scaled = echoes[..<(64 * width)].map { $0 / top }
    let shifts = (0..<64).map { Double($0 - 32) * 0.37 }
    let difference =
      zip(aligner.align(scaled, shifts: shifts), try aligner.alignPlain(scaled, shifts: shifts)).map { abs($0 - $1) }
      .max() ?? 1
    #expect(difference < 1e-5)
  }
}
