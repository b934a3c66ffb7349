import FloeSDK
import Foundation

/// The processes that a program of a step started, also those that left its group (`setsid`, daemons): they carry the
/// mark that the program was given in its environment.
struct ProgramFamily: Sendable {
  /// The variable's name.
  static let variable = "FLOE_STEP_RUN"
  /// Its value, which no other run has.
  let mark = UUID().uuidString

  /// Ends those that are still there. A process that emptied its environment is not found.
  func end() {
    // Where there is no /proc the program's own group has to do.
    let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    let wanted = Array("\(Self.variable)=\(mark)\0".utf8)
    for number in numbers where number != getpid() && Self.environment(of: number).contains(wanted) {
      kill(number, SIGKILL)
    }
  }

  /// Empty for processes of others, whose environment may not be read.
  private static func environment(of process: pid_t) -> [UInt8] {
    let file = open("/proc/\(process)/environ", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    var filled = 0
    while filled < bytes.count {
      let room = bytes.count - filled
      let got = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress?.advanced(by: filled), room) }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { break }
      filled += got
    }
    return Array(bytes[..<filled])
  }
}
