import FloeCore

/// Refuses databases of SQLite (GeoPackages among them) that were cut short: their last page may be there in part, and
/// rows that are missing would be read as empty.
enum CutDatabaseCheck {
  /// - Throws: a sentence for a database that ends before its last page does.
  static func check(_ path: String) throws {
    let file = DatasetName(path)?.file ?? path
    // Whoever reads the file tells that it cannot be read.
    guard let head = try? VirtualFile.read(file, limit: 100), head.count == 100,
      head.starts(with: Array("SQLite format 3\0".utf8)), let size = try? VirtualFile.size(file)
    else { return }
    func number(_ place: Int, _ count: Int) -> Int { head[place..<place + count].reduce(0) { $0 << 8 | Int($1) } }
    let page = number(16, 2) == 1 ? 65536 : number(16, 2)
    guard page >= 512 else { return }
    // Old libraries do not keep the number of pages, and leave the count of changes that it belongs to behind.
    let isKept = number(28, 4) > 0 && number(24, 4) == number(92, 4)
    let needed = isKept ? number(28, 4) * page : (size + page - 1) / page * page
    guard size < needed else { return }
    throw FloeError(
      "'\(file)' has \(size) bytes, but its pages need \(needed); missing rows would be read as empty. The file was "
        + "cut short, fetch or copy it again")
  }
}
