import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// Ends the process at Ctrl-C: asks a run to stop, waits shortly, removes its temporary folders, and leaves with status
/// 130.
public enum Interrupt {
  /// The switch that an interruption throws; runs of the command line are given this one.
  public static let cancellation = Cancellation()

  /// Takes SIGINT, SIGTERM and SIGHUP over, but for those that whoever started the program wants ignored (`nohup`), and
  /// lets writing to a pipe that nobody reads fail instead of ending the process; to be called once.
  ///
  /// The handler only writes a byte to a pipe, since hardly anything else is safe in one; a thread waits at the other
  /// end. Blocked signals and `sigwait` would not do: libdispatch unblocks all signals on the thread that ran `main`.
  ///
  /// - Parameter grace: seconds that a run has to stop by itself and tidy up.
  public static func install(grace: Double = 0.8, farewell: @escaping @Sendable () -> Void) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    bell.store(ends[1], ordering: .relaxed)
    // A handler that does nothing rather than SIG_IGN: programs that a step starts do not inherit it.
    if !isIgnored(SIGPIPE) { _ = signal(SIGPIPE) { _ in } }
    for s in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(s) {
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
      while TemporaryFolder.isAnyOpen || isHeld, Date() < until { Thread.sleep(forTimeInterval: 0.02) }
      // Files on their way to their places arrive or go back: a fraction of a second. Should a disk hang, the next call
      // puts them back from the folder, which must stay then.
      let last = Date().addingTimeInterval(10)
      while Publication.isActive, Date() < last { Thread.sleep(forTimeInterval: 0.02) }
      if Publication.isActive { _exit(130) }
      TemporaryFolder.discardAll()
      _exit(130)
    }
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    // Safe because a handler is a pointer or nil, of the same size as an integer; SIG_IGN is the pointer 1.
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  /// Makes an interruption wait, within its grace, for work that has no temporary folder: other processes of a batch.
  static func hold() { holds.add(1, ordering: .relaxed) }
  /// Ends a `hold`.
  static func release() { holds.subtract(1, ordering: .relaxed) }
  /// Whether such work is on: what is done of it stays.
  public static var isHeld: Bool { holds.load(ordering: .relaxed) > 0 }
  private static let holds = Atomic<Int>(0)

  /// Takes the end of standard input for an interruption: a process that was started by another one ends with it,
  /// however that one ends.
  public static func endWithStandardInput() {
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        let count = read(0, &byte, 1)
        if count == 0 || (count < 0 && errno != EINTR) { break }
      }
      byte = 1
      _ = write(bell.load(ordering: .relaxed), &byte, 1)
    }
  }

  private static let bell = Atomic<Int32>(-1)
}
