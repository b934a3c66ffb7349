import FloeSDK
import Glibc

/// Backscatter of CryoSat-2's delay-Doppler echoes.
///
/// sigma0 = (4 pi)³ R⁴ / (lambda² G² A) * received / transmitted power, with the beam-limited area
/// A = 2 sqrt(c R t / (1 + R / R_earth)) * lambda R / (2 v T): S. Dinardo, Guidelines for reverting waveform power to
/// sigma nought for CryoSat-2 in SAR mode (ESA, XCRY-GSEG-EOPS-TN-14-0012). No bias to other missions is added.
enum RadarEquation {
  private static let wavelength = 0.022_084
  private static let antennaGain = 19_054.607_179_632_483
  private static let pulseWidth = 2.819e-9
  private static let burst = 0.003_52
  private static let earth = 6_371_000.0
  static let lightSpeed = 299_792_458.0

  /// What is added to 10 log10(power in W) to give sigma0 in dB.
  ///
  /// - Parameters:
  ///   - range: distance to the surface in m.
  ///   - speed: the satellite's speed in m/s.
  ///   - transmitted: transmitted power in W.
  static func scale(range: Double, speed: Double, transmitted: Double) -> Double {
    let along = wavelength * range / (2 * speed * burst)
    let across = (lightSpeed * range * pulseWidth / (1 + range / earth)).squareRoot()
    let area = 2 * across * along
    let gain = pow(4 * .pi, 3) * pow(range, 4) / (wavelength * wavelength * antennaGain * antennaGain * area)
    let ratio = gain / transmitted
    return ratio > 0 && ratio.isFinite ? 10 * log10(ratio) : .nan
  }
}
