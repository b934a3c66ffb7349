import FloeSDK

/// Marked pixels of a grid, one bit each, for the distance from a place to the nearest of them.
///
/// `words[row * wordsPerRow + column / 64]`, bit `column % 64`; blocks of 64 x 64 pixels without a mark are passed
/// over.
public struct NearestPixelIndex: Sendable {
  private let width: Int, height: Int, wordsPerRow: Int, blocksDown: Int
  private var words: [UInt64]
  private var occupied: [Bool]

  /// No pixel marked.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
    wordsPerRow = (width + 63) / 64
    blocksDown = (height + 63) / 64
    words = [UInt64](repeating: 0, count: wordsPerRow * height)
    occupied = [Bool](repeating: false, count: wordsPerRow * blocksDown)
  }

  /// Marks the pixels of a window that hold a code.
  public mutating func mark(_ codes: [UInt8], window: PixelWindow, code: UInt8) {
    for row in 0..<window.height {
      for column in 0..<window.width where codes[row * window.width + column] == code {
        let c = window.column + column
        let r = window.row + row
        words[r * wordsPerRow + c >> 6] |= 1 << UInt64(c & 63)
        occupied[(r >> 6) * wordsPerRow + c >> 6] = true
      }
    }
  }

  /// The distance to the centre of the nearest marked pixel in the units of `pixel`; nil where none lies within
  /// `limit`.
  ///
  /// - Parameters:
  ///   - place: column and row with fractions; the centre of the first pixel is (0.5, 0.5).
  ///   - pixel: width and height of a pixel.
  public func distance(from place: SIMD2<Double>, pixel: SIMD2<Double>, limit: Double) -> Double? {
    let bx = Int((place.x / 64).rounded(.down))
    let by = Int((place.y / 64).rounded(.down))
    let side = 64 * min(pixel.x, pixel.y)
    var best = limit * limit
    var isFound = false
    var ring = 0
    // No block of a ring is nearer than the blocks between.
    while Double(max(0, ring - 1)) * side <= best.squareRoot()
      && ring <= max(wordsPerRow, blocksDown) + max(abs(bx), abs(by))
    {
      for y in max(0, by - ring)...max(0, by + ring) where y < blocksDown {
        let isEdge = y == by - ring || y == by + ring
        for x in stride(from: bx - ring, through: bx + ring, by: isEdge || ring == 0 ? 1 : 2 * ring)
        where x >= 0 && x < wordsPerRow && occupied[y * wordsPerRow + x] {
          if search(x, y, place, pixel, &best) { isFound = true }
        }
      }
      ring += 1
    }
    return isFound ? best.squareRoot() : nil
  }

  private func search(_ x: Int, _ y: Int, _ place: SIMD2<Double>, _ pixel: SIMD2<Double>, _ best: inout Double) -> Bool
  {
    // The distance to the block's nearest pixel centre is a bound for all of them.
    let left = Double(x * 64) + 0.5 - place.x
    let top = Double(y * 64) + 0.5 - place.y
    let nearX = max(0, left, -left - 63) * pixel.x
    let nearY = max(0, top, -top - 63) * pixel.y
    if nearX * nearX + nearY * nearY > best { return false }
    // The column of the place inside of the block: marks are looked for from there to both sides.
    let own = min(64, max(0, Int(place.x.rounded(.down)) - x * 64))
    let right: UInt64 = own < 64 ? ~0 << UInt64(own) : 0
    var isNearer = false
    for row in y * 64..<min(height, y * 64 + 64) {
      let dy = (Double(row) + 0.5 - place.y) * pixel.y
      if dy * dy > best { continue }
      let word = words[row * wordsPerRow + x]
      let after = word & right
      let before = word & ~right
      if after != 0 { isNearer = take(x * 64 + after.trailingZeroBitCount) || isNearer }
      if before != 0 { isNearer = take(x * 64 + 63 - before.leadingZeroBitCount) || isNearer }
      func take(_ column: Int) -> Bool {
        let dx = (Double(column) + 0.5 - place.x) * pixel.x
        let square = dx * dx + dy * dy
        if square > best { return false }
        best = square
        return true
      }
    }
    return isNearer
  }
}
