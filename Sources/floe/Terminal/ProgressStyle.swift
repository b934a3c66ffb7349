import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

/// How progress is shown.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
  case bar, plain, json, none

  /// The style that is in force: none for a quiet command, else what is asked for, else what standard error can show.
  static func chosen(_ asked: ProgressStyle?, quiet: Bool) -> ProgressStyle {
    quiet ? .none : asked ?? (isatty(2) == 1 ? .bar : .plain)
  }
}
