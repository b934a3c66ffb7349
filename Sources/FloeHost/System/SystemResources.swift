import Foundation

/// What the process may use and has used of its machine.
public enum SystemResources {
  /// Peak resident memory of this process so far, in bytes (VmHWM).
  public static var peakMemory: Int { status("VmHWM:") * 1024 }
  /// Resident memory of this process now, in bytes (VmRSS).
  public static var residentMemory: Int { status("VmRSS:") * 1024 }
  /// Physical memory in bytes, or the smaller limit of the control group that holds the process.
  public static var memory: Int {
    let physical = Int(ProcessInfo.processInfo.physicalMemory)
    // Without a control group there is no such file; the physical memory is the limit then.
    let limit = (try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8)).flatMap {
      Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    return min(physical, limit ?? physical)
  }
  /// Cores that the process may run on.
  public static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// Free bytes on the disk that holds a path.
  public static func freeDisk(at path: String) -> Int? {
    var info = statvfs()
    guard statvfs(path, &info) == 0 else { return nil }
    return Int(info.f_bavail) * Int(info.f_frsize)
  }

  private static func status(_ key: String) -> Int {
    // /proc is there on every Linux; without it the peak is simply not known.
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) })
    else { return 0 }
    return Int(line.filter(\.isNumber)) ?? 0
  }

  /// A size such as `512MB`, `1.5 GiB` or `8G` in bytes; K, M and G count in thousands, Ki, Mi and Gi in 1024s.
  public static func bytes(_ text: String) -> Int? {
    let t = text.trimmingCharacters(in: .whitespaces).lowercased()
    let digits = t.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(digits), number > 0 else { return nil }
    let factors = [
      "": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "ki": 1024, "kib": 1024,
      "mi": 1_048_576,
      "mib": 1_048_576, "gi": 1_073_741_824, "gib": 1_073_741_824,
    ]
    guard let factor = factors[t.dropFirst(digits.count).trimmingCharacters(in: .whitespaces)] else { return nil }
    // More bytes than an integer holds are no size.
    return Int(exactly: (number * factor).rounded())
  }

  /// Whether a folder lies in memory rather than on a disk.
  public static func isInMemory(_ path: String) -> Bool {
    // Without /proc nothing is known of mounts; a disk is the usual case.
    let mounts = (try? String(contentsOfFile: "/proc/mounts", encoding: .utf8)) ?? ""
    var longest = ""
    var kind = ""
    for line in mounts.split(separator: "\n") {
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count > 2, fields[1].count >= longest.count else { continue }
      let inside = fields[1] == "/" || path == fields[1] || path.hasPrefix(fields[1] + "/")
      if inside { (longest, kind) = (fields[1], fields[2]) }
    }
    return kind == "tmpfs" || kind == "ramfs"
  }

  /// A size for people: `720 MB`.
  public static func text(_ bytes: Int) -> String {
    let b = Double(bytes)
    if b >= 1e9 { return String(format: "%.2f GB", b / 1e9) }
    if b >= 1e6 { return String(format: "%.0f MB", b / 1e6) }
    return String(format: "%.0f kB", max(b / 1e3, bytes > 0 ? 1 : 0))
  }
}
