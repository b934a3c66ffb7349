import FloeSDK
import Glibc
import Synchronization

/// Names for files that live for a moment, on a disk and not in memory.
enum TemporaryName {
  private static let counter = Atomic<Int>(0)

  /// A name that no other call of this or another process gets.
  static func make(_ label: String) -> String {
    let folder = VirtualFile.isDirectory("/var/tmp") ? "/var/tmp" : "/tmp"
    return "\(folder)/\(getpid())-\(counter.wrappingAdd(1, ordering: .relaxed).newValue)-\(label)"
  }
}
