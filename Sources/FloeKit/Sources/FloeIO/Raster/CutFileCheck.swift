import FloeCore

/// Refuses rasters that were cut short where GDAL reads what lacks as 0, without a word: ENVI's.
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
      "'\(path)' has \(size) bytes, but its header tells of \(needed); what lacks would be read as 0. The file was cut "
        + "short, fetch or copy it again")
  }
}
