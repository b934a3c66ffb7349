import Glibc

/// What winter ice looks like from above the atmosphere under a sun 12° above the horizon.
///
/// Snow and water of B01, B09 and B10 and water of B02 to B04 are measured: medians of undisturbed ice and the 5th
/// percentile of wholly dark pixels of S2A_MSIL1C_20190301T235611 (tile 01WCU, sun zenith 78.1°; B02 to B04 from its
/// true-colour image). The other bands follow the falling path radiance over water and the spectrum of dry snow (Warren
/// 1982). The path radiance is high because light that bright floes have thrown back is scattered once more over the
/// lead.
enum WinterSpectra {
  /// Reflectance of cold snow on thick ice, by `MSIBand.index`.
  private static let snow: [Float] = [
    0.804, 0.810, 0.808, 0.806, 0.800, 0.788, 0.778, 0.764, 0.752, 0.324, 0.0029, 0.115, 0.092,
  ]
  /// Reflectance of open water between floes, by `MSIBand.index`.
  private static let water: [Float] = [
    0.279, 0.218, 0.131, 0.092, 0.078, 0.066, 0.056, 0.048, 0.042, 0.018, 0.0022, 0.010, 0.008,
  ]

  static func snow(_ band: MSIBand) -> Float { snow[band.index] }
  static func water(_ band: MSIBand) -> Float { water[band.index] }

  /// Albedo in the visible of open water and of bare new ice by thickness in centimetres: nilas to 10 cm, grey ice to
  /// 15 cm, grey-white ice to 30 cm. Rounded after Brandt et al. (2005, J. Climate 18, table 4) and Zatko and Warren
  /// (2015, Annals of Glaciology 56); 0.17 to 0.21 below 15 cm in Taskjelle et al. (2016, JGR Oceans 121).
  private static let albedo: [(thickness: Float, albedo: Float)] = [
    (0, 0.06), (2.5, 0.09), (5, 0.13), (7.5, 0.17), (10, 0.21), (15, 0.28), (30, 0.42),
  ]

  static func albedo(thickness: Float) -> Float {
    for (a, b) in zip(albedo, albedo.dropFirst()) where thickness <= b.thickness {
      return a.albedo + (b.albedo - a.albedo) * (thickness - a.thickness) / (b.thickness - a.thickness)
    }
    return albedo[albedo.count - 1].albedo
  }

  /// Thin ice absorbs the longer waves: its albedo beside that in the blue, by wavelength in nanometres.
  private static let fall: [(wavelength: Float, factor: Float)] = [
    (400, 1), (500, 1), (560, 0.96), (665, 0.88), (705, 0.82), (783, 0.74), (865, 0.68), (945, 0.5), (1400, 0.1),
    (2500, 0.06),
  ]

  private static func fall(_ wavelength: Float) -> Float {
    for (a, b) in zip(fall, fall.dropFirst()) where wavelength <= b.wavelength {
      return a.factor + (b.factor - a.factor) * (wavelength - a.wavelength) / (b.wavelength - a.wavelength)
    }
    return fall[fall.count - 1].factor
  }

  /// Reflectance in an opening by its ice thickness in whole centimetres, 0 (open water) ... 30.
  static func openings(_ band: MSIBand) -> [Float] {
    let factor = fall(Float(band.central))
    let dark = water(band)
    let bright = snow(band)
    return (0...30).map { dark + (bright - dark) * (albedo(thickness: Float($0)) - 0.06) / 0.84 * factor }
  }

  /// How much more snow differs from place to place than in the visible: beyond 0.8 µm the size of its grains counts
  /// (Warren 1982). In the scene named above B09 differs 1.2 to 1.5 times as much as B01.
  static func grain(_ band: MSIBand) -> Float { band.central < 760 ? 1 : band.central < 1000 ? 1.4 : 3 }

  /// The share of light that reaches a shadow from the sky: more in the blue.
  static func skylight(_ band: MSIBand) -> Float { min(0.85, 0.35 * Float(pow(665 / band.central, 1.5))) }

  /// What a unit of haze (optical thickness at 550 nm) dims at this wavelength, on the slanted way of light from a low
  /// sun.
  ///
  /// The thickness falls with the 1.3rd power of the wavelength (Ångström's law; 1.3 is common for arctic haze); most
  /// of what is scattered still arrives, so that an eighth of the thickness counts; `path` is the air mass down and up.
  static func dimming(_ band: MSIBand, path: Double) -> Float { Float(0.125 * path * pow(550 / band.central, 1.3)) }

  /// Pixels of 10 m by which the swath begins later than in B02: the bands look at the ground one after another, from
  /// detectors of their own; in the scene named above B10 begins 240 m inside of B01.
  static let edgeOffsets: [Int] = [9, 0, 2, 4, 5, 6, 7, 1, 8, 10, 24, 12, 14]
}
