import FloeHost
import FloeSDK
import Glibc

/// The address space that the system grants this process.
enum AddressSpace {
  /// What the program's libraries, their threads and a small scene take: 0.7 GB, and room.
  private static let least = 1 << 30

  /// Ends a process that could not work: below this libraries fail to load, memory ends within them, or the system's
  /// queues wait forever for a thread.
  ///
  /// - Throws: a sentence with the limit and what would be right.
  static func check() throws {
    for (name, kind, option) in [("address space", RLIMIT_AS, "-v"), ("data segment", RLIMIT_DATA, "-d")] {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(kind.rawValue), &limit) == 0, limit.rlim_cur < rlim_t(least) else { continue }
      throw FloeError(
        """
        the \(name) of this process is limited to \(SystemResources.text(Int(limit.rlim_cur))) (ulimit \(option)); at \
        least \(SystemResources.text(least)) are needed, and --memory limits what floe uses
        """)
    }
  }
}
