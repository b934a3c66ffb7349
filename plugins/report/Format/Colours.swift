import FloeSDK
internal import Foundation

/// Colours on white paper.
enum Colours {
  /// The colour itself where it stands out from white at 3:1 (WCAG 1.4.11), else the same hue as dark as that takes.
  static func line(_ c: RGB) -> RGB {
    var red = Double(c.red)
    var green = Double(c.green)
    var blue = Double(c.blue)
    // Pale colours are nearly grey: their hue is stretched before they are darkened, else all pale ones become the
    // same.
    let mean = (red + green + blue) / 3
    if 1.05 / (luminance(red, green, blue) + 0.05) < 1.6 {
      (red, green, blue) = (mean + (red - mean) * 3, mean + (green - mean) * 3, mean + (blue - mean) * 3)
      (red, green, blue) = (min(255, max(0, red)), min(255, max(0, green)), min(255, max(0, blue)))
    }
    while 1.05 / (luminance(red, green, blue) + 0.05) < 3 {
      (red, green, blue) = (red * 0.95, green * 0.95, blue * 0.95)
    }
    return RGB(UInt8(red), UInt8(green), UInt8(blue))
  }
  static func hex(_ c: RGB) -> String { "#" + c.hex }
  /// A colour from six hexadecimal digits; nil for anything else.
  static func read(_ hex: String) -> RGB? {
    guard hex.count == 6, hex.allSatisfy(\.isHexDigit), let value = UInt32(hex, radix: 16) else { return nil }
    return RGB(
      UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value))
  }
  /// With a transparency of 0 (none) to 255, as gnuplot writes it.
  static func hex(_ c: RGB, transparency: Int) -> String {
    "#" + (transparency < 16 ? "0" : "") + String(transparency, radix: 16) + c.hex
  }

  private static func luminance(_ r: Double, _ g: Double, _ b: Double) -> Double {
    func linear(_ v: Double) -> Double { v / 255 <= 0.04045 ? v / 255 / 12.92 : pow((v / 255 + 0.055) / 1.055, 2.4) }
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
  }

  /// Cividis (Nuñez, Anderton and Renslow 2018), which reads the same with and without colour blindness; ten even
  /// steps.
  static let ramp: [RGB] = [
    RGB(0, 34, 78), RGB(18, 53, 112), RGB(59, 73, 108), RGB(87, 93, 109), RGB(112, 113, 115), RGB(138, 134, 120),
    RGB(165, 156, 116),
    RGB(195, 179, 105), RGB(225, 204, 85), RGB(254, 232, 56),
  ]
  /// The ramp as gnuplot's palette.
  static var palette: String {
    "set palette defined (" + ramp.enumerated().map { "\($0) '\(hex($1))'" }.joined(separator: ", ") + ")"
  }
  /// The colour of 0...1 on the ramp.
  static func onRamp(_ t: Double) -> (UInt8, UInt8, UInt8) {
    let place = min(1, max(0, t)) * Double(ramp.count - 1)
    let low = min(Int(place), ramp.count - 2)
    let part = place - Double(low)
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Double(a) + (Double(b) - Double(a)) * part).rounded()) }
    let a = ramp[low]
    let b = ramp[low + 1]
    return (mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue))
  }
}
