import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

/// How progress is shown.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
  case bar, plain, json, none
}
