import Foundation
import Subprocess

extension TerminationStatus {
  /// How a process ended, for sentences.
  var inWords: String {
    switch self {
    case .exited(let code): "status \(code)"
    case .signaled(let number): "signal \(number), \(strsignal(number).map { String(cString: $0) } ?? "unknown")"
    }
  }
}
