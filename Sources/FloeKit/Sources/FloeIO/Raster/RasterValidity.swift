internal import CGDAL
import FloeCore

/// Which pixels of a file are valid, where that does not stand in a no-data value: in a mask inside of the file, in a
/// `.msk` beside it, or in an alpha band.
///
/// Pixels that a mask calls invalid get the band's no-data value as they are read. A band that declares none gets one
/// that no pixel of the file can hold: NaN in floating point, else a value of the next wider type.
struct RasterValidity: Sendable {
  /// Where one band's validity stands.
  enum Place: Sendable, Equatable {
    /// In the pixels themselves, or all are valid.
    case pixels
    /// In GDAL's mask of the band; above 0 is valid.
    case mask
    /// In the alpha band of that number from 1, which GDAL does not take for the mask where there are not two or four
    /// bands.
    case alpha(Int)
  }
  /// The numbers in the file, from 1, of the bands with data.
  let bands: [Int]
  /// Of each of those, in the same order.
  let places: [Place]
  /// Whether one mask serves all bands.
  let isShared: Bool
  /// What invalid pixels of each band are read as.
  let fills: [Double]
  /// The type in which pixels are returned.
  let type: PixelType

  /// Whether pixels come as they are stored.
  var isPlain: Bool { !places.contains { $0 != .pixels } }

  /// - Parameters:
  ///   - stored: the type of the file's pixels.
  ///   - declared: the no-data value of each band of `bands`, nil where it has none that pixels can hold.
  ///   - asked: a no-data value that the user gives for all bands.
  ///   - alphaIsData: whether an alpha band masks nothing.
  init(
    bands: [Int], handles: [UnsafeMutableRawPointer], alpha: Int?, stored: PixelType, declared: [Double?],
    asked: Double?, alphaIsData: Bool = false
  ) {
    self.bands = bands
    var isShared = true
    places = handles.map { band in
      let flags = GDALGetMaskFlags(band)
      if flags & GMF_ALL_VALID != 0 { return alpha.map(Place.alpha) ?? .pixels }
      if alphaIsData, flags & GMF_ALPHA != 0 { return .pixels }
      if flags & GMF_PER_DATASET != 0 { return .mask }
      // An alpha band masks beside a value of no data, too.
      if flags & GMF_NODATA != 0 { return alpha.map(Place.alpha) ?? .pixels }
      isShared = false
      return .mask
    }
    self.isShared = isShared
    if let value = asked.flatMap(stored.stored) {
      (type, fills) = (stored, declared.map { _ in value })
      return
    }
    guard zip(places, declared).contains(where: { $0 != .pixels && $1 == nil }) else {
      (type, fills) = (stored, declared.map { $0 ?? .nan })
      return
    }
    let (wider, empty) = Self.wider(stored)
    type = wider
    fills = declared.map { $0 ?? empty }
  }

  /// A type that holds all values of another and one more.
  private static func wider(_ type: PixelType) -> (PixelType, Double) {
    switch type {
    case .uint8: (.int16, Double(Int16.min))
    case .int16, .uint16: (.int32, Double(Int32.min))
    case .int32, .uint32, .float64: (.float64, .nan)
    case .float32: (.float32, .nan)
    }
  }

  /// Puts the fill of each band where its mask is 0.
  ///
  /// - Parameters:
  ///   - chosen: places in `bands`, in the order of the block's planes.
  ///   - reduction: 1, or the reduction of the overview that the pixels were read from.
  /// - Returns: whether the masks could be read.
  func apply(
    to block: inout PixelBlock, bands chosen: [Int], of dataset: GDALDataset, reduction: Int,
    overview: (UnsafeMutableRawPointer) throws -> UnsafeMutableRawPointer?
  ) rethrows -> Bool {
    let window = block.window
    var mask: [Float] = []
    var read: Place = .pixels
    for (plane, place) in chosen.enumerated() where places[place] != .pixels {
      if mask.isEmpty || !isShared || read != places[place] {
        mask = [Float](repeating: 0, count: window.pixelCount)
        guard let band = dataset.band(bands[place]) else { return false }
        guard try Self.read(places[place], band, dataset, window, reduction, overview, &mask) else { return false }
        read = places[place]
      }
      block.fill(plane: plane, where: mask, with: fills[place])
    }
    return true
  }

  private static func read(
    _ place: Place, _ band: UnsafeMutableRawPointer, _ dataset: GDALDataset, _ window: PixelWindow, _ reduction: Int,
    _ overview: (UnsafeMutableRawPointer) throws -> UnsafeMutableRawPointer?, _ mask: inout [Float]
  ) rethrows -> Bool {
    var source: UnsafeMutableRawPointer?
    switch place {
    case .pixels: return true
    case .alpha(let number): source = try dataset.band(number).flatMap { reduction == 1 ? $0 : try overview($0) }
    case .mask:
      source = GDALGetMaskBand(band)
      if reduction > 1, let full = source {
        let coarse = try overview(band)
        if let coarse, GDALGetMaskFlags(coarse) & GMF_ALPHA != 0 {
          source = GDALGetMaskBand(coarse)
        } else if let own = RasterOverviews.all(of: full)[reduction] {
          // Not the mask that GDAL gives to the overview: without a level of the mask that calls all pixels valid.
          source = own
        } else {
          return readCovered(full, window, reduction, &mask)
        }
      }
    }
    guard let source else { return false }
    let width = Int(GDALGetRasterBandXSize(source))
    let height = Int(GDALGetRasterBandYSize(source))
    let column = min(window.column, width - 1)
    let row = min(window.row, height - 1)
    return GDALRasterIO(
      source, GF_Read, Int32(column), Int32(row), Int32(min(window.width, width - column)),
      Int32(min(window.height, height - row)), &mask, Int32(window.width), Int32(window.height), GDT_Float32, 0, 0)
      == CE_None
  }

  /// A mask without a level of that reduction: a pixel is valid where all that lie in it are, since an overview made
  /// without the mask may hold any of them.
  private static func readCovered(
    _ source: UnsafeMutableRawPointer, _ window: PixelWindow, _ reduction: Int, _ mask: inout [Float]
  ) -> Bool {
    let height = Int(GDALGetRasterBandYSize(source))
    let column = window.column * reduction
    let columns = min(window.width * reduction, Int(GDALGetRasterBandXSize(source)) - column)
    guard columns > 0 else { return false }
    for i in mask.indices { mask[i] = 1 }
    var line = [UInt8](repeating: 0, count: columns)
    for y in 0..<window.height {
      let first = (window.row + y) * reduction
      for row in first..<max(first, min(first + reduction, height)) {
        let isRead =
          GDALRasterIO(
            source, GF_Read, Int32(column), Int32(row), Int32(columns), 1, &line, Int32(columns), 1, GDT_Byte, 0, 0)
          == CE_None
        guard isRead else { return false }
        for x in 0..<columns where line[x] == 0 { mask[y * window.width + x / reduction] = 0 }
      }
    }
    return true
  }
}

extension PixelBlock {
  /// Puts a value where a mask is 0, in one plane.
  fileprivate mutating func fill(plane: Int, where mask: [Float], with value: Double) {
    let start = plane * window.pixelCount
    let type = values.type
    values.withMutableBytes { bytes in
      func put<T: PixelValue>(_ v: T?, _: T.Type) {
        guard let v else { return }
        let pixels = bytes.bindMemory(to: T.self)
        for i in mask.indices where !(mask[i] > 0) { pixels[start + i] = v }
      }
      switch type {
      case .uint8: put(UInt8(exactly: value), UInt8.self)
      case .int16: put(Int16(exactly: value), Int16.self)
      case .uint16: put(UInt16(exactly: value), UInt16.self)
      case .int32: put(Int32(exactly: value), Int32.self)
      case .uint32: put(UInt32(exactly: value), UInt32.self)
      case .float32: put(Float(value), Float.self)
      case .float64: put(value, Double.self)
      }
    }
  }
}
