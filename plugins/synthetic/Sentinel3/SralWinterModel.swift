import FloeSDK
import Glibc

/// Echoes of mixed footprints, tuned to the distributions of real delay-Doppler products.
///
/// Ice, leads and new ice add their power by their shares of each strip, with the strip's range delay: a narrow lead
/// can rule an echo, a lead beside the track gives a late peak, and new ice looks like a lead. The widths of the
/// backscatter patterns are tuned to ESA's CryoSat-2 product CS_LTA__SIR_SARI2__20150214T000431: leads have a peakiness
/// (maximum over mean) of 34 to 82 (5 to 95 %), sea ice 7 to 15, a third of all records lies between; the stack narrows
/// with peakiness, to 0.7 to 5 looks over leads (here 2 to 6). Leads that are seen from aside are late by some
/// centimetres, as Armitage and Davidson 2014 found with CryoSat-2's interferometer (1 to 4 cm).
struct SralWinterModel: Sendable {
  let base: SralModel
  let seed: UInt64
  /// What lies under a record.
  let footprint: @Sendable (Int) -> Footprint

  /// What a record holds, and what is true of it.
  struct Made: Sendable {
    var record: SralModel.Record
    var surface: SralSurface
    /// Shares of the nominal footprint.
    var lead = 0.0, newIce = 0.0
    /// Distance across the track of the lead that returns most power, in metres; NaN where ice does.
    var offNadir = Double.nan
    /// Open water in all that the record sees, for the ice concentration.
    var openShare = 0.0
  }

  private static let iceWidth = 1.05 * .pi / 180, leadWidth = 0.03 * .pi / 180

  /// The highest power of a footprint wholly of usual ice, which is 11.3 dB: the mean of ice in the course's Sentinel-3
  /// product.
  private static let reference: Double = {
    let ice = Scatterer(strength: 1, width: iceWidth, blur: 1.9)
    var echo = [Double](repeating: 0, count: SralModel.samples)
    ice.add(ice.power([Float](repeating: 1, count: EchoGeometry.offsets.count)), edge: SralModel.nominal, to: &echo)
    return echo.max() ?? 1
  }()

  func make(_ i: Int) -> Made {
    var random = SeededGenerator(seed: seed, stream: UInt64(i) + 1000)
    let under = footprint(i)
    let freeboard = under.kind == .seaIce ? base.iceFreeboard(i) : 0
    var r = base.frame(i, freeboard: 0, &random)
    r.freeboard = freeboard
    var made = Made(record: r, surface: under.kind)
    made.newIce = Footprint.nominal(under.newIce)
    made.lead = Footprint.nominal(under.water) + made.newIce
    made.openShare = under.water.reduce(0) { $0 + Double($1) } / Double(under.water.count)
    if under.kind == .seaIce, made.lead >= 0.1 { made.surface = .lead }

    let surfaces = scatterers(i, under, &random)
    // Each kind of surface has its leading edge where that surface lies; smooth ones lie at the sea, farther off where
    // they are aside. Whichever comes first and strong enough is what a retracker finds.
    let delay = under.kind == .seaIce ? SralModel.speckleDelay : 0
    let rough = Self.echo(surfaces.rough, edge: r.edge, surface: -freeboard / SralModel.gate - delay)
    let strips = surfaces.smooth.reduce(into: [Double](repeating: 0, count: EchoGeometry.offsets.count)) { sum, s in
      for k in sum.indices { sum[k] += s.power[k] }
    }
    let strongest = strips.indices.max { strips[$0] < strips[$1] } ?? 0
    let smooth = Self.echo(surfaces.smooth, edge: r.edge, surface: EchoGeometry.delays[strongest].near)
    if (smooth.max() ?? 0) > (rough.max() ?? 0) { made.offNadir = abs(EchoGeometry.offsets[strongest]) }
    var echo = zip(rough, smooth).map { $0 + $1 }
    // A late echo is taken for a low surface.
    let found = LeadingEdge.of(samples: echo) ?? r.edge
    r.anomaly -= (found - r.edge) * SralModel.gate
    r.edge = found
    let floor = 0.012 * max(rough.max() ?? 0, 0.1 * (smooth.max() ?? 0))
    for k in echo.indices {
      echo[k] =
        rough[k] * max(0.1, 1 + 0.1 * random.gaussian()) + smooth[k] * max(0.1, 1 + 0.05 * random.gaussian())
        + floor * max(0.1, 1 + 0.2 * random.gaussian())
    }
    let top = echo.max() ?? 1
    r.sigma0 = 11.3 + 10 * log10(top / Self.reference) + 0.3 * random.gaussian()
    // The gain keeps the numbers in range whatever the power.
    let counts = exp(9.5 + 0.5 * random.gaussian())
    r.echo = echo.map { max(0.001, $0 / top * counts) }
    r.scale = r.sigma0 - 10 * log10(r.echo.max() ?? 1)
    (r.power, r.looks) = stack(surfaces.rough + surfaces.smooth, &random)
    made.record = r
    return made
  }

  private typealias Part = (surface: Scatterer, power: [Double])

  private func scatterers(
    _ i: Int, _ under: Footprint, _ random: inout SeededGenerator
  ) -> (rough: [Part], smooth: [Part]) {
    let whole = [Float](repeating: 1, count: EchoGeometry.offsets.count)
    switch under.kind {
    case .openOcean:
      // Waves of 2 to 4 m.
      let sea = Scatterer(strength: 0.75, width: 5 * .pi / 180, blur: 3 + random.uniform())
      return ([(sea, sea.power(whole))], [])
    case .land:
      let ground = Scatterer(strength: 0.5 + random.uniform(), width: 3 * .pi / 180, blur: 6 + 10 * random.uniform())
      return ([(ground, ground.power(whole))], [])
    case .seaIce, .lead:
      // Smooth ice returns more from straight below and less from aside; floes and leads of a region are alike.
      let iceWidth = Self.iceWidth * exp(0.6 * base.smooth(i, 40, 1) + 0.2 * random.gaussian())
      let ice = Scatterer(
        strength: Self.iceWidth / iceWidth, width: iceWidth, blur: 1.9 * exp(0.22 * random.gaussian()))
      let width = Self.leadWidth * exp(0.4 * base.smooth(i, 15, 2) + 0.2 * random.gaussian())
      let ratio = Self.iceWidth / width
      let strength = 3 * ratio * ratio * pow(10, 0.25 * random.gaussian())
      let specular = Scatterer(strength: strength, width: width, blur: 1.0)
      // Ripples and the rims of a lead send a fiftieth back at six times the angle: leads kilometres aside are still
      // seen.
      let aside = Scatterer(strength: strength / 50, width: 6 * width, blur: 1.0)
      let solid = under.water.indices.map { max(0, 1 - under.water[$0] - under.newIce[$0]) }
      let flat = under.water.indices.map { under.water[$0] + 0.6 * under.newIce[$0] }
      return ([(ice, ice.power(solid))], [(specular, specular.power(flat)), (aside, aside.power(flat))])
    }
  }

  /// The echo of some parts, whose leading edge lies `surface` bins behind bin `edge`.
  private static func echo(_ parts: [Part], edge: Double, surface: Double) -> [Double] {
    func sum(_ edge: Double) -> [Double] {
      var result = [Double](repeating: 0, count: SralModel.samples)
      for (surface, power) in parts { surface.add(power, edge: edge, to: &result) }
      return result
    }
    let first = sum(edge)
    guard let found = LeadingEdge.of(samples: first) else { return first }
    return sum(edge - (found - (edge + surface)))
  }

  /// Range-integrated power by look.
  private func stack(_ parts: [Part], _ random: inout SeededGenerator) -> (power: [Double], looks: Int) {
    let looks = 170 + random.index(below: 46)
    let pitch = 4 * random.gaussian()
    let sums = parts.map { ($0.surface.width, $0.power.reduce(0, +)) }
    let power = (0..<SralModel.looks).map { k -> Double in
      guard k < looks else { return 0 }
      let angle = EchoGeometry.look(k, of: looks) - pitch * 0.0095 * .pi / 180
      let seen = sums.reduce(0) { $0 + $1.1 * exp(-(angle / $1.0) * (angle / $1.0)) } * EchoGeometry.gain(angle)
      return seen * max(0.05, 1 + 0.12 * random.gaussian())
    }
    let scale = 1e5 / max(power.max() ?? 1, 1e-12) * exp(0.3 * random.gaussian())
    return (power.map { ($0 * scale).rounded() }, looks)
  }

  /// Ice concentration and ESA's class as its processor would find them: from a radiometer's coarse view and from the
  /// echo, not from the truth.
  ///
  /// In the CryoSat-2 product named above sea ice ends at a peakiness of 16 and leads begin at 31; between them nothing
  /// is decided. Those are multiplied by 31.5/256 for `peakiness_2`.
  static func flag(_ made: inout [Made], seed: UInt64) {
    var random = SeededGenerator(seed: seed, stream: 17)
    var error = 0.0
    for i in made.indices {
      // A radiometer sees some ten kilometres; its error goes on for as long.
      let around = made[max(0, i - 15)...min(made.count - 1, i + 15)]
      let ice = around.filter { $0.surface == .seaIce || $0.surface == .lead }
      let cover = ice.reduce(0) { $0 + 1 - $1.openShare } / Double(around.count)
      error = 0.95 * error + 0.95 * random.gaussian()
      let concentration = min(100, max(0, 100 * cover - 1.5 + error))
      made[i].record.concentration = made[i].surface == .land ? 0 : concentration
      let echo = made[i].record.echo
      let sum = echo.reduce(0, +)
      let peakiness = sum > 0 ? (echo.max() ?? 0) * 31.5 / sum : .nan
      made[i].record.flag =
        made[i].surface == .land || peakiness.isNaN
        ? nil : concentration < 15 ? 0 : peakiness <= 16 * 31.5 / 256 ? 1 : peakiness >= 31 * 31.5 / 256 ? 2 : 3
    }
  }
}
