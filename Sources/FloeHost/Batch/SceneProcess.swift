import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// One scene's run in a process of its own: a scene that crashes, hangs on a disk or runs out of memory harms no other.
///
/// The process reads its standard input and ends when that is closed, so that it goes with this process however this
/// one ends. It leads a group of its own: Ctrl-C on the terminal reaches this process alone, which passes it on.
struct SceneProcess {
  /// How it ended.
  struct Ending: Sendable {
    /// The exit status, or the signal's number below zero.
    var status: Int32 = 0
    /// The step or output that had begun last, or that a mistake in the request is about.
    var step = ""
    /// The sentences that it ended with.
    var message = ""
    /// Warnings, each with its step.
    var warnings = 0
    /// Whether it failed for something that may pass by itself, as it said.
    var mayPass = false
  }

  /// The program and its arguments.
  let words: [String]

  /// Runs the process to its end; `children` can end it before.
  ///
  /// - Throws: where no process can be started.
  func run(_ children: Children, progress: (_ step: String, _ share: Double) -> Void) throws -> Ending {
    let (pid, standardError, leash) = try Self.start(words)
    children.add(pid)
    var ending = Ending()
    var errors: [String] = []
    var rest: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(standardError, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      rest += piece[..<count]
      while let end = rest.firstIndex(of: 10) {
        take(Array(rest[..<end]), &ending, &errors, progress)
        rest = Array(rest[(end + 1)...])
      }
      // A line without an end is no message of floe's.
      if rest.count > 1 << 20 { rest = [] }
    }
    if !rest.isEmpty { take(rest, &ending, &errors, progress) }
    close(standardError)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    children.remove(pid)
    close(leash)
    let signal = status & 0x7f
    ending.status = signal == 0 ? status >> 8 & 0xff : -signal
    ending.message = errors.joined(separator: "; ")
    if signal != 0 {
      let name = strsignal(signal).map { String(cString: $0) } ?? "unknown"
      ending.message =
        "its process was ended by signal \(signal) (\(name))" + (signal == SIGKILL ? "; is there memory enough?" : "")
    } else if ending.message.isEmpty, ending.status != 0 {
      ending.message = "its process ended with status \(ending.status) and said nothing"
    }
    return ending
  }

  private func take(
    _ line: [UInt8], _ ending: inout Ending, _ errors: inout [String], _ progress: (String, Double) -> Void
  ) {
    // What is no event is a message, below.
    if line.first == UInt8(ascii: "{"), let event = try? JSONText.decode(bytes: line, name: "an event") {
      switch event["event"]?.stringValue {
      case "began":
        ending.step = event["step"]?.stringValue ?? ""
        progress(ending.step, 0)
        return
      case "progress":
        if let done = event["done"]?.doubleValue, let total = event["total"]?.doubleValue, total > 0 {
          progress(ending.step, done / total)
        }
        return
      case "message":
        if event["level"]?.stringValue == "warning" { ending.warnings += 1 }
        return
      case "failed":
        ending.mayPass = event["may_pass"]?.boolValue ?? false
        // A request that is wrong failed before any step began; the message names it.
        if let step = event["step"]?.stringValue, !step.isEmpty { ending.step = step }
        return
      case "ended": return
      default: break
      }
    }
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("error: ") {
      errors.append(String(text.dropFirst("error: ".count)))
    } else if !errors.isEmpty {
      errors[errors.count - 1] += " " + text.trimmingCharacters(in: .whitespaces)
    }
  }

  /// One start at a time: descriptors that are on their way to one child must not reach another.
  private static let starting = Mutex(())

  private static func start(_ words: [String]) throws -> (pid: pid_t, standardError: Int32, leash: Int32) {
    try starting.withLock { _ in
      var input: [Int32] = [-1, -1]
      var output: [Int32] = [-1, -1]
      guard pipe(&input) == 0 else { throw failure(errno) }
      guard pipe(&output) == 0 else {
        let code = errno
        for end in input { close(end) }
        throw failure(code)
      }
      for end in input + output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      posix_spawn_file_actions_adddup2(&actions, input[0], 0)
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      posix_spawn_file_actions_adddup2(&actions, output[1], 2)
      var attributes = posix_spawnattr_t()
      posix_spawnattr_init(&attributes)
      defer { posix_spawnattr_destroy(&attributes) }
      posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
      posix_spawnattr_setpgroup(&attributes, 0)
      var arguments = words.map { strdup($0) } + [nil]
      defer { for word in arguments { free(word) } }
      var pid: pid_t = 0
      let code = posix_spawn(&pid, words[0], &actions, &attributes, &arguments, environ)
      close(input[0])
      close(output[1])
      guard code == 0 else {
        close(input[1])
        close(output[0])
        throw failure(code)
      }
      return (pid, output[0], input[1])
    }
  }

  private static func failure(_ code: Int32) -> FloeError {
    FloeError("no process can be started for a scene: \(String(cString: strerror(code)))")
  }
}

/// The processes of a batch that are alive.
final class Children: Sendable {
  private let pids = Mutex<(alive: Set<pid_t>, isEnding: Bool)>(([], false))

  func add(_ pid: pid_t) {
    pids.withLock { state in
      state.alive.insert(pid)
      if state.isEnding { kill(pid, SIGINT) }
    }
  }
  func remove(_ pid: pid_t) { pids.withLock { _ = $0.alive.remove(pid) } }

  /// Asks all to end; each tidies up and leaves within a second.
  func end() {
    pids.withLock { state in
      guard !state.isEnding else { return }
      state.isEnding = true
      for pid in state.alive { kill(pid, SIGINT) }
    }
  }
  var isEnding: Bool { pids.withLock { $0.isEnding } }
}
