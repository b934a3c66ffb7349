import FloeIO
import FloeSDK
import Glibc

/// Reads echoes at x + shift from a spectrum padded with zeros: oversampling, linear interpolation, every n-th sample
/// kept.
///
/// ```
/// echoes[row][bin]   shifts[row] in bins, positive reads later bins
/// ```
/// Outside of the oversampled echo its first or last sample holds, as in `numpy.interp`. A shift is the same along an
/// echo, so `align` needs one pair of short transforms with a factor on the spectrum; `alignPlain` follows the
/// definition.
public struct EchoAligner: Sendable {
  public let samples: Int
  public let factor: Int
  private let short: RealFourierPlan
  /// cos and sin of 2 pi i / (samples * factor).
  private let cosines: [Double], sines: [Double]
  /// What the oversampled echo's first and last sample are made of: a factor for each number of the spectrum.
  private let firstWeights: [Double], lastWeights: [Double]

  /// An aligner for echoes of `samples` bins.
  public init(samples: Int, factor: Int) throws {
    self.samples = samples
    self.factor = factor
    short = try RealFourierPlan(length: samples)
    let m = samples * factor
    cosines = (0..<m).map { cos(2 * Double.pi * Double($0) / Double(m)) }
    sines = (0..<m).map { sin(2 * Double.pi * Double($0) / Double(m)) }
    func weights(at place: Int) -> [Double] {
      (0..<samples / 2 + 1).flatMap { j -> [Double] in
        let isNyquist = 2 * j == samples
        let weight = (j == 0 || isNyquist ? 1 : 2) / Double(samples)
        let angle = 2 * Double.pi * Double(j * place) / Double(m)
        return [weight * cos(angle), isNyquist ? 0 : -weight * sin(angle)]
      }
    }
    firstWeights = weights(at: 0)
    lastWeights = weights(at: m - 1)
  }

  /// The aligned echoes by one transform pair of `samples` values each.
  public func align(_ echoes: [Float], shifts: [Double]) -> [Float] {
    let n = samples
    var ends = [Float](repeating: 0, count: shifts.count)
    var result = short.filter(echoes) { row, spectrum in
      ends[row] = Self.outerSample(of: spectrum, shifts[row] > 0 ? lastWeights : firstWeights)
      turn(spectrum, by: shifts[row])
    }
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
    let n = samples
    let m = n * factor
    let whole = (shift * Double(factor)).rounded(.down)
    let f = shift * Double(factor) - whole
    let k = Int(exactly: whole.truncatingRemainder(dividingBy: Double(m))) ?? 0
    let step = (k % m + m) % m
    cosines.withUnsafeBufferPointer { cosines in
      sines.withUnsafeBufferPointer { sines in
        guard let raw = UnsafeMutableRawPointer(spectrum.baseAddress), let cosine = cosines.baseAddress,
          let sine = sines.baseAddress
        else { return }
        // Four values of the spectrum at once: each turns on by four steps.
        let one = step
        let two = 2 * step % m
        let three = 3 * step % m
        let four = 4 * step % m
        var c = SIMD4(cosines[0], cosines[one], cosines[two], cosines[three])
        var s = SIMD4(sines[0], sines[one], sines[two], sines[three])
        let onC = cosines[four]
        let onS = sines[four]
        let half = n / 2 + 1
        var j = 0
        // The last one, which may be the Nyquist value, stays for the end.
        while j + 4 < half {
          // (1 - f) + f e^(2 pi i j / m), times e^(2 pi i j k / m).
          let at = 8 * j
          let g = f * UnsafeRawPointer(cosine + j).loadUnaligned(as: SIMD4<Double>.self) + (1 - f)
          let h = f * UnsafeRawPointer(sine + j).loadUnaligned(as: SIMD4<Double>.self)
          let re = c * g - s * h
          let im = c * h + s * g
          let v = raw.loadUnaligned(fromByteOffset: at, as: SIMD8<Float>.self)
          let a = SIMD4<Double>(v.evenHalf)
          let b = SIMD4<Double>(v.oddHalf)
          var turned = SIMD8<Float>()
          turned.evenHalf = SIMD4<Float>(a * re - b * im)
          turned.oddHalf = SIMD4<Float>(a * im + b * re)
          raw.storeBytes(of: turned, toByteOffset: at, as: SIMD8<Float>.self)
          (c, s) = (c * onC - s * onS, c * onS + s * onC)
          j += 4
        }
        for (lane, j) in (j..<half).enumerated() {
          let g = (1 - f) + f * cosines[j]
          let h = f * sines[j]
          let re = c[lane] * g - s[lane] * h
          let im = c[lane] * h + s[lane] * g
          let a = Double(spectrum[2 * j])
          let b = Double(spectrum[2 * j + 1])
          let isNyquist = 2 * j == n
          spectrum[2 * j] = Float(isNyquist ? a * re : a * re - b * im)
          spectrum[2 * j + 1] = isNyquist ? 0 : Float(a * im + b * re)
        }
      }
    }
  }

  /// A sample of the oversampled echo: the sum of its spectrum's numbers with their factors.
  private static func outerSample(of spectrum: UnsafeMutableBufferPointer<Float>, _ weights: [Double]) -> Float {
    var sums = SIMD4<Double>.zero
    var i = 0
    while i + 4 <= weights.count {
      let value = SIMD4<Float>(spectrum[i], spectrum[i + 1], spectrum[i + 2], spectrum[i + 3])
      let weight = SIMD4<Double>(weights[i], weights[i + 1], weights[i + 2], weights[i + 3])
      sums += SIMD4<Double>(value) * weight
      i += 4
    }
    var sum = sums.sum()
    while i < weights.count {
      sum += Double(spectrum[i]) * weights[i]
      i += 1
    }
    return Float(sum)
  }

  /// The reference implementation of `align`, without its shortcuts: the spectrum padded with zeros, transformed back,
  /// interpolated, every `factor`-th sample taken. Tests compare the two.
  /// interpolated, every `factor`-th sample taken. Tests compare the two.
  public func alignPlain(_ echoes: [Float], shifts: [Double]) throws -> [Float] {
    let n = samples
    let m = n * factor
    let long = try RealFourierPlan(length: m)
    var result: [Float] = []
    result.reserveCapacity(echoes.count)
    var spectrum: [Float] = []
    var fine: [Float] = []
    for row in shifts.indices {
      short.forward(Array(echoes[row * n..<(row + 1) * n]), into: &spectrum)
      var padded = [Float](repeating: 0, count: 2 * long.spectrumLength)
      for i in spectrum.indices { padded[i] = spectrum[i] * Float(factor) }
      // The value at the old Nyquist frequency now stands for both of its signs. To pad the full complex spectrum with
      // that value on one side alone and to take the real part, as the course does, is the same.
      if n % 2 == 0 && factor > 1 { padded[n] /= 2 }
      long.inverse(padded, into: &fine)
      for i in 0..<n {
        let place = (Double(i) + shifts[row]) * Double(factor)
        if place <= 0 {
          result.append(fine[0])
        } else if place >= Double(m - 1) {
          result.append(fine[m - 1])
        } else {
          let k = Int(place)
          let f = Float(place - Double(k))
          result.append(fine[k] + (fine[k + 1] - fine[k]) * f)
        }
      }
    }
    return result
  }
}
