import FloeIO
import FloeSDK
import Synchronization

/// A picture of eight bits a channel: `pixels[(row * width + column) * 3 + channel]`, row 0 on top.
struct Picture: Sendable {
  let width: Int, height: Int
  var pixels: [UInt8]
  /// Pixels along each side of what is set at once.
  private let block: Int

  /// The hatching of what has no data: neither snow nor any class is striped.
  static let hatching = (paper: RGB(238, 234, 242), line: RGB(176, 164, 186))

  /// A hatched picture: no data until pixels are set; or a white one, on which nothing is drawn yet.
  ///
  /// - Parameters:
  ///   - block: how many times larger it is than the pixels that are set.
  ///   - isHatched: false for white paper, where an empty pixel is no missing one.
  init(width cells: Int, height lines: Int, enlarged block: Int = 1, isHatched: Bool = true) {
    self.block = block
    (width, height) = (cells * block, lines * block)
    guard isHatched else {
      pixels = [UInt8](repeating: 255, count: width * height * 3)
      return
    }
    pixels = []
    pixels.reserveCapacity(width * height * 3)
    // About eighty stripes across; pictures of few pixels have as many as these allow.
    let period = max(4, width / 80)
    for row in 0..<height {
      for column in 0..<width {
        let c = (row + column) % period < max(1, period / 4) ? Self.hatching.line : Self.hatching.paper
        pixels.append(c.red)
        pixels.append(c.green)
        pixels.append(c.blue)
      }
    }
  }

  /// Colours the pixel `row * width + column` of what the picture was made for.
  mutating func set(_ i: Int, _ r: UInt8, _ g: UInt8, _ b: UInt8) {
    let (row, column) = i.quotientAndRemainder(dividingBy: width / block)
    for y in row * block..<(row + 1) * block {
      for x in column * block..<(column + 1) * block {
        let at = (y * width + x) * 3
        (pixels[at], pixels[at + 1], pixels[at + 2]) = (r, g, b)
      }
    }
  }

  /// The picture as a PNG file.
  func png() throws -> [UInt8] { try file(driver: "PNG", ending: "png") }

  /// The picture as a JPEG file.
  func jpeg() throws -> [UInt8] { try file(driver: "JPEG", ending: "jpg", options: ["QUALITY=85"]) }

  private func file(driver: String, ending: String, options: [String] = []) throws -> [UInt8] {
    guard
      let grid = Grid(
        width: width, height: height, originX: 0, originY: Double(height), pixelWidth: 1, pixelHeight: 1, crs: nil)
    else { return [] }
    let n = width * height
    var planes = [UInt8](repeating: 0, count: n * 3)
    for i in 0..<n { for c in 0..<3 { planes[c * n + i] = pixels[i * 3 + c] } }
    let spec = RasterSpec(grid: grid, bands: ["red", "green", "blue"].map { BandSpec(name: $0) }, type: .uint8)
    let block = PixelBlock(window: grid.fullWindow, bandCount: 3, values: .uint8(planes))
    return try Self.encoded(
      Raster(spec, source: MemorySource(block)), driver: driver, ending: ending, options: options)
  }

  /// A PNG file as JPEG.
  static func jpeg(_ path: String) throws -> [UInt8] {
    let file = try RasterFile.open(path)
    var spec = file.spec
    let block = try file.raster.read(spec.grid.fullWindow, bands: [0, 1, 2])
    spec.bands = ["red", "green", "blue"].map { BandSpec(name: $0) }
    return try encoded(
      Raster(spec, source: MemorySource(block)), driver: "JPEG", ending: "jpg", options: ["QUALITY=85"])
  }

  private static func encoded(_ raster: Raster, driver: String, ending: String, options: [String] = []) throws
    -> [UInt8]
  {
    let path = "/vsimem/report-\(counter.add(1, ordering: .relaxed).newValue).\(ending)"
    defer {
      VirtualFile.remove(path)
      VirtualFile.remove(path + ".aux.xml")
    }
    try writeRaster(raster, to: path, driver: driver, creationOptions: options)
    return try VirtualFile.read(path)
  }

  private static let counter = Atomic<Int>(0)
}
