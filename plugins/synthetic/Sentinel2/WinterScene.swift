import FloeIO
import FloeSDK
import Glibc

/// How hard a winter scene is.
struct WinterSettings: Sendable {
  /// Shares of the square that are open water, and openings that have frozen over.
  var open = 0.003, frozen = 0.002
  /// Which of the four stages of thin ice occur: dark nilas, light nilas, grey ice, grey-white ice.
  var stages = 0..<4
  /// Exponent of the power law of widths, and the widest opening in pixels of 10 m.
  var exponent = 2.0, widest = 100.0
  /// Thickest ice, in centimetres, of an opening that the truth calls a lead.
  var leadThickness: Float = 10
  /// Modulation transfer function of the instrument at the Nyquist frequency.
  var mtf = 0.25
  /// Mean optical thickness of haze at 550 nm.
  var haze = 0.1
  /// The share of the ice that lies in the shadow of ridges.
  var shadows = 0.0015
  /// Zenith angle of the sun in degrees.
  var sunZenith = 78.6
}

/// A scene of winter pack ice that is about as hard as a real one: bright, even ice with rare openings of all widths
/// and stages.
///
/// Any window can be computed on its own, and follows from size, seed and settings alone. What the picture is modelled
/// on is the scene in `WinterSpectra`: ice differs by 0.3 % from one 60 m pixel to the next and by 0.9 % over 4 km,
/// 0.14 % of the sea is dark.
struct WinterScene: SceneSource {
  let size: Int
  let settings: WinterSettings
  private let seed: UInt32
  private let openings: OpeningNetwork
  private let ridges: RidgeNetwork
  private let floes: CellField
  private let relief: LandRelief
  private let land: PolygonRasterizer?

  init(size: Int, seed: UInt64, settings: WinterSettings, land: PolygonRasterizer?) {
    self.size = size
    self.settings = settings
    self.land = land
    var mix = SplitMix64(state: seed)
    self.seed = UInt32(truncatingIfNeeded: mix.next())
    openings = OpeningNetwork(
      size: size, open: settings.open, frozen: settings.frozen, stages: settings.stages, exponent: settings.exponent,
      widths: 1...max(1, settings.widest), seed: seed, stream: 4)
    ridges = RidgeNetwork(size: size, share: settings.shadows, seed: seed, stream: 5)
    floes = CellField(spacing: min(max(Float(size) / 9, 60), 260), seed: self.seed ^ 0xA511)
    relief = LandRelief(seed: self.seed ^ 0x3D19, size: size)
  }

  /// What the surface is in each pixel of a window.
  struct Surface: SceneSurface {
    var window: PixelWindow
    var truth: [UInt8]
    /// Over the window and `PointSpread.margin` around it: brightness of the ice, about 1; share of shadow; openings.
    fileprivate var ice: [Float], shadow: [Float], cover: OpeningNetwork.Cover
    /// Over the window: haze as optical thickness at 550 nm; light and noise that all bands share, as a factor.
    fileprivate var haze: [Float], gain: [Float]
    fileprivate var land: LandRelief.Shading

    /// Four bands of UInt16 over the window, band after band: number of the opening (0 none), its width there in
    /// metres, ice in it in millimetres, percent of the pixel that it covers; 65535 where the truth knows nothing.
    var details: [UInt16]? {
      let m = PointSpread.margin
      let wide = window.width + 2 * m
      let n = window.pixelCount
      var result = [UInt16](repeating: 0, count: 4 * n)
      for r in 0..<window.height {
        for c in 0..<window.width {
          let i = r * window.width + c
          let j = (r + m) * wide + c + m
          if truth[i] == SceneModel.none {
            for band in 0..<4 { result[band * n + i] = SceneDetails.unknown }
          } else if cover.number[j] > 0 {
            result[i] = cover.number[j]
            result[n + i] = UInt16(min(65_000, (cover.width[j] * 10).rounded()))
            result[2 * n + i] = UInt16(min(65_000, (cover.thickness[j] * 10).rounded()))
            result[3 * n + i] = UInt16((cover.share[j] * 100).rounded())
          }
        }
      }
      return result
    }
  }

  func surface(_ window: PixelWindow) throws -> Surface {
    let m = PointSpread.margin
    let wide = PixelWindow(
      column: window.column - m, row: window.row - m, width: window.width + 2 * m, height: window.height + 2 * m)
    let ragged = Noise.fractal(over: wide, spacing: 24, octaves: 4, seed: seed ^ 0x66)
    let cover = openings.paint(over: wide, ragged: ragged)
    var shadow = [Float](repeating: 0, count: wide.pixelCount)
    var sunny = shadow
    ridges.paint(over: wide, shift: 0, into: &shadow)
    // The side of a ridge that faces the sun, one pixel to the south.
    ridges.paint(over: wide, shift: 1, into: &sunny)
    var ice = brightness(wide)
    for i in ice.indices { ice[i] += 0.05 * sunny[i] * (1 - shadow[i]) }
    var s = Surface(
      window: window, truth: [UInt8](repeating: SceneModel.ice, count: window.pixelCount), ice: ice, shadow: shadow,
      cover: cover,
      haze: haze(window), gain: gain(window), land: .init())
    for r in 0..<window.height {
      for c in 0..<window.width {
        let j = (r + m) * wide.width + c + m
        if cover.share[j] >= 0.5, cover.thickness[j] < max(0.5, settings.leadThickness) {
          s.truth[r * window.width + c] = SceneModel.lead
        }
      }
    }
    if let mask = try land?.burn(window), mask.contains(1) {
      s.land = relief.shading(over: window, mask: mask)
      for i in mask.indices where mask[i] == 1 { s.truth[i] = SceneModel.none }
    }
    let last = WinterSpectra.edgeOffsets.max() ?? 0
    for r in 0..<window.height {
      let from = min(max(0, firstEmptyColumn(row: window.row + r) - last - window.column), window.width)
      for c in from..<window.width { s.truth[r * window.width + c] = SceneModel.none }
    }
    return s
  }

  /// The first column without data in a row of B02: the edge of the swath, slanted as a descending orbit leaves it.
  private func firstEmptyColumn(row: Int) -> Int { Int(Float(size) * 0.965 - Float(row) * 0.07) }

  /// Snow on floes of little difference, with drifts, as a factor.
  private func brightness(_ window: PixelWindow) -> [Float] {
    let bendX = Noise.fractal(over: window, spacing: floes.spacing * 1.3, octaves: 4, seed: seed ^ 0x11)
    let bendY = Noise.fractal(over: window, spacing: floes.spacing * 1.3, octaves: 4, seed: seed ^ 0x22)
    let drift = Noise.fractal(over: window, spacing: 6, octaves: 2, seed: seed ^ 0x55, stretch: 4)
    let fine = Noise.fractal(over: window, spacing: 30, octaves: 3, seed: seed ^ 0x56)
    var plane = Noise.fractal(over: window, spacing: 400, octaves: 5, seed: seed ^ 0x44)
    for r in 0..<window.height {
      let y = Float(window.row + r) + 0.5
      for c in 0..<window.width {
        let i = r * window.width + c
        let x = Float(window.column + c) + 0.5
        let floe = floes.nearest(x + bendX[i] * floes.spacing * 0.55, y + bendY[i] * floes.spacing * 0.55)
        plane[i] = 1 + 0.016 * plane[i] + 0.012 * (Noise.unit(floe.id) - 0.5) + 0.018 * fine[i] + 0.014 * drift[i]
      }
    }
    return plane
  }

  /// Haze in streaks of some tens of kilometres, nothing in a third of the scene.
  private func haze(_ window: PixelWindow) -> [Float] {
    let far = max(Float(size) / 3, 300)
    var plane = Noise.fractal(over: window, spacing: far, octaves: 5, seed: seed ^ 0x77, stretch: 2)
    let mean = Float(settings.haze)
    for i in plane.indices {
      let thick = max(0, 0.45 + 2 * plane[i])
      plane[i] = mean * 1.8 * thick * thick
    }
    return plane
  }

  private func gain(_ window: PixelWindow) -> [Float] {
    var plane = [Float](repeating: 0, count: window.pixelCount)
    let far = Float(size)
    for r in 0..<window.height {
      let y = Int32(window.row + r)
      for c in 0..<window.width {
        let x = Int32(window.column + c)
        let slope = 0.02 * (Float(x) / far - 0.5) - 0.01 * (Float(y) / far - 0.5)
        plane[r * window.width + c] = 1 + slope + 0.004 * Noise.triangular(Noise.hash(x, y, seed ^ 0x99))
      }
    }
    return plane
  }

  func digitalNumbers(_ band: MSIBand, of s: Surface) -> [UInt16] {
    let window = s.window
    let width = window.width
    let values = reflectance(band, of: s)
    let f = band.resolution / 10
    let outWidth = width / f
    let outHeight = window.height / f
    let own = seed ^ (UInt32(band.index + 1) &* 0x2C1B_3C6D)
    let offset = WinterSpectra.edgeOffsets[band.index]
    return [UInt16](unsafeUninitializedCapacity: outWidth * outHeight) { out, count in
      for r in 0..<outHeight {
        for c in 0..<outWidth {
          var sum: Float = 0
          var valid: Float = 0
          var isEdge = false
          for j in 0..<f {
            let end = firstEmptyColumn(row: window.row + r * f + j) - offset - window.column
            isEdge = isEdge || (c * f < end && (c + 1) * f >= end)
            for k in 0..<f where c * f + k < end {
              sum += values[(r * f + j) * width + c * f + k]
              valid += 1
            }
          }
          // Where the swath ends, resampling leaves pixels of hardly any light: 1 is the darkest number that is not no
          // data.
          let isSpoilt =
            isEdge && Noise.hash(Int32(window.column / f + c), Int32(window.row / f + r), own ^ 0xED6E) % 3 == 0
          let number = valid == 0 ? 0 : isSpoilt ? 1 : min(max((sum / valid * 10000 + 1000).rounded(), 1), 32767)
          out.initializeElement(at: r * outWidth + c, to: UInt16(number))
        }
      }
      count = outWidth * outHeight
    }
  }

  /// Reflectance at 10 m as the instrument sees it: ice, shadows and openings, blurred; then land, haze, light, noise.
  private func reflectance(_ band: MSIBand, of s: Surface) -> [Float] {
    let window = s.window
    let opened = WinterSpectra.openings(band)
    let snow = WinterSpectra.snow(band)
    let water = WinterSpectra.water(band)
    // A shadow keeps the light of the sky; what the air scatters towards the instrument lies over all.
    let shade = WinterSpectra.skylight(band)
    let grain = WinterSpectra.grain(band)
    var plane = [Float](repeating: 0, count: s.ice.count)
    for i in plane.indices {
      var value = snow * (1 + grain * (s.ice[i] - 1))
      if s.shadow[i] > 0 { value += (water + (value - water) * shade - value) * s.shadow[i] }
      if s.cover.share[i] > 0 {
        let h = min(max(s.cover.thickness[i], 0), 29.99)
        let k = Int(h)
        let opening = opened[k] + (opened[k + 1] - opened[k]) * (h - Float(k))
        value += (opening - value) * s.cover.share[i]
      }
      plane[i] = value
    }
    var values = PointSpread(mtf: settings.mtf, factor: band.resolution / 10).blur(
      plane, width: window.width, height: window.height)
    if !s.land.mask.isEmpty {
      relief.apply(s.land, snow: snow, rock: band.rock, path: water, skylight: shade, to: &values)
    }
    let path = 1 + 1 / cos(settings.sunZenith * .pi / 180)
    let dimming = WinterSpectra.dimming(band, path: path)
    // Haze lit from above and from the bright ice below it.
    let veil = 0.75 * snow
    let own = seed ^ (UInt32(band.index + 1) &* 0x2C1B_3C6D)
    for r in 0..<window.height {
      let y = Int32(window.row + r)
      for c in 0..<window.width {
        let i = r * window.width + c
        let clear = exp(-dimming * s.haze[i])
        let seen = (veil + (values[i] - veil) * clear) * s.gain[i]
        values[i] = seen + Noise.triangular(Noise.hash(Int32(window.column + c), y, own)) * (0.006 + 0.003 * seen)
      }
    }
    return values
  }
}
