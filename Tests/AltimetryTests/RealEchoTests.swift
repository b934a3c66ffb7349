import Altimetry
import FloeIO
import FloeSDK
import Foundation
import Testing

/// Echoes of CryoSat-2 over the sea (low-resolution mode, 128 bins) in counts of ESA's file; skipped where it is not at
/// hand.
@Suite struct RealEchoTests {
  private static func folder(_ name: String) -> String? {
    let named = ProcessInfo.processInfo.environment["FLOE_REAL_DATA"]
    let beside = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return [named, "/\(beside)/shared/data"].compactMap { $0.map { "\($0)/\(name)" } }.first {
      VirtualFile.isDirectory($0)
    }
  }

  private static func file(in name: String, _ part: String) -> String? {
    // Without the folder there is nothing to list, and the test is skipped.
    guard let folder = folder(name), let names = try? VirtualFile.list(folder) else { return nil }
    return names.first { $0.hasSuffix(".nc") && $0.contains(part) }.map { "\(folder)/\($0)" }
  }

  private static let file = file(in: "cs2_waveforms", "")
  private static let sar = file(in: "cryosat2", "SIR_SAR_1B")

  /// TFMRA from its published facts, on arrays and one after the other; nil where pysiral's index wraps around.
  private func plainEdge(_ echo: [Double]) -> Double? {
    let n = echo.count
    let count = n * 10
    let places = (0..<count).map { Double($0) * Double(n - 1) / Double(count - 1) }
    let fine = places.map { x -> Double in
      let i = min(n - 2, Int(x))
      return echo[i] + (x - Double(i)) * (echo[i + 1] - echo[i])
    }
    let smooth = fine.indices.map { i in
      (i - 5...i + 5).filter(fine.indices.contains).map { fine[$0] }.reduce(0, +) / 11
    }
    let top = smooth.max() ?? 1
    let y = smooth.map { $0 / top }
    let noise = y[..<50].reduce(0, +) / 50
    let highest = y.firstIndex(of: 1) ?? 0
    let first =
      (0...highest).first { i in
        y[i] >= noise + 0.15 && (i == 0 || y[i] > y[i - 1]) && (i == highest || y[i] > y[i + 1])
      } ?? highest
    guard let i = y[..<first].firstIndex(where: { $0 > 0.5 * y[first] }), i > 0 else { return nil }
    return places[i - 1] + (places[i] - places[i - 1]) * (0.5 * y[first] - y[i - 1]) / (y[i] - y[i - 1])
  }

  /// Real delay-Doppler echoes, many of them with much noise before the surface: all bins as the plain form gives them.
  @Test(.enabled(if: sar != nil)) func retrackedAsThePlainForm() throws {
    let file = try NetCDFFile.open(try #require(Self.sar))
    let shape = try file.variable("pwr_waveform_20_ku").shape
    let echoes = try file.readPhysicalFloats("pwr_waveform_20_ku", rows: 0..<shape[0]).map { $0.isNaN ? 65535 : $0 }
    var far = 0
    var none = 0
    for row in 0..<shape[0] {
      let echo = echoes[row * shape[1]..<(row + 1) * shape[1]]
      let found = Retracker().edge(echo)?.bin
      let plain = plainEdge(echo.map(Double.init))
      if let found, let plain { far += abs(found - plain) > 1e-9 ? 1 : 0 } else { none += 1 }
      #expect((found == nil) == (plain == nil))
    }
    #expect(shape[0] == 1136 && far == 0)
    // Three begin above half of their first maximum.
    #expect(none == 3)
  }

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
