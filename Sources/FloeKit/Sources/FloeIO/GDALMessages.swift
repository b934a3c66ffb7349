internal import CGDAL

/// The failures and warnings that GDAL reported on this thread during one synchronous call.
///
/// Handlers are per thread, and a task may go on on another thread behind an `await`: hence the closure is synchronous.
/// Success does not clear GDAL's last error, so only what came up during the call counts.
final class GDALMessages {
  private(set) var failures: [String] = []
  private(set) var warnings: [String] = []

  /// Runs `body` while collecting what GDAL reports on this thread.
  static func collect<R>(_ body: (GDALMessages) throws -> R) rethrows -> R {
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
    return try body(messages)
  }

  /// What GDAL said first, for the end of a sentence.
  var reason: String { failures.first ?? warnings.first ?? "no reason given" }

  private func add(_ line: String, _ level: CPLErr) {
    // A damaged file reports each block; the first few tell all.
    let clean = line.split(whereSeparator: \.isNewline).joined(separator: " ")
    if level == CE_Failure || level == CE_Fatal {
      if failures.count < 16 { failures.append(clean) }
    } else if level == CE_Warning, warnings.count < 16 {
      warnings.append(clean)
    }
  }
}

/// A list of C strings as GDAL takes it.
typealias CStringList = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// Lends `items` as a null-terminated C list; nil stays nil.
func withStringList<R>(_ items: [String]?, _ body: (CStringList?) throws -> R) rethrows -> R {
  guard let items else { return try body(nil) }
  var list: CStringList?
  for item in items { list = CSLAddString(list, item) }
  defer { CSLDestroy(list) }
  return try body(list)
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

/// What a GDAL progress callback asks and tells.
final class ProgressLink {
  let isCancelled: @Sendable () -> Bool
  init(_ isCancelled: @escaping @Sendable () -> Bool) { self.isCancelled = isCancelled }

  /// Lends the callback and its data, both dead behind the closure.
  func lend<R>(_ body: (GDALProgressFunc, UnsafeMutableRawPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(self) {
      try body(
        { _, _, data in
          guard let data else { return 1 }
          // Safe because `lend` keeps the link alive until GDAL has returned.
          return Unmanaged<ProgressLink>.fromOpaque(data).takeUnretainedValue().isCancelled() ? 0 : 1
        }, Unmanaged.passUnretained(self).toOpaque())
    }
  }
}

/// The same list for functions that take it as constant.
func constant(_ list: CStringList?) -> UnsafePointer<UnsafePointer<CChar>?>? {
  // Safe because `char **` and `const char *const *` have one layout.
  list.map { UnsafePointer(UnsafeRawPointer($0).assumingMemoryBound(to: UnsafePointer<CChar>?.self)) }
}
