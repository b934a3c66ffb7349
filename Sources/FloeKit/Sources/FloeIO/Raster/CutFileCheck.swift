internal import CGDAL
import FloeCore

/// Refuses files that were cut short where GDAL reads the rest as 0, without a word: rasters of ENVI, PCRaster and
/// PCIDSK, the big files beside ERDAS Imagine's (`.ige`), raw pixels that a mosaic (VRT) describes, and databases of
/// SQLite (`CutDatabaseCheck`); of all these also those that a mosaic names.
///
/// Classic netCDF is looked at where it is opened (`ClassicNetCDFCheck`); other formats have failures of their own.
/// PCIDSK's tiles are not looked at: whole files of them end before the size that their header tells.
enum CutFileCheck {
  /// What a file must hold: its bytes, and where that number comes from.
  private struct Need {
    let file: String
    let bytes: Int
    var source = "its header describes"
  }

  /// The formats whose own files are measured here.
  private static let drivers = ["ENVI", "PCRaster", "PCIDSK", "HFA"]

  /// - Throws: a sentence for a raster, or a part of a mosaic, that ends before its last pixel.
  static func check(_ path: String, _ dataset: GDALDataset) throws {
    if dataset.driverName == "VRT" { return try checkMosaic(path) }
    guard let need = need(path, dataset) else { return }
    try check(need)
  }

  private static func check(_ need: Need) throws {
    // Whoever reads the file tells that it cannot be measured.
    guard let size = try? VirtualFile.size(need.file), size < need.bytes else { return }
    throw FloeError(
      "'\(need.file)' has \(size) bytes, but \(need.source) \(need.bytes); the rest would be read as 0. The file "
        + "was cut short, fetch or copy it again")
  }

  /// Looks at the files that a mosaic names, and at those that other mosaics in it do.
  private static func checkMosaic(_ path: String) throws {
    let parts = try MosaicSourceCheck.parts(of: path)
    for raw in parts.raw { try check(Need(file: raw.file, bytes: raw.bytes, source: "'\(path)' describes")) }
    for file in parts.files {
      // Whoever reads the pixels tells of a part that is not there.
      guard let head = try? VirtualFile.read(file, limit: 4) else { continue }
      if head.starts(with: Array("SQLi".utf8)) { try CutDatabaseCheck.check(file) }
      if head.starts(with: Array("CDF".utf8)) { try ClassicNetCDFCheck.check(file) }
      // Safe because a part of another format is what this asks for; what is wrong with it is told when it is read.
      guard let part = try? GDALDataset.open(file, flags: GDAL_OF_RASTER, drivers: drivers) else { continue }
      if let need = need(file, part) { try check(need) }
    }
  }

  /// Nil for other formats, for packed pixels and for what is beyond any machine.
  private static func need(_ path: String, _ dataset: GDALDataset) -> Need? {
    guard drivers.contains(dataset.driverName), let band = dataset.band(1) else { return nil }
    let size = RasterBytes(dataset, band)
    switch dataset.driverName {
    case "ENVI":
      var header: [String: String] = [:]
      for line in strings(GDALGetMetadata(dataset.handle, "ENVI")) {
        guard let split = line.firstIndex(of: "=") else { continue }
        header[String(line[..<split])] = String(line[line.index(after: split)...])
      }
      guard (header["file_compression"].flatMap { Int($0) } ?? 0) == 0 else { return nil }
      return size.after(header["header_offset"].flatMap { Int($0) } ?? 0).map { Need(file: path, bytes: $0) }
    case "PCRaster":
      // Source: PCRaster's CSF, version 2: two headers that end at byte 256.
      return size.after(256).map { Need(file: path, bytes: $0) }
    case "PCIDSK": return database(path)
    default: return spill(dataset, size)
    }
  }

  /// PCIDSK's file by the number of its blocks of 512 bytes.
  ///
  /// Source: PCIDSK Database File Specification, PCI Geomatics: the file header's fields of size and interleaving.
  private static func database(_ path: String) -> Need? {
    guard let head = try? VirtualFile.read(path, limit: 512), head.count == 512,
      head.starts(with: Array("PCIDSK  ".utf8))
    else { return nil }
    func field(_ place: Int, _ count: Int) -> Substring {
      NumberText.trimmed(String(decoding: head[place..<place + count], as: UTF8.self))
    }
    guard ["BAND", "PIXEL"].contains(field(360, 8)), let blocks = Int(field(16, 16)), blocks > 0 else { return nil }
    let (bytes, isBeyond) = blocks.multipliedReportingOverflow(by: 512)
    return isBeyond ? nil : Need(file: path, bytes: bytes)
  }

  /// The file beside an .img in which rasters beyond 2 GB stand, up to the last block that it calls valid.
  ///
  /// Source: how GDAL's HFA driver reads and writes it.
  private static func spill(_ dataset: GDALDataset, _ size: RasterBytes) -> Need? {
    let list = GDALGetFileList(dataset.handle)
    defer { CSLDestroy(list) }
    guard let file = strings(list).first(where: { $0.lowercased().hasSuffix(".ige") }),
      let head = try? VirtualFile.read(file, limit: 49), head.count == 49,
      head.starts(with: Array("ERDAS_IMG_EXTERNAL_RASTER\0".utf8))
    else { return nil }
    func number(_ place: Int) -> Int { (0..<4).reversed().reduce(0) { $0 << 8 | Int(head[place + $1]) } }
    let (layers, across, down) = (number(27), number(39), number(43))
    guard layers == size.bands, number(31) == size.width, number(35) == size.height, (1...65536).contains(across),
      (1...65536).contains(down)
    else { return nil }
    let columns = (size.width + across - 1) / across
    let rows = (size.height + down - 1) / down
    // A bit for each block, behind 20 bytes for each layer.
    let line = (columns + 7) / 8
    let (flags, isBeyond) = (20 + line * rows).multipliedReportingOverflow(by: layers)
    guard !isBeyond, flags < 1 << 28, let all = try? VirtualFile.read(file, limit: 49 + flags) else { return nil }
    guard all.count == 49 + flags else { return Need(file: file, bytes: 49 + flags) }
    let block = (across * down * size.bits + 7) / 8
    var last = 0
    for layer in 0..<layers {
      let start = 49 + layer * (20 + line * rows) + 20
      let valid = (0..<columns * rows).last { i in
        let (row, column) = i.quotientAndRemainder(dividingBy: columns)
        let flag = all[start + row * line + column / 8]
        let bit: UInt8 = 1 << UInt8(column % 8)
        return flag & bit != 0
      }
      // The blocks of all layers stand together.
      if let valid { last = max(last, valid * layers + layer + 1) }
    }
    let (bytes, isTooLarge) = last.multipliedReportingOverflow(by: block)
    return isTooLarge ? nil : Need(file: file, bytes: 49 + flags + bytes)
  }
}

/// The size of a raster's pixels in its file.
private struct RasterBytes {
  let width: Int, height: Int, bands: Int
  /// Of one pixel of one band.
  let bits: Int
  /// More than any file.
  private static let most = 1 << 46

  init(_ dataset: GDALDataset, _ band: UnsafeMutableRawPointer) {
    width = Int(GDALGetRasterXSize(dataset.handle))
    height = Int(GDALGetRasterYSize(dataset.handle))
    bands = Int(GDALGetRasterCount(dataset.handle))
    let own = text(GDALGetMetadataItem(band, "NBITS", "IMAGE_STRUCTURE")).flatMap { Int($0) }
    bits = own ?? 8 * Int(GDALGetDataTypeSizeBytes(GDALGetRasterDataType(band)))
  }

  /// The first byte behind pixels of whole bytes that begin at an offset; nil for rasters beyond any machine, which
  /// are refused with their grid.
  func after(_ offset: Int) -> Int? {
    var bytes = max(1, bits / 8)
    for factor in [width, height, bands] {
      let (product, isBeyond) = bytes.multipliedReportingOverflow(by: factor)
      if isBeyond { return nil }
      bytes = product
    }
    let (sum, isBeyond) = bytes.addingReportingOverflow(max(0, offset))
    return isBeyond || sum > Self.most ? nil : sum
  }
}
