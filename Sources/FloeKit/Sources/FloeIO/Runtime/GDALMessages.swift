internal import CGDAL
import Glibc

/// The failures and warnings that GDAL reported on this thread during one synchronous call.
///
/// Handlers are per thread, and a task may go on on another thread after an `await`: hence the closure is synchronous.
/// Success does not clear GDAL's last error, so only what came up during the call counts.
final class GDALMessages {
  private(set) var failures: [String] = []
  private(set) var warnings: [String] = []

  /// Runs `body` while collecting what GDAL reports on this thread.
  ///
  /// Warnings that `body` leaves and that it does not end with an error go to `LibraryNotices`: nobody else would hear
  /// them.
  ///
  /// - Parameters:
  ///   - subject: the file that is worked on, for those sentences.
  ///   - isTrial: whether the call only tries something out, so that warnings mean nothing.
  static func collect<R>(
    about subject: String? = nil, isTrial: Bool = false, _ body: (GDALMessages) throws -> R
  ) rethrows -> R {
    GDALRuntime.ready
    let messages = GDALMessages()
    CPLPushErrorHandlerEx(
      { level, _, message in
        // Safe because the handler is popped before `messages` can go away.
        guard let data = CPLGetErrorHandlerUserData(), let line = text(message) else { return }
        Unmanaged<GDALMessages>.fromOpaque(data).takeUnretainedValue().add(line, level)
      }, Unmanaged.passUnretained(messages).toOpaque())
    CPLErrorReset()
    defer {
      CPLPopErrorHandler()
      withExtendedLifetime(messages) {}
    }
    let result = try body(messages)
    if !isTrial { for line in messages.warnings { LibraryNotices.add(subject.map { "'\($0)': \(line)" } ?? line) } }
    return result
  }

  /// What GDAL said first, for the end of a sentence.
  var reason: String { failures.first ?? warnings.first ?? "no reason given" }

  private func add(_ line: String, _ level: CPLErr) {
    // A damaged file reports each block; the first few say all.
    let clean = Self.explained(RemotePath.scrubbed(line.split(whereSeparator: \.isNewline).joined(separator: " ")))
    if level == CE_Failure || level == CE_Fatal {
      if failures.count < 16 { failures.append(clean) }
    } else if level == CE_Warning, clean.hasPrefix("This version of GeoPackage user_version="), clean.contains("v1.4") {
      // GDAL before 3.7 says so of every file of the current version, floe's among them, and reads it whole.
      return
    } else if level == CE_Warning, warnings.count < 16 {
      warnings.append(clean)
    }
  }
}

extension GDALMessages {
  /// PROJ's tables, the file without which it knows no system by its code.
  static let tables = "proj.db"

  /// A message about tables that are missing or of another PROJ, which anything may end with, with what to do.
  private static func explained(_ line: String) -> String {
    guard line.contains("Cannot find \(tables)") || line.contains("comes from another PROJ installation") else {
      return line
    }
    var named: [String] = []
    for name in ["PROJ_DATA", "PROJ_LIB"] {
      if let value = text(getenv(name)) { named.append("\(name) is '\(value)'") }
    }
    let now = named.isEmpty ? "" : " (\(named.joined(separator: ", ")) in the environment)"
    let end = line.hasSuffix(".") ? String(line.dropLast()) : line
    return "\(end); let PROJ_DATA and PROJ_LIB name the folder of this PROJ's \(tables), or unset them\(now)"
  }
}

/// Copies a borrowed, null-terminated C list.
func strings(_ list: CStringList?) -> [String] {
  var result: [String] = []
  guard let list else { return result }
  var i = 0
  while let item = list[i] {
    result.append(String(cString: item))
    i += 1
  }
  return result
}

/// The same list for functions that take it as constant.
func constant(_ list: CStringList?) -> UnsafePointer<UnsafePointer<CChar>?>? {
  // Safe because `char **` and `const char *const *` have one layout.
  list.map { UnsafePointer(UnsafeRawPointer($0).assumingMemoryBound(to: UnsafePointer<CChar>?.self)) }
}
