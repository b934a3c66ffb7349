import FloeSDK
import Foundation
import OrderedCollections

/// What a run of a plan will about take of resident memory.
///
/// The constants follow from `peak_memory_bytes` of runs on full Sentinel-2 tiles, small scenes and altimeter products
/// with one, two and eight workers; it is meant to be right within a factor of two. Pixels that wait in a scratch file
/// are not resident.
public struct MemoryEstimate: Sendable {
  /// The estimated peak in bytes, at most the cap.
  public let bytes: Int

  /// The program with its libraries.
  private static let program = 95_000_000.0
  /// Tiles that a worker holds at a time, with what its codecs need.
  private static let worker = 48_000_000.0
  /// Samples of a step that needs all of its input first; what fits are drawn from.
  private static let mostSamples = 3_000_000.0
  /// Pages and projects, made after the outputs.
  private static let finishing = 20_000_000.0

  /// Estimates from grids, bands, files and workers.
  ///
  /// - Parameter limit: the cap on resident memory.
  public init(_ plan: Plan, workers: Int, limit: Int) {
    let useful = Double(min(workers, max(2, SystemResources.cores)))
    let cache = Double(RunOptions(outputFolder: ".", workers: workers, memory: limit).cacheBytes)
    var largest = 0.0
    var held = 0.0
    var tables = 0.0
    for step in plan.steps {
      for case .raster(let raster) in step.outputs.values { largest = max(largest, Double(raster.spec.byteCount)) }
      held = max(held, Self.held(by: step, in: plan))
      tables += Self.read(by: step)
    }
    var sum = Self.program + min(2 * largest, useful * Self.worker + cache) + held + tables
    if plan.steps.contains(where: \.isFinishing) { sum += Self.finishing }
    bytes = Int(min(sum, Double(limit)))
  }

  /// What a step holds in memory while it works.
  private static func held(by step: Plan.Step, in plan: Plan) -> Double {
    var inputs: [Raster] = []
    for reference in step.connections.values.joined() {
      if case .raster(let raster)? = plan.value(reference) { inputs.append(raster) }
    }
    let scratch = Double(step.scratchBytes)
    let isSmall = step.scratchBytes <= Scratch.largestInMemory
    // Inputs that an earlier step keeps; larger ones lie in files.
    let kept = inputs.filter { $0.source.isMaterialized && $0.spec.byteCount <= Scratch.largestInMemory }
      .reduce(0.0) { $0 + Double($1.spec.byteCount) }
    guard step.isBarrier, !inputs.isEmpty else { return kept + (isSmall ? scratch : 0) }
    let makesRasters = step.outputs.values.contains { $0.kind == .raster }
    // Regions and searches work on the whole band in memory.
    if !makesRasters { return kept + scratch }
    let samples = inputs.map { min(Double($0.spec.grid.pixelCount), mostSamples) * Double($0.spec.bands.count) * 6 }
    return (samples.max() ?? 0) + kept + (isSmall ? scratch : 0)
  }

  /// The tables that a step reads from files: their size in memory follows from that of the files, which inflate.
  private static func read(by step: Plan.Step) -> Double {
    guard step.connections.isEmpty else { return 0 }
    var hasTable = false
    var hasArrays = false
    for case .table(let table) in step.outputs.values {
      hasTable = true
      for column in table.columns {
        if case .array = column.values { hasArrays = true }
      }
    }
    guard hasTable else { return 0 }
    let paths = step.inForce.values.flatMap { texts($0) }.filter { $0.hasPrefix("/") }
    var total = 0.0
    for path in Set(paths) { total += size(of: path) }
    return total * (hasArrays ? 5.5 : 2)
  }

  private static func texts(_ literal: ParameterLiteral) -> [String] {
    switch literal {
    case .text(let text): [text]
    case .list(let items): items.flatMap { texts($0) }
    case .map: []
    }
  }

  /// The bytes of a file, or of all files in a folder; 0 for what is not on the disk.
  private static func size(of path: String) -> Double {
    guard Folder.isFolder(path) else { return Double(FileState(of: path)?.size ?? 0) }
    var sum = 0.0
    guard let names = FileManager.default.enumerator(atPath: path) else { return 0 }
    for case let name as String in names {
      if !Folder.isFolder("\(path)/\(name)") { sum += Double(FileState(of: "\(path)/\(name)")?.size ?? 0) }
    }
    return sum
  }
}
