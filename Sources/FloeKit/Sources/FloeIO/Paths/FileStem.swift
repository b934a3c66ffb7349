/// Names of layers in files that give them none.
enum FileStem {
  /// The name of a file without its ending.
  static func of(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
  }
}
