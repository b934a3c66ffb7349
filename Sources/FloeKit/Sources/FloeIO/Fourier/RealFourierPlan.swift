internal import CFFTW
import FloeCore
import Synchronization

/// The Fourier transform of real single-precision samples of one length, and its inverse, for many rows at once.
///
/// Making one is cheap after the first of its length; it may be used from any number of threads. Each row is
/// transformed on its own and plans are estimated, not measured, so results depend neither on the batch nor on timing.
///
/// ```
/// samples[row][n]   n = 0 ..< length
/// spectra[row][k][re, im]   k = 0 ... length / 2
/// ```
public struct RealFourierPlan: Sendable {
  /// The number of samples of a row.
  public let length: Int
  /// The number of complex values of a row's spectrum.
  public var spectrumLength: Int { length / 2 + 1 }
  private let plans: PlanPair

  /// A plan for rows of `length` samples, at least 1.
  public init(length: Int) throws {
    guard length >= 1, length <= Int(Int32.max) else {
      throw FloeError("a Fourier transform of length \(length) is not possible; 1 or more samples are needed")
    }
    self.length = length
    plans = try Self.cache.withLock { cache in
      if let known = cache[length] { return known }
      let made = try PlanPair(length: length)
      cache[length] = made
      return made
    }
  }

  /// Transforms all rows of `samples`; `spectra` gets `2 * spectrumLength` floats a row.
  public func forward(_ samples: [Float], into spectra: inout [Float]) {
    let rows = samples.count / length
    let width = 2 * spectrumLength
    precondition(samples.count == rows * length, "samples must fill whole rows of \(length)")
    if spectra.count != rows * width { spectra = [Float](repeating: 0, count: rows * width) }
    let bench = Workbench(plans, length)
    samples.withUnsafeBufferPointer { input in
      spectra.withUnsafeMutableBufferPointer { output in
        for row in 0..<rows {
          bench.forward(UnsafeBufferPointer(rebasing: input[row * length..<(row + 1) * length]))
          _ = UnsafeMutableBufferPointer(rebasing: output[row * width..<(row + 1) * width]).update(from: bench.spectrum)
        }
      }
    }
  }

  /// Undoes `forward`, the division by `length` included; `samples` gets `length` floats a row.
  public func inverse(_ spectra: [Float], into samples: inout [Float]) {
    let width = 2 * spectrumLength
    let rows = spectra.count / width
    precondition(spectra.count == rows * width, "spectra must fill whole rows of \(width)")
    if samples.count != rows * length { samples = [Float](repeating: 0, count: rows * length) }
    let bench = Workbench(plans, length)
    spectra.withUnsafeBufferPointer { input in
      samples.withUnsafeMutableBufferPointer { output in
        for row in 0..<rows {
          _ = bench.spectrum.update(from: input[row * width..<(row + 1) * width])
          bench.inverse(into: UnsafeMutableBufferPointer(rebasing: output[row * length..<(row + 1) * length]))
        }
      }
    }
  }

  /// Transforms each row, lets `change` have its number and spectrum, and transforms it back, all while the row is in
  /// the processor's nearest memory.
  public func filter(_ samples: [Float], _ change: (_ row: Int, _ spectrum: UnsafeMutableBufferPointer<Float>) -> Void)
    -> [Float]
  {
    let rows = samples.count / length
    precondition(samples.count == rows * length, "samples must fill whole rows of \(length)")
    let bench = Workbench(plans, length)
    return [Float](unsafeUninitializedCapacity: samples.count) { output, filled in
      samples.withUnsafeBufferPointer { input in
        for row in 0..<rows {
          bench.forward(UnsafeBufferPointer(rebasing: input[row * length..<(row + 1) * length]))
          change(row, bench.spectrum)
          bench.inverse(into: UnsafeMutableBufferPointer(rebasing: output[row * length..<(row + 1) * length]))
        }
      }
      filled = samples.count
    }
  }

  static var libraryVersion: String {
    let name = text(floe_fftw_version()) ?? "unknown"
    return name.hasPrefix("fftw-") ? String(name.dropFirst(5).prefix { $0 != "-" }) : name
  }

  /// Planning is not thread-safe: it happens under this lock. Plans live as long as the process.
  private static let cache = Mutex<[Int: PlanPair]>([:])
}

/// Room for one row and its spectrum where FFTW's vector code can work: it asks for more alignment than rows of an
/// array have.
///
/// All rows go through it, so that results do not depend on where an array lies.
private final class Workbench {
  /// The spectrum of the row at hand, re and im in turn; `inverse` uses it up.
  let spectrum: UnsafeMutableBufferPointer<Float>
  private let plans: PlanPair
  private let samples: UnsafeMutablePointer<Float>
  private let values: UnsafeMutablePointer<fftwf_complex>
  private let length: Int

  init(_ plans: PlanPair, _ length: Int) {
    (self.plans, self.length) = (plans, length)
    let n = length / 2 + 1
    (samples, values) = (fftwf_alloc_real(length), fftwf_alloc_complex(n))
    // Safe because a complex number of FFTW is two floats, and nothing else looks at this memory.
    spectrum = UnsafeMutableBufferPointer(
      start: UnsafeMutableRawPointer(values).bindMemory(to: Float.self, capacity: 2 * n), count: 2 * n)
  }

  deinit {
    fftwf_free(samples)
    fftwf_free(values)
  }

  func forward(_ row: UnsafeBufferPointer<Float>) {
    _ = UnsafeMutableBufferPointer(start: samples, count: length).update(from: row)
    fftwf_execute_dft_r2c(plans.forward, samples, values)
  }

  func inverse(into row: UnsafeMutableBufferPointer<Float>) {
    fftwf_execute_dft_c2r(plans.inverse, values, samples)
    let factor = 1 / Float(length)
    for i in row.indices { row[i] = samples[i] * factor }
  }
}

/// The two plans of a length.
///
/// Safe because a plan never changes, and executing one on the caller's arrays is thread-safe.
private struct PlanPair: @unchecked Sendable {
  let forward: fftwf_plan
  let inverse: fftwf_plan

  init(length: Int) throws {
    let samples = fftwf_alloc_real(length)
    let spectrum = fftwf_alloc_complex(length / 2 + 1)
    defer {
      fftwf_free(samples)
      fftwf_free(spectrum)
    }
    // FFTW_ESTIMATE: a macro with a cast does not arrive in Swift.
    let flags: UInt32 = 1 << 6
    guard let forward = fftwf_plan_dft_r2c_1d(Int32(length), samples, spectrum, flags),
      let inverse = fftwf_plan_dft_c2r_1d(Int32(length), spectrum, samples, flags)
    else { throw FloeError("no Fourier transform of length \(length) can be planned") }
    self.forward = forward
    self.inverse = inverse
  }
}
