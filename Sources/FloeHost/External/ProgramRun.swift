import FloeIO
import FloeSDK
import Foundation
import Subprocess
import Synchronization

/// One run of a program: its messages are passed on, its time is limited, and its whole process group ends with it.
struct ProgramRun: Sendable {
  /// The program's path and its arguments; no shell is involved.
  let program: [String]
  /// The working folder.
  let folder: String
  /// Seconds that it may take.
  let timeout: Int

  /// What a program's environment holds beside floe's own: the user's options for GDAL, which floe itself leaves aside,
  /// and not what floe sets for itself.
  private static var environment: [Environment.Key: String?] {
    var result: [Environment.Key: String?] = [:]
    for (name, value) in GDALRuntime.optionsSetAside { result[Environment.Key(stringLiteral: name)] = .some(value) }
    for name in GDALRuntime.ownVariables { result[Environment.Key(stringLiteral: name)] = .some(nil) }
    return result
  }

  /// Runs the program to its end.
  ///
  /// - Throws: `Cancelled`, or a sentence with the program's last lines.
  func run(in context: RunContext) async throws {
    var options = PlatformOptions()
    // A group of its own, led by the program: what it starts ends with it, and Ctrl-C on the terminal reaches floe
    // alone.
    options.processGroupID = 0
    let listener = ProgramListener(context: context)
    let family = ProgramFamily()
    let verdict = Verdict()
    let seconds = timeout
    let cancellation = context.cancellation
    let result: ExecutionResult<Void, SequenceOutput, CombinedErrorOutput>
    do {
      result = try await Subprocess.run(
        .path(.init(program[0])), arguments: Arguments(Array(program.dropFirst())),
        environment: .inherit.updating(Self.environment).updating([
          Environment.Key(stringLiteral: ProgramFamily.variable): family.mark
        ]),
        workingDirectory: .init(folder), platformOptions: options,
        input: .none, output: .sequence, error: .combinedWithOutput
      ) { execution in
        let group = execution.processIdentifier.value
        try await withThrowingTaskGroup(of: Void.self) { tasks in
          tasks.addTask {
            try await Self.watch(group, seconds: seconds, cancellation: cancellation, verdict: verdict)
            // What has a group of its own would hold the output open, and outlive the run.
            family.end()
          }
          for try await buffer in execution.standardOutput { buffer.withUnsafeBytes { listener.take($0) } }
          // The program has closed its output: it is at its end, or says no more. It is still bound to its time.
          verdict.silence()
          try await tasks.waitForAll()
        }
      }
    } catch {
      throw cancellation.isCancelled ? Cancelled() : FloeError("the program \(program[0]) cannot be run: \(error)")
    }
    listener.finish()
    switch verdict.reason {
    case .cancelled: throw Cancelled()
    case .late:
      throw FloeError(
        "the program \(program[0]) was stopped after \(timeout) s, the manifest's time limit\(listener.lastWords)")
    case nil: break
    }
    try cancellation.check()
    switch result.terminationStatus {
    case .exited(0): break
    case .exited(let code): throw FloeError("the program \(program[0]) ended with status \(code)\(listener.lastWords)")
    default:
      throw FloeError("the program \(program[0]) was ended by \(result.terminationStatus.inWords)\(listener.lastWords)")
    }
  }

  /// Waits for the program's end and ends its group on cancellation, after its time, and when the program itself is
  /// gone.
  private static func watch(_ group: pid_t, seconds: Int, cancellation: Cancellation, verdict: Verdict) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
      var info = siginfo_t()
      // WNOWAIT leaves the status to Subprocess; until it is collected the group's number belongs to nobody else.
      let isGone = waitid(P_PID, id_t(group), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_signo == SIGCHLD
      if isGone {
        kill(-group, SIGKILL)
        return
      }
      if cancellation.isCancelled || ContinuousClock.now > end {
        verdict.stop(cancellation.isCancelled ? .cancelled : .late)
        kill(-group, SIGTERM)
        try await Task.sleep(for: .milliseconds(200))
        kill(-group, SIGKILL)
        return
      }
      try await Task.sleep(for: .milliseconds(verdict.isSilent ? 5 : 30))
    }
  }
}

/// Why a program was stopped.
private final class Verdict: Sendable {
  enum Reason: Sendable { case cancelled, late }
  private let state = Mutex<(reason: Reason?, isSilent: Bool)>((nil, false))
  var reason: Reason? { state.withLock { $0.reason } }
  var isSilent: Bool { state.withLock { $0.isSilent } }
  func stop(_ reason: Reason) { state.withLock { $0.reason = reason } }
  func silence() { state.withLock { $0.isSilent = true } }
}
