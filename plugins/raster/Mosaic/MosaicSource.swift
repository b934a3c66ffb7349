import FloeIO
import FloeSDK

/// Several rasters as one, made cell by cell: of a cell only the inputs that touch it are read, one after the other.
struct MosaicSource: RasterSource {
  /// An input.
  struct Part: Sendable {
    let raster: Raster
    let place: MosaicGrid.Place
    /// Brings it onto the grid; nil for one whose pixels are pixels of the grid.
    let warper: RasterWarper?

    /// The pixels of a window of the mosaic, or of the part of it that the input has; nil when it has none.
    func read(_ window: PixelWindow, bands: [Int]) throws -> PixelBlock? {
      guard let touched = window.intersection(place.window) else { return nil }
      var block = PixelBlock(window: touched, bandCount: bands.count, type: raster.spec.type)
      if let warper {
        try warper.fill(touched, bands: bands, into: &block)
      } else if let offset = place.offset {
        try raster.source.read(touched.offset(columns: -offset.x, rows: -offset.y), bands: bands, into: &block)
        block.window = touched
      }
      guard block.values.type == raster.spec.type else {
        throw FloeError("a raster's source gave another pixel type than it announced")
      }
      return block
    }
  }
  /// In the order of the rule.
  let parts: [Part]
  let spec: RasterSpec
  /// The mosaic with the pixels of the inputs.
  let stored: RasterSpec
  let rule: MosaicRule

  /// The side of a cell, that of the warper's.
  private static let side = 256

  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    block.reshape(window: window, bandCount: bands.count, type: spec.type)
    let side = Self.side
    for top in stride(from: window.row / side * side, to: window.endRow, by: side) {
      for left in stride(from: window.column / side * side, to: window.endColumn, by: side) {
        let whole = PixelWindow(column: left, row: top, width: side, height: side)
        guard let cell = whole.intersection(window) else { continue }
        let made = try merged(cell, bands)
        Self.copy(made, into: &block)
      }
    }
  }

  private func merged(_ cell: PixelWindow, _ bands: [Int]) throws -> PixelBlock {
    switch rule {
    case .first, .last, .minimum, .maximum:
      var made = PixelBlock(window: cell, bandCount: bands.count, type: stored.type)
      for (i, band) in bands.enumerated() {
        made.values.fill(i * cell.pixelCount..<(i + 1) * cell.pixelCount, with: stored.bands[band].noData ?? 0)
      }
      let noData = bands.map { stored.bands[$0].noData }
      for part in parts {
        guard let piece = try part.read(cell, bands: bands) else { continue }
        MosaicChoice(rule: rule, cell: cell, piece: piece, noData: noData).put(into: &made.values)
      }
      return made
    case .mean:
      var sums = MosaicSums(cell, bandCount: bands.count)
      let noData = bands.map { stored.bands[$0].noData }
      for part in parts {
        if let piece = try part.read(cell, bands: bands) { sums.add(piece, noData: noData) }
      }
      return PixelBlock(window: cell, bandCount: bands.count, values: sums.means(type: spec.type))
    case .majority:
      var votes = MosaicVotes(cell, bandCount: bands.count)
      let noData = bands.map { stored.bands[$0].noData.flatMap { UInt8(exactly: $0) } }
      for part in parts {
        if let piece = try part.read(cell, bands: bands) { try votes.add(piece, noData: noData) }
      }
      return PixelBlock(window: cell, bandCount: bands.count, values: .uint8(votes.winners(noData: noData)))
    }
  }

  /// Copies a block into a larger one of the same bands.
  private static func copy(_ from: PixelBlock, into to: inout PixelBlock) {
    let (a, b) = (from.window, to.window)
    let size = from.values.type.byteCount
    let length = a.width * size
    let bands = from.bandCount
    from.values.withBytes { source in
      to.values.withMutableBytes { out in
        for band in 0..<bands {
          for row in 0..<a.height {
            let s = (band * a.height + row) * a.width * size
            let t = ((band * b.height + row + a.row - b.row) * b.width + a.column - b.column) * size
            UnsafeMutableRawBufferPointer(rebasing: out[t..<t + length])
              .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[s..<s + length]))
          }
        }
      }
    }
  }
}
