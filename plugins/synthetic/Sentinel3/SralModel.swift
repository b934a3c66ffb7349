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
    var altitude = 0.0, tracker = 0.0, seaSurface = 0.0
    /// What a retracker should find above the mean sea surface, with the noise of one range, in metres.
    var anomaly = 0.0
    /// The truth: the sea above the mean sea surface, and the ice above that; 0 where there is none. Metres.
    var seaLevel = 0.0, freeboard = 0.0
    var echo: [Double] = []
    var power: [Double] = []
    var looks = 0
    var sigma0 = 0.0, scale = 0.0
    /// ESA's class; nil is its fill value.
    var flag: Int?
    var concentration: Double? = 0
    /// The bin at which the leading edge reaches half of its maximum.
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

  /// The sea above its mean in metres, by seconds from the passage: waves of 50 to 600 km with random phases whose
  /// variance grows with the wavelength to the power of 2.5, 0.18 m in all; 2 cm of it are shorter than 100 km.
  private let seaWaves: [(amplitude: Double, frequency: Double, phase: Double)]

  init(surfaces: [SralSurface], track: SralTrack, seed: UInt64) {
    self.surfaces = surfaces
    self.track = track
    self.seed = seed
    var random = SeededGenerator(seed: seed, stream: 13)
    let lengths = (0..<24).map { 600_000 * pow(50.0 / 600, Double($0) / 23) }
    let sum = lengths.reduce(0) { $0 + pow($1, 2.5) }
    seaWaves = lengths.map { length in
      (
        amplitude: 0.18 * (2 * pow(length, 2.5) / sum).squareRoot(),
        frequency: 2 * .pi * SralTrack.spacing / SralTrack.interval / length,
        phase: random.uniform(0, 2 * .pi)
      )
    }
  }

  func seaLevel(_ t: Double) -> Double { seaWaves.reduce(0) { $0 + $1.amplitude * sin($1.frequency * t + $1.phase) } }

  /// A standard normal number that changes smoothly along the track, over about `length` records.
  func smooth(_ i: Int, _ length: Int, _ kind: UInt64) -> Double {
    func knot(_ k: Int) -> Double {
      var random = SeededGenerator(seed: seed, stream: 0x4000_0000 + kind << 24 + UInt64(k))
      return random.gaussian()
    }
    let k = i / length
    let t = Double(i % length) / Double(length)
    return (knot(k) * (1 - t) + knot(k + 1) * t) / ((1 - t) * (1 - t) + t * t).squareRoot()
  }

  /// What ice stands above the sea at a record: 0.18 m, with 0.06 m from floe to floe.
  func iceFreeboard(_ i: Int) -> Double { max(0, 0.18 + 0.06 * smooth(i, 12, 3)) }

  /// One record; every random number comes from the seed and the record's number.
  func record(_ i: Int) -> Record {
    var random = SeededGenerator(seed: seed, stream: UInt64(i) + 1000)
    let surface = surfaces[i]
    var r = frame(i, freeboard: surface == .seaIce ? iceFreeboard(i) : 0, &random)
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

  /// ESA's class as often wrong as a mixture of two clusters disagrees with it in the course's product: 22 of 8878
  /// records of ice, 24 of 3317 of leads. More of either are unclassified.
  private func flag(_ surface: SralSurface, _ random: inout SeededGenerator) -> Int? {
    let u = random.uniform()
    return switch surface {
    case .openOcean: 0
    case .land: nil
    case .seaIce: u < 0.0025 ? 2 : u < 0.0325 ? 3 : 1
    case .lead: u < 0.007 ? 1 : u < 0.057 ? 3 : 2
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
    func shape(_ x: Double) -> Double {
      let slope = 0.5 * (1 + erf(x / (rise * 1.414_213_562)))
      return slope * ((1 - tail) * exp(-max(0, x) / decay) + tail / (1 + max(0, x) / 25))
    }
    let early = LeadingEdge.of { shape($0) + noise } + (isLead ? 0 : Self.speckleDelay)
    let echo = (0..<Self.samples).map { k -> Double in
      // Some sixty looks are averaged: speckle of about an eighth, less over specular leads.
      let speckle = max(0.1, 1 + (isLead ? 0.04 : 0.1) * random.gaussian())
      return max(
        0.001, amplitude * (shape(Double(k) - edge + early) * speckle + noise * max(0.1, 1 + 0.2 * random.gaussian())))
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
  /// Speckle raises the first maximum of an echo of ice, so that half of it comes this much later, in bins: the
  /// mean of many echoes.
  static let speckleDelay = 0.055

  /// Heights, tracker, sea and ice of a record, without echo.
  func frame(_ i: Int, freeboard: Double, _ random: inout SeededGenerator) -> Record {
    var r = Record()
    let t = track.offset(Double(i))
    r.altitude = 812_000 + 3000 * sin(t / 200)
    r.seaSurface = Self.meanSeaSurface(t)
    r.seaLevel = seaLevel(t)
    r.freeboard = freeboard
    // One range errs by 4 cm.
    r.anomaly = r.seaLevel + freeboard + 0.04 * random.gaussian()
    let path = Self.corrections.reduce(0) { $0 + $1.value(t) }
    let error = trackerError(i)
    r.edge = Self.nominal + error
    r.tracker = r.altitude - path - r.seaSurface - r.anomaly - error * Self.gate
    return r
  }
}
