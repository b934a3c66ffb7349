import FloeCore

/// Refuses files that were cut short where GDAL reads the rest as 0, without a word: ENVI's rasters, and databases of
/// SQLite (GeoPackages among them), whose last page may be there in part.
///
/// Classic netCDF is looked at where it is opened (`ClassicNetCDFCheck`); other formats have failures of their own.
enum CutFileCheck {
  /// - Parameters:
  ///   - header: the metadata of an ENVI header by their names; empty for other files.
  ///   - bits: of one pixel, a multiple of 8.
  /// - Throws: a sentence for a file that ends before its last pixel.
  static func check(_ path: String, driver: String, header: [String: String], pixels: Int, bits: Int) throws {
    // Whoever reads the file tells that it cannot be measured; packed ones have any size.
    guard driver == "ENVI", (header["file_compression"].flatMap { Int($0) } ?? 0) == 0,
      let size = try? VirtualFile.size(path)
    else { return }
    let offset = max(0, header["header_offset"].flatMap { Int($0) } ?? 0)
    let (needed, isBeyond) = offset.addingReportingOverflow(pixels * (bits / 8))
    guard !isBeyond, size < needed else { return }
    throw FloeError(
      "'\(path)' has \(size) bytes, but its header describes \(needed); the rest would be read as 0. The file was cut "
        + "short, fetch or copy it again")
  }

  /// - Throws: a sentence for a database that ends before its last page does.
  static func checkDatabase(_ path: String) throws {
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
