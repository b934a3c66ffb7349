import FloeSDK
import Foundation

/// How a plan is to be run.
public struct RunOptions: Sendable {
  /// Where the outputs go.
  public var outputFolder: String
  /// Threads that share the work.
  public var workers: Int
  /// The cap on peak resident memory of the process, in bytes.
  public var memory: Int
  /// The folder for scratch files; nil for the temporary folder beside the outputs.
  public var scratchFolder: String?
  /// Replaces the pipeline's seed.
  public var seed: UInt64?
  /// Whether to compute also what is there already.
  public var isForced = false
  /// Whether files that floe did not write, and those of another run, may be replaced.
  public var isOverwriting = false
  /// The part of the pipeline that the plan is of, for the record.
  public var part = PipelinePart()
  /// Where outputs of steps are kept and looked for; nil for nowhere.
  public var cache: StepCache.Options?

  /// Options with the machine's cores and half its memory.
  public init(
    outputFolder: String, workers: Int = SystemResources.cores, memory: Int = SystemResources.memory / 2,
    scratchFolder: String? = nil,
    seed: UInt64? = nil
  ) {
    self.outputFolder = outputFolder
    self.workers = workers
    self.memory = memory
    self.scratchFolder = scratchFolder
    self.seed = seed
  }

  /// Memory left for pixels once libraries, GDAL's block cache and the codecs' buffers are counted, in bytes.
  var pixelMemory: Int { max(0, memory - Self.fixedMemory - workers * 48_000_000 - cacheBytes) }
  /// GDAL's block cache: a fixed share, between 16 and 64 MB; tiles are read once, so that more would not help.
  var cacheBytes: Int { min(64_000_000, max(16_000_000, memory / 16)) }
  /// The executable with its libraries before any work.
  private static let fixedMemory = 130_000_000
}
