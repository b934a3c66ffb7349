import Glibc
import Synchronization

/// The switch that ends a run; each loop that checks it throws.
public final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)
  /// A switch that is off.
  public init() {}
  /// Ends the run at its next check.
  public func cancel() { flag.store(true, ordering: .relaxed) }
  /// Whether the run is to end.
  public var isCancelled: Bool { flag.load(ordering: .relaxed) }
  /// Throws `Cancelled` when the run is to end.
  public func check() throws { if isCancelled { throw Cancelled() } }
}
