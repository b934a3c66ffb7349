import FloeSDK

/// Mountains for the land of a scene: snow and rock, in the light of a low sun and in shade.
struct LandRelief: Sendable {
  let seed: UInt32
  let size: Int

  /// Light and cover of the land in a window: `values[row][column]`; empty without land.
  struct Shading: Sendable {
    var mask: [UInt8] = []
    /// 0 in full shade, about 1 on level ground, more on slopes towards the sun.
    var light: [Float] = []
    /// The share of bare rock.
    var rock: [Float] = []
  }

  /// Computes light and cover from a fractal relief.
  func shading(over window: PixelWindow, mask: [UInt8]) -> Shading {
    // One row and column more to the south and west, towards which the slopes are taken.
    let wide = PixelWindow(
      column: window.column - 2, row: window.row, width: window.width + 2, height: window.height + 2)
    let ridges = Noise.fractal(over: wide, spacing: min(max(Float(size) / 18, 40), 150), octaves: 6, seed: seed)
    // Folding the noise at zero makes crests.
    let height = ridges.map { 1 - abs($0) * 2 }
    var s = Shading(
      mask: mask, light: [Float](repeating: 0, count: window.pixelCount),
      rock: [Float](repeating: 0, count: window.pixelCount))
    for r in 0..<window.height {
      for c in 0..<window.width {
        let here = height[r * wide.width + c + 2]
        let west = height[r * wide.width + c]
        let south = height[(r + 2) * wide.width + c + 2]
        // The sun stands in the south-south-west.
        let slope = 0.9 * (here - south) + 0.35 * (here - west)
        let i = r * window.width + c
        s.light[i] = min(max(0.62 - 9 * slope, 0), 1.25)
        s.rock[i] = Noise.step(0.035, 0.09, abs(slope) + 0.03 * ridges[r * wide.width + c + 2])
      }
    }
    return s
  }

  /// Puts the land's reflectance over what was there, in clear air.
  ///
  /// What the air scatters towards the instrument (`path`, the reflectance of open water) lies over all, and the sky
  /// lights the shade by the share `skylight`: nothing on land is darker than water.
  func apply(
    _ s: Shading, snow: Float, rock: Float, path: Float, skylight: Float, to values: inout [Float]
  ) {
    for i in s.mask.indices where s.mask[i] == 1 {
      let ground = (snow - path) * (1 - s.rock[i]) + rock * s.rock[i]
      values[i] = path + ground * (skylight + (1 - skylight) * s.light[i])
    }
  }

  /// Puts the land's reflectance over what was there, with shade as dark as water.
  func apply(_ s: Shading, band: MSIBand, gain: [Float], to values: inout [Float]) {
    for i in s.mask.indices where s.mask[i] == 1 {
      let ground = band.snow + (band.rock - band.snow) * s.rock[i]
      // In the shade remains the light of the sky: the path radiance, a little less than over water.
      values[i] = (band.water * 0.9 + ground * 0.95 * s.light[i]) * gain[i]
    }
  }
}
