import FloeSDK
import Foundation

/// Ends a run at Ctrl-C: asks it to stop, waits shortly, removes its temporary folders, and leaves with status 130.
public enum Interrupt {
  /// Takes SIGINT, SIGTERM and SIGHUP over. Call once, before other threads exist, so that all of them inherit the blocked signals.
  public static func install(_ cancellation: Cancellation, grace: Double = 0.8, farewell: @escaping @Sendable () -> Void) {
    var signals = sigset_t()
    sigemptyset(&signals)
    for s in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, s) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let set = signals
    Thread.detachNewThread {
      var received: Int32 = 0, waitFor = set
      sigwait(&waitFor, &received)
      cancellation.cancel()
      farewell()
      // The run may remove its folder and leave by itself in the meantime.
      Thread.sleep(forTimeInterval: grace)
      Staging.discardAll()
      _exit(130)
    }
  }

  /// Removes the temporary folders of this process.
  public static func removeTemporaryFolders() { Staging.discardAll() }
}
