/// The sentence about a low sun.
enum LowSun {
  static func sentence(_ zenith: Double, _ level: ProcessingLevel) -> String {
    let angle = (zenith * 10).rounded() / 10
    return level == .l2a
      ? """
      the sun stood at a zenith angle of \(angle)°: above 70° surface reflectance (L2A) is not quantitative, prefer \
      the L1C product
      """
      : """
      the sun stood at a zenith angle of \(angle)°: above 70° shadows are long and the signal is weak, compare \
      scenes with care
      """
  }
}
