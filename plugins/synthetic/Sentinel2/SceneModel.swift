import FloeIO
import FloeSDK

/// A scene of drifting sea ice: any window of it can be computed on its own, and follows from size and seed alone.
///
/// Reflectance is a mixture of the spectra in `MSIBand` by the surface's state: snow on thick ice, young grey ice, open
/// water with frazil, and land in sun and shade, under uneven light. Pixels at the edge of a lead hold both by their
/// shares.
struct SceneModel: Sendable {
  /// Codes of the truth.
  static let ice: UInt8 = 1, lead: UInt8 = 2, none: UInt8 = 255

  /// Pixels of 10 m along each side.
  let size: Int
  let hasLeads: Bool
  private let seed: UInt32
  private let leads: LeadNetwork
  private let refrozen: LeadNetwork
  private let floes: CellField
  private let pieces: CellField
  private let relief: LandRelief
  private let land: PolygonRasterizer?

  init(size: Int, seed: UInt64, hasLeads: Bool, land: PolygonRasterizer?) {
    self.size = size
    self.hasLeads = hasLeads
    self.land = land
    var mix = SplitMix64(state: seed)
    self.seed = UInt32(truncatingIfNeeded: mix.next())
    // Leads are up to 1 km wide, but never more than an eleventh of a small scene.
    let widest = min(100, Double(size) / 11)
    leads = LeadNetwork(size: size, share: hasLeads ? 0.062 : 0, widest: widest, seed: seed, stream: 1)
    refrozen = LeadNetwork(size: size, share: 0.008, widest: widest * 0.35, seed: seed, stream: 2)
    let floe = min(max(Float(size) / 9, 60), 260)
    floes = CellField(spacing: floe, seed: self.seed ^ 0xA511)
    pieces = CellField(spacing: floe / 7, seed: self.seed ^ 0x7C3B)
    relief = LandRelief(seed: self.seed ^ 0x3D19, size: size)
  }

  /// The first column without data in a row: the edge of the swath, slanted as a descending orbit leaves it.
  func firstEmptyColumn(row: Int) -> Int {
    let side = Float(size)
    return Int(side * 0.965 - Float(row) * 0.07)
  }

  /// What the surface is in each pixel of a window: `values[row][column]`.
  struct Surface: Sendable {
    var window: PixelWindow
    /// 0 is young grey ice, 1 thick ice with snow.
    var age: [Float]
    /// The share of the pixel that is open water.
    var water: [Float]
    /// The share of frazil in that water.
    var frazil: [Float]
    /// More or less of the frost smoke that rises from open water, around 0.
    var smoke: [Float]
    /// Light, haze and the noise that all bands share, as a factor.
    var gain: [Float]
    var truth: [UInt8]
    /// Empty in windows without land.
    var land: LandRelief.Shading
  }

  /// Computes the surface of a window.
  func surface(_ window: PixelWindow) throws -> Surface {
    let n = window.pixelCount
    let width = window.width
    let scale = floes.spacing
    let bendX = Noise.fractal(over: window, spacing: scale * 1.3, octaves: 4, seed: seed ^ 0x11)
    let bendY = Noise.fractal(over: window, spacing: scale * 1.3, octaves: 4, seed: seed ^ 0x22)
    let zone = Noise.fractal(over: window, spacing: max(Float(size) / 6, 100), octaves: 3, seed: seed ^ 0x33)
    let texture = Noise.fractal(over: window, spacing: 64, octaves: 5, seed: seed ^ 0x44)
    let drift = Noise.fractal(over: window, spacing: 7, octaves: 2, seed: seed ^ 0x55, stretch: 4)
    let ragged = Noise.fractal(over: window, spacing: 40, octaves: 4, seed: seed ^ 0x66)
    var s = Surface(
      window: window, age: [Float](repeating: 0, count: n), water: [Float](repeating: 0, count: n), frazil: texture,
      smoke: ragged, gain: gain(window), truth: [UInt8](repeating: Self.ice, count: n), land: .init())
    var young = [Float](repeating: 0, count: n)
    var youngTone = young
    var tone = young
    leads.paint(over: window, ragged: ragged, cover: &s.water, tone: &tone)
    refrozen.paint(over: window, ragged: ragged, cover: &young, tone: &youngTone)
    for r in 0..<window.height {
      let y = Float(window.row + r) + 0.5
      for c in 0..<width {
        let i = r * width + c
        let x = Float(window.column + c) + 0.5
        let bx = bendX[i] * scale * 0.55
        let by = bendY[i] * scale * 0.55
        let floe = floes.nearest(x + bx, y + by)
        let piece = pieces.nearest(x + bx * 0.45, y + by * 0.45)
        let own = Noise.unit(floe.id)
        var age = 0.72 + 0.62 * (own - 0.5) + 0.34 * texture[i] + 0.12 * drift[i]
        // Fields of broken ice: pieces of different age with slush between them.
        let broken = Noise.step(0.12, 0.4, zone[i] + 0.25 * (own - 0.5))
        if broken > 0 {
          let pieceAge = 0.46 + 0.56 * Noise.unit(piece.id) + 0.24 * texture[i]
          let slush = 0.52 + 0.22 * texture[i]
          let solid = Noise.step(0, 3.5, piece.edge - 0.4)
          age += broken * (slush + (pieceAge - slush) * solid - age)
        }
        // Holes between the pieces, everywhere, that have lately frozen over.
        let hole = Noise.step(0.976, 0.977, Noise.unit(piece.id &* 0x27D4_EB2F)) * Noise.step(0, 2.5, piece.edge)
        age += hole * (0.04 + 0.22 * Noise.unit(piece.id) + 0.16 * texture[i] - age)
        // A few floes have frozen lately.
        let infancy = Noise.step(0.972, 0.974, Noise.unit(floe.id &* 0x9E37_79B1))
        age += infancy * (0.52 + 0.3 * (own - 0.5) + 0.22 * texture[i] - age)
        // Between floes: seams of young ice where they drifted apart, ridges where they met.
        let opening = bendX[i] + 0.35 * (Noise.unit(floe.id &* 0x85EB_CA6B) - 0.5)
        let seam = Noise.step(0, 2.5, max(0, opening) * 14 - floe.edge)
        age += seam * (0.54 + 0.3 * texture[i] - age)
        let ridge = Noise.step(2.2, 0.4, abs(floe.edge - 2)) * Noise.step(0, 0.2, -opening)
        age += ridge * (0.10 * Noise.step(0, 1.5, floe.edge) + 0.16 * drift[i])
        // Cracks that have frozen over.
        age += young[i] * (0.08 + 0.38 * youngTone[i] + 0.22 * texture[i] - age)
        s.age[i] = hasLeads ? max(age, -0.12) : 0.7 + 0.35 * age
        // Pieces of ice afloat in wide leads.
        let afloat = Noise.step(0.945, 0.946, Noise.unit(piece.id &* 0xC2B2_AE35)) * min(max(piece.edge - 1.5, 0), 1)
        s.water[i] *= 1 - afloat
        s.frazil[i] = max(0, 0.12 + 0.16 * texture[i] + 0.14 * (tone[i] - 0.5))
        if s.water[i] >= 0.5 { s.truth[i] = Self.lead }
      }
    }
    try cover(&s)
    return s
  }

  /// Light from a low sun with thin haze, and the noise that all bands share.
  private func gain(_ window: PixelWindow) -> [Float] {
    var plane = [Float](repeating: 0, count: window.pixelCount)
    let far = Float(size)
    Noise.add(
      to: &plane, over: window, spacing: (max(far / 2, 300), max(far / 2, 300)), amplitude: 0.025, seed: seed ^ 0x77)
    Noise.add(to: &plane, over: window, spacing: (9, 9), amplitude: 0.008, seed: seed ^ 0x88)
    for r in 0..<window.height {
      let y = Int32(window.row + r)
      for c in 0..<window.width {
        let x = Int32(window.column + c)
        let slope = 0.10 * (Float(x) / far - 0.5) - 0.05 * (Float(y) / far - 0.5)
        plane[r * window.width + c] += 1 + slope + 0.009 * Noise.triangular(Noise.hash(x, y, seed ^ 0x99))
      }
    }
    return plane
  }

  /// Marks what has no data and what is land.
  private func cover(_ s: inout Surface) throws {
    let window = s.window
    let width = window.width
    if let mask = try land?.burn(window), mask.contains(1) {
      s.land = relief.shading(over: window, mask: mask)
      for i in mask.indices where mask[i] == 1 { s.truth[i] = Self.none }
    }
    for r in 0..<window.height {
      let from = min(max(0, firstEmptyColumn(row: window.row + r) - window.column), width)
      for c in from..<width {
        s.truth[r * width + c] = Self.none
        s.gain[r * width + c] = 0
      }
    }
  }

  /// The stored numbers of a band over a surface, at 10 m or as means over the pixels of a coarser grid; 0 is no data.
  ///
  /// - Returns: `values[row][column]` of the window divided by the band's resolution.
  func digitalNumbers(_ band: MSIBand, of s: Surface, offset: Float = 1000, quantification: Float = 10000) -> [UInt16] {
    let window = s.window
    let width = window.width
    let n = window.pixelCount
    var values = [Float](repeating: 0, count: n)
    let own = seed ^ (UInt32(band.index + 1) &* 0x2C1B_3C6D)
    let snow = band.snow
    let grey = band.grey
    let water = band.water
    // Small drops scatter the short waves most.
    let inverse = Float(492.4 / band.central)
    let smoke = 0.05 * inverse * inverse * inverse * inverse
    for r in 0..<window.height {
      let y = Int32(window.row + r)
      for c in 0..<width {
        let i = r * width + c
        let ice = grey + (snow - grey) * s.age[i]
        let sea = water + (grey - water) * s.frazil[i] + smoke * s.smoke[i]
        let mixed = (ice + (sea - ice) * s.water[i]) * s.gain[i]
        let noise = Noise.triangular(Noise.hash(Int32(window.column + c), y, own)) * (0.008 + 0.002 * mixed)
        values[i] = mixed + noise
      }
    }
    if !s.land.mask.isEmpty { relief.apply(s.land, band: band, gain: s.gain, to: &values) }
    let f = band.resolution / 10
    let outWidth = width / f
    let outHeight = window.height / f
    return [UInt16](unsafeUninitializedCapacity: outWidth * outHeight) { out, count in
      for r in 0..<outHeight {
        for c in 0..<outWidth {
          var sum: Float = 0
          var valid: Float = 0
          for j in 0..<f {
            for k in 0..<f {
              let i = (r * f + j) * width + c * f + k
              if s.gain[i] > 0 {
                sum += values[i]
                valid += 1
              }
            }
          }
          let number = valid == 0 ? 0 : min(max((sum / valid * quantification + offset).rounded(), 1), 32767)
          out.initializeElement(at: r * outWidth + c, to: UInt16(number))
        }
      }
      count = outWidth * outHeight
    }
  }
}
