/// Names of layers and bands in files that give them none.
public enum FileStem {
  /// The name of a file without its folder and its last ending.
  public static func of(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
  }
}
