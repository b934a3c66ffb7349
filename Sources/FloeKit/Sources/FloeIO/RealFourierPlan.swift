internal import CFFTW
import FloeCore
import Synchronization

/// The Fourier transform of real single-precision samples of one length, and its inverse, for many rows at once.
///
/// Making one is cheap after the first of its length; it may be used from any number of threads. Each row is transformed
/// on its own and plans are estimated, not measured, so results depend neither on the batch nor on timing.
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
    let rows = samples.count / length, width = 2 * spectrumLength
    precondition(samples.count == rows * length, "samples must fill whole rows of \(length)")
    if spectra.count != rows * width { spectra = [Float](repeating: 0, count: rows * width) }
    samples.withUnsafeBufferPointer { input in
      spectra.withUnsafeMutableBufferPointer { output in
        guard let input = input.baseAddress, let output = output.baseAddress else { return }
        for row in 0..<rows {
          // Safe because a transform of real samples out of place leaves its input as it is.
          let from = UnsafeMutablePointer(mutating: input + row * length)
          (output + row * width).withMemoryRebound(to: fftwf_complex.self, capacity: spectrumLength) {
            fftwf_execute_dft_r2c(plans.forward, from, $0)
          }
        }
      }
    }
  }

  /// Undoes `forward`, the division by `length` included; `samples` gets `length` floats a row.
  public func inverse(_ spectra: [Float], into samples: inout [Float]) {
    let width = 2 * spectrumLength, rows = spectra.count / width
    precondition(spectra.count == rows * width, "spectra must fill whole rows of \(width)")
    if samples.count != rows * length { samples = [Float](repeating: 0, count: rows * length) }
    let factor = 1 / Float(length)
    spectra.withUnsafeBufferPointer { input in
      samples.withUnsafeMutableBufferPointer { output in
        guard let input = input.baseAddress, let target = output.baseAddress else { return }
        for row in 0..<rows {
          // Safe because the plan was made to preserve its input.
          let from = UnsafeMutablePointer(mutating: input + row * width)
          from.withMemoryRebound(to: fftwf_complex.self, capacity: spectrumLength) {
            fftwf_execute_dft_c2r(plans.inverse, $0, target + row * length)
          }
        }
        for i in output.indices { output[i] *= factor }
      }
    }
  }

  static var libraryVersion: String {
    let name = text(floe_fftw_version()) ?? "unknown"
    return name.hasPrefix("fftw-") ? String(name.dropFirst(5).prefix { $0 != "-" }) : name
  }

  /// Planning is not thread-safe: it happens under this lock. Plans live as long as the process.
  private static let cache = Mutex<[Int: PlanPair]>([:])
}

/// The two plans of a length.
///
/// Safe because a plan never changes, and executing one on the caller's arrays is thread-safe.
private struct PlanPair: @unchecked Sendable {
  let forward: fftwf_plan
  let inverse: fftwf_plan

  init(length: Int) throws {
    let samples = fftwf_alloc_real(length), spectrum = fftwf_alloc_complex(length / 2 + 1)
    defer {
      fftwf_free(samples)
      fftwf_free(spectrum)
    }
    // Swift's arrays promise no more than 16 bytes of alignment. FFTW_ESTIMATE is 1 << 6, FFTW_UNALIGNED 1 << 1,
    // FFTW_PRESERVE_INPUT 1 << 4: macros with a cast do not arrive in Swift.
    let flags: UInt32 = 1 << 6 | 1 << 1 | 1 << 4
    guard let forward = fftwf_plan_dft_r2c_1d(Int32(length), samples, spectrum, flags),
      let inverse = fftwf_plan_dft_c2r_1d(Int32(length), spectrum, samples, flags)
    else { throw FloeError("no Fourier transform of length \(length) can be planned") }
    self.forward = forward
    self.inverse = inverse
  }
}
