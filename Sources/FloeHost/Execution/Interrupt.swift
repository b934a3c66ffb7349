import FloeSDK
import Foundation
import Synchronization

/// Ends the process at Ctrl-C: asks a run to stop, waits shortly, removes its temporary folders, and leaves with status 130.
public enum Interrupt {
  /// The switch that an interruption throws; runs of the command line are given this one.
  public static let cancellation = Cancellation()

  /// Takes SIGINT, SIGTERM and SIGHUP over; to be called once.
  ///
  /// The handler only writes a byte to a pipe, since hardly anything else is safe in one; a thread waits at the other end.
  /// Blocked signals and `sigwait` would not do: libdispatch unblocks all signals on the thread that ran `main`.
  ///
  /// - Parameter grace: seconds that a run has to stop by itself and tidy up.
  public static func install(grace: Double = 0.8, farewell: @escaping @Sendable () -> Void) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    bell.store(ends[1], ordering: .relaxed)
    for s in [SIGINT, SIGTERM, SIGHUP] {
      _ = signal(s) { _ in
        var byte: UInt8 = 1
        _ = write(Interrupt.bell.load(ordering: .relaxed), &byte, 1)
      }
    }
    let ear = ends[0]
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while read(ear, &byte, 1) != 1 {}
      cancellation.cancel()
      farewell()
      // A run that stops in time removes its folder and ends the process by itself.
      let until = Date().addingTimeInterval(grace)
      while TemporaryFolder.isAnyOpen, Date() < until { Thread.sleep(forTimeInterval: 0.02) }
      TemporaryFolder.discardAll()
      _exit(130)
    }
  }

  private static let bell = Atomic<Int32>(-1)
}
