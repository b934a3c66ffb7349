import Synchronization

/// What a step may ask for and report while it plans.
public struct PlanContext: Sendable {
  /// The step's name in the pipeline.
  public let stepID: String
  /// The product readers of all plugins.
  public let products: any ProductCatalogue
  private let notes: PlanEvents

  /// A context whose notes the host reads back from `notes`.
  public init(stepID: String, products: any ProductCatalogue, notes: PlanEvents) {
    self.stepID = stepID
    self.products = products
    self.notes = notes
  }
  /// Tells the user something that does not stop the run.
  public func warn(_ message: String) { notes.add { $0.warnings.append(message) } }
  /// Announces scratch that the step keeps for several passes, in bytes.
  public func needs(scratch bytes: Int) { notes.add { $0.scratchBytes += bytes } }
  /// Announces the scratch that `RunContext.materialize` takes: none for a raster that is kept already.
  public func needs(materialized raster: Raster) {
    if !raster.source.isMaterialized { needs(scratch: raster.spec.byteCount) }
  }
  /// Says that the step cannot pass on a tile before it has seen all of its input.
  public func isBarrier() { notes.add { $0.isBarrier = true } }
}

/// Warnings and needs of a step that planned.
public final class PlanEvents: Sendable {
  /// The collected notes.
  public struct Notes: Sendable {
    /// Warnings for the user.
    public var warnings: [String] = []
    /// Scratch that the step keeps, in bytes.
    public var scratchBytes = 0
    /// Whether the step needs all of its input before it hands anything on.
    public var isBarrier = false
  }
  private let state = Mutex(Notes())
  /// No notes yet.
  public init() {}
  /// The notes so far.
  public var notes: Notes { state.withLock { $0 } }
  fileprivate func add(_ change: (inout sending Notes) -> Void) { state.withLock { change(&$0) } }
}
