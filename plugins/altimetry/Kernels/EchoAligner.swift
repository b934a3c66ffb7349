import FloeSDK
import Glibc

/// Reads echoes at x + shift from a spectrum padded with zeros: oversampling, linear interpolation, every n-th sample kept.
///
/// ```
/// echoes[row][bin]   shifts[row] in bins, positive reads later bins
/// ```
/// Outside of the oversampled echo its first or last sample holds, as in `numpy.interp`. A shift is the same along an echo,
/// so `align` needs one pair of short transforms with a factor on the spectrum; `alignPlain` does what the words say.
public struct EchoAligner: Sendable {
  public let samples: Int
  public let factor: Int
  /// Whether the Nyquist value of an even number of samples is shared between both signs of its frequency.
  ///
  /// Without it the padded spectrum counts the value twice, as the course's zero padding does.
  public let splitNyquist: Bool
  private let short: RealFourierPlan
  /// cos and sin of 2 pi i / (samples * factor).
  private let cosines: [Double], sines: [Double]

  /// An aligner for echoes of `samples` bins.
  public init(samples: Int, factor: Int, splitNyquist: Bool = true) throws {
    self.samples = samples
    self.factor = factor
    self.splitNyquist = splitNyquist
    short = try RealFourierPlan(length: samples)
    let m = samples * factor
    cosines = (0..<m).map { cos(2 * Double.pi * Double($0) / Double(m)) }
    sines = (0..<m).map { sin(2 * Double.pi * Double($0) / Double(m)) }
  }

  private var nyquistFactor: Double { splitNyquist || factor == 1 ? 1 : 2 }

  /// The aligned echoes by one transform pair of `samples` values each.
  public func align(_ echoes: [Float], shifts: [Double]) -> [Float] {
    let n = samples, width = 2 * short.spectrumLength
    var spectra: [Float] = [], result: [Float] = []
    short.forward(echoes, into: &spectra)
    var ends = [Float](repeating: 0, count: shifts.count)
    spectra.withUnsafeMutableBufferPointer { spectra in
      for row in shifts.indices {
        let spectrum = UnsafeMutableBufferPointer(rebasing: spectra[row * width..<(row + 1) * width])
        ends[row] = outerSample(of: spectrum, atEnd: shifts[row] > 0)
        turn(spectrum, by: shifts[row])
      }
    }
    short.inverse(spectra, into: &result)
    for row in shifts.indices {
      // A shift reaches beyond one end only, and from the end inward.
      let outside = (0..<n).lazy.map { shifts[row] > 0 ? n - 1 - $0 : $0 }.prefix { isOutside($0, shifts[row]) }
      for i in outside { result[row * n + i] = ends[row] }
    }
    return result
  }

  private func isOutside(_ bin: Int, _ shift: Double) -> Bool {
    let place = (Double(bin) + shift) * Double(factor)
    return place <= 0 || place >= Double(samples * factor - 1)
  }

  /// Multiplies a spectrum by (1 - f) e^(2 pi i j k / m) + f e^(2 pi i j (k + 1) / m), where shift * factor = k + f.
  private func turn(_ spectrum: UnsafeMutableBufferPointer<Float>, by shift: Double) {
    let n = samples, m = n * factor
    let whole = (shift * Double(factor)).rounded(.down), f = shift * Double(factor) - whole
    let k = Int(exactly: whole.truncatingRemainder(dividingBy: Double(m))) ?? 0
    let step = (k % m + m) % m
    var at = 0
    cosines.withUnsafeBufferPointer { cosines in
      sines.withUnsafeBufferPointer { sines in
        for j in 0..<n / 2 + 1 {
          var next = at + j
          if next >= m { next -= m }
          let re = (1 - f) * cosines[at] + f * cosines[next], im = (1 - f) * sines[at] + f * sines[next]
          let a = Double(spectrum[2 * j]), b = Double(spectrum[2 * j + 1])
          spectrum[2 * j] = Float(a * re - b * im)
          spectrum[2 * j + 1] = Float(a * im + b * re)
          if 2 * j == n {
            spectrum[2 * j] = Float(a * re * nyquistFactor)
            spectrum[2 * j + 1] = 0
          }
          at += step
          if at >= m { at -= m }
        }
      }
    }
  }

  /// The first sample of the oversampled echo, or its last.
  private func outerSample(of spectrum: UnsafeMutableBufferPointer<Float>, atEnd: Bool) -> Float {
    let n = samples, m = n * factor
    var sum = 0.0
    for j in 0..<n / 2 + 1 {
      let isNyquist = 2 * j == n, weight = j == 0 ? 1 : isNyquist ? nyquistFactor : 2
      let at = atEnd ? (m - j) % m : 0, a = Double(spectrum[2 * j]), b = isNyquist ? 0 : Double(spectrum[2 * j + 1])
      sum += weight * (a * cosines[at] - b * sines[at])
    }
    return Float(sum / Double(n))
  }

  /// The plain twin of `align`: the spectrum padded with zeros, transformed back, interpolated, every `factor`-th kept.
  public func alignPlain(_ echoes: [Float], shifts: [Double]) throws -> [Float] {
    let n = samples, m = n * factor, long = try RealFourierPlan(length: m)
    var result: [Float] = []
    result.reserveCapacity(echoes.count)
    var spectrum: [Float] = [], fine: [Float] = []
    for row in shifts.indices {
      short.forward(Array(echoes[row * n..<(row + 1) * n]), into: &spectrum)
      var padded = [Float](repeating: 0, count: 2 * long.spectrumLength)
      for i in spectrum.indices { padded[i] = spectrum[i] * Float(factor) }
      // The value at the old Nyquist frequency now stands for both of its signs.
      if n % 2 == 0 && factor > 1 && splitNyquist { padded[n] /= 2 }
      long.inverse(padded, into: &fine)
      for i in 0..<n {
        let place = (Double(i) + shifts[row]) * Double(factor)
        if place <= 0 {
          result.append(fine[0])
        } else if place >= Double(m - 1) {
          result.append(fine[m - 1])
        } else {
          let k = Int(place), f = Float(place - Double(k))
          result.append(fine[k] + (fine[k + 1] - fine[k]) * f)
        }
      }
    }
    return result
  }
}
