import Glibc

/// Libraries of JavaScript that go into pages, such as Leaflet.
public enum ScriptLibrary {
  /// The folders in which a library may lie; the first that holds it counts. First the one of floe's own package, so
  /// that a package makes the same pages everywhere, then those of the packages of Linux distributions, below each
  /// folder for data that belongs to no machine (`XDG_DATA_DIRS`).
  public static func folders(of name: String) -> [String] {
    let named = getenv("XDG_DATA_DIRS").map { String(cString: $0) } ?? ""
    let roots = (named.isEmpty ? "/usr/local/share:/usr/share" : named).split(separator: ":")
    let own = BundledLibraries.folder.map { ["\($0)/share/\(name)"] } ?? []
    return own + roots.flatMap { ["\($0)/javascript/\(name)", "\($0)/nodejs/\(name)/dist"] }
  }
}
