internal import CPROJ
import Synchronization

/// The wording of reference systems that PROJ's database knows by code.
///
/// GDAL writes a system now with its datum ensemble and now with a single datum, by what the process did before. Texts
/// that go into files come from here instead, so that the same input gives the same bytes.
enum CRSRegistry {
  private static let known = Mutex<[String: String?]>([:])

  /// WKT 2:2019 of `AUTHORITY:CODE` on one line; nil for a code that the database lacks.
  static func wkt(_ code: String) -> String? {
    known.withLock { known in
      if let found = known[code] { return found }
      let made = word(code)
      known[code] = .some(made)
      return made
    }
  }

  private static func word(_ code: String) -> String? {
    // A context of its own: it knows nothing of what others asked before.
    guard let context = proj_context_create() else { return nil }
    defer { proj_context_destroy(context) }
    proj_log_level(context, PJ_LOG_NONE)
    guard let system = proj_create(context, code) else { return nil }
    defer { proj_destroy(system) }
    return withStringList(["MULTILINE=NO"]) { options in
      text(proj_as_wkt(context, system, PJ_WKT2_2019, constant(options)))
    }
  }
}
