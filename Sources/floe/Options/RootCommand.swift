import ArgumentParser
import Synchronization

/// The command that all others belong to, for those that print its help.
enum RootCommand {
  private static let registered = Mutex<(any ParsableCommand.Type)?>(nil)

  /// Set once, before a command runs.
  static var type: (any ParsableCommand.Type)? {
    get { registered.withLock { $0 } }
    set { registered.withLock { $0 = newValue } }
  }
}
