import FloeSDK
import Glibc

/// Echoes and heights that look like SRAL's in SAR mode over sea ice. Invented, but with the course scene's orders of
/// size.
struct SralModel: Sendable {
  static let samples = 256, looks = 256, gate = 299_792_458.0 / (2 * 320e6) / 2, nominal = 88.0
  let surfaces: [SralSurface]
  let track: SralTrack
  let seed: UInt64

  /// What one record holds, in physical units.
  struct Record: Sendable {
    var altitude = 0.0, tracker = 0.0, seaSurface = 0.0, anomaly = 0.0
    var echo: [Double] = []
    var power: [Double] = []
    var looks = 0
    var sigma0 = 0.0, scale = 0.0
    /// ESA's class; nil is its fill value.
    var flag: Int?
    var concentration: Double? = 0
    var edge = 0.0
  }

  /// The corrections of a range in metres, smooth in seconds from the passage.
  static let corrections: [(name: String, value: @Sendable (Double) -> Double)] = [
    ("mod_dry_tropo_cor_zero_altitude_01", { -2.28 + 0.01 * sin($0 / 40) }),
    ("mod_wet_tropo_cor_zero_altitude_01", { -0.06 + 0.01 * sin($0 / 23) }),
    ("iono_cor_gim_01_ku", { -0.03 + 0.005 * sin($0 / 60) }),
    ("ocean_tide_sol1_01", { 0.12 * sin($0 / 90) }),
    ("solid_earth_tide_01", { 0.08 * cos($0 / 120) }),
    ("pole_tide_01", { 0.004 * cos($0 / 300) }),
    ("inv_bar_cor_01", { 0.15 + 0.05 * sin($0 / 50) }),
    ("hf_fluct_cor_01", { 0.03 * sin($0 / 15) }),
  ]
  static let loadTide: @Sendable (Double) -> Double = { 0.01 * sin($0 / 90) }

  /// Height of the mean sea surface above the ellipsoid in metres.
  static func meanSeaSurface(_ t: Double) -> Double { 2.5 + 1.5 * sin(t / 35) + 0.3 * sin(t / 6) }

  /// One record; every random number comes from the seed and the record's number.
  func record(_ i: Int) -> Record {
    var random = SeededGenerator(seed: seed, stream: UInt64(i) + 1000)
    var r = Record()
    let t = track.offset(Double(i))
    let surface = surfaces[i]
    r.altitude = 812_000 + 3000 * sin(t / 200)
    r.seaSurface = Self.meanSeaSurface(t)
    // The sea's own height moves by decimetres along the track; floes stand above it.
    r.anomaly = 0.2 * sin(t / 2.3 + Double(seed % 7)) + 0.12 * sin(t / 0.61) + 0.04 * random.gaussian()
    if surface == .seaIce { r.anomaly += 0.18 + 0.06 * random.gaussian() }
    let path = Self.corrections.reduce(0) { $0 + $1.value(t) }
    let range = r.altitude - path - r.seaSurface - r.anomaly
    let error = trackerError(i)
    r.edge = Self.nominal + error
    r.tracker = range - error * Self.gate
    (r.echo, r.power, r.looks) = echo(surface, edge: r.edge, &random)
    r.sigma0 =
      surface == .lead
      ? 26 + 4 * random.gaussian() : surface == .seaIce ? 11.3 + 1.6 * random.gaussian() : 10 + random.gaussian()
    let top = r.echo.max() ?? 1
    r.scale = r.sigma0 - 10 * log10(max(top, 1e-3))
    r.concentration =
      surface == .openOcean ? 2 + 3 * random.uniform() : surface == .land ? 0 : min(100, 92 + 3 * random.gaussian())
    r.flag = flag(surface, &random)
    return r
  }

  /// How many bins the tracker is wrong by: new guesses every few dozen records, and a slow drift between them.
  func trackerError(_ i: Int) -> Double {
    var step = SeededGenerator(seed: seed, stream: 0x7000_0000 + UInt64(i / 23))
    var rare = SeededGenerator(seed: seed, stream: 0x6000_0000 + UInt64(i))
    let error = max(-36, min(60, 12.5 * step.gaussian())) + 3 * sin(Double(i % 23) / 7.3)
    switch rare.uniform() {
    case ..<0.006: return -75 + 25 * rare.uniform()
    case ..<0.010: return 140 + 25 * rare.uniform()
    default: return error
    }
  }

  private func flag(_ surface: SralSurface, _ random: inout SeededGenerator) -> Int? {
    let u = random.uniform()
    return switch surface {
    case .openOcean: 0
    case .land: nil
    case .seaIce: u < 0.01 ? 2 : u < 0.04 ? 3 : 1
    case .lead: u < 0.02 ? 1 : u < 0.07 ? 3 : 2
    }
  }

  private func echo(
    _ surface: SralSurface, edge: Double, _ random: inout SeededGenerator
  ) -> (echo: [Double], power: [Double], looks: Int) {
    let isLead = surface == .lead
    let amplitude = exp(9.5 + 0.5 * random.gaussian())
    let looks = 170 + random.index(below: 46)
    let decay = isLead ? 1.5 + random.uniform() : 8 + 6 * random.uniform()
    let tail = isLead ? 0.01 + 0.02 * random.uniform() : 0.12 + 0.1 * random.uniform()
    let rise = isLead ? 0.7 : 1.1 + 0.5 * random.uniform()
    let noise = isLead ? 0.003 : 0.015
    let echo = (0..<Self.samples).map { k -> Double in
      let x = Double(k) - edge - 1
      let slope = 0.5 * (1 + erf(x / (rise * 1.414_213_562)))
      let shape = slope * ((1 - tail) * exp(-max(0, x) / decay) + tail / (1 + max(0, x) / 25))
      // Some sixty looks are averaged: speckle of about an eighth, less over specular leads.
      let speckle = max(0.1, 1 + (isLead ? 0.04 : 0.1) * random.gaussian())
      return max(0.001, amplitude * (shape * speckle + noise * max(0.1, 1 + 0.2 * random.gaussian())))
    }
    let width = isLead ? 3.5 + 2 * random.uniform() : 32 + 9 * random.uniform()
    let centre = Double(looks) / 2 + 4 * random.gaussian()
    let strength = 1e5 * exp(0.3 * random.gaussian()) * (isLead ? 8 : 1)
    let power = (0..<Self.looks).map { k -> Double in
      guard k < looks else { return 0 }
      let u = (Double(k) - centre) / width
      return (strength * (exp(-0.5 * u * u) + 0.004) * max(0.05, 1 + 0.12 * random.gaussian())).rounded()
    }
    return (echo, power, looks)
  }
}

extension SralModel {
  /// Heights, tracker and sea of a record, without echo: the range is that of the sea.
  func frame(_ i: Int, _ random: inout SeededGenerator) -> Record {
    var r = Record()
    let t = track.offset(Double(i))
    r.altitude = 812_000 + 3000 * sin(t / 200)
    r.seaSurface = Self.meanSeaSurface(t)
    r.anomaly = 0.2 * sin(t / 2.3 + Double(seed % 7)) + 0.12 * sin(t / 0.61) + 0.04 * random.gaussian()
    let path = Self.corrections.reduce(0) { $0 + $1.value(t) }
    let error = trackerError(i)
    r.edge = Self.nominal + error
    r.tracker = r.altitude - path - r.seaSurface - r.anomaly - error * Self.gate
    return r
  }
}
