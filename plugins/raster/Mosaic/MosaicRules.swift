import FloeSDK

/// Goes through the pixels that a piece has of a cell, row by row.
private func rows(
  of piece: PixelWindow, in cell: PixelWindow, bands: Int, _ body: (_ band: Int, _ from: Int, _ to: Int) -> Void
) {
  for band in 0..<bands {
    for row in 0..<piece.height {
      let to = (band * cell.height + row + piece.row - cell.row) * cell.width + piece.column - cell.column
      body(band, (band * piece.height + row) * piece.width, to)
    }
  }
}

/// Puts the pixels of a piece into a cell in which those without data are no data: the first, the last, the least or
/// the greatest stays.
struct MosaicChoice {
  let rule: MosaicRule
  let cell: PixelWindow
  let piece: PixelBlock
  /// Of each band.
  let noData: [Double?]

  /// Changes the values of the cell. The types are distinguished here, so that each has a loop of its own.
  func put(into values: inout PixelArray) {
    let type = values.type
    values.withMutableBytes { bytes in
      switch type {
      case .uint8: put(into: bytes.assumingMemoryBound(to: UInt8.self))
      case .int16: put(into: bytes.assumingMemoryBound(to: Int16.self))
      case .uint16: put(into: bytes.assumingMemoryBound(to: UInt16.self))
      case .int32: put(into: bytes.assumingMemoryBound(to: Int32.self))
      case .uint32: put(into: bytes.assumingMemoryBound(to: UInt32.self))
      case .float32: put(into: bytes.assumingMemoryBound(to: Float.self))
      case .float64: put(into: bytes.assumingMemoryBound(to: Double.self))
      }
    }
  }

  private func put<T: PixelValue>(into values: UnsafeMutableBufferPointer<T>) {
    let rule = self.rule
    let width = piece.window.width
    piece.values.withBytes { bytes in
      let new = bytes.assumingMemoryBound(to: T.self)
      rows(of: piece.window, in: cell, bands: piece.bandCount) { band, from, to in
        let none = noData[band].flatMap { T(stored: $0) }
        for i in 0..<width {
          let value = new[from + i]
          // NaN, which is no data, differs from itself.
          if value == none || value != value { continue }
          let old = values[to + i]
          let isBetter =
            switch rule {
            case .first: false
            // Of the two zeros of floats the negative one is the lesser.
            case .minimum: value < old || value == old && value.asDouble.sign == .minus
            case .maximum: value > old || value == old && value.asDouble.sign == .plus
            case .last, .mean, .majority: true
            }
          if isBetter || old == none || old != old { values[to + i] = value }
        }
      }
    }
  }
}

/// Sums of stored numbers in twice the double precision, so that the order of the inputs changes no mean.
///
/// Knuth's sum of two numbers with its error (The Art of Computer Programming 2, 4.2.2, theorem B).
struct MosaicSums {
  private let cell: PixelWindow
  private let bandCount: Int
  private var high: [Double]
  private var low: [Double]
  private var counts: [Int32]

  init(_ cell: PixelWindow, bandCount: Int) {
    self.cell = cell
    self.bandCount = bandCount
    let count = cell.pixelCount * bandCount
    high = [Double](repeating: 0, count: count)
    low = high
    counts = [Int32](repeating: 0, count: count)
  }

  mutating func add(_ piece: PixelBlock, noData: [Double?]) {
    let values = piece.values.doubles
    let width = piece.window.width
    var (high, low, counts) = (self.high, self.low, self.counts)
    // Held once, so that nothing is copied.
    (self.high, self.low, self.counts) = ([], [], [])
    rows(of: piece.window, in: cell, bands: bandCount) { band, from, to in
      let none = noData[band]
      for i in 0..<width {
        let value = values[from + i]
        if value == none || value.isNaN { continue }
        let a = high[to + i]
        let sum = a + value
        counts[to + i] &+= 1
        high[to + i] = sum
        // The error of an infinite sum is no number.
        if sum.isFinite {
          let b = sum - a
          low[to + i] += (a - (sum - b)) + (value - b)
        }
      }
    }
    (self.high, self.low, self.counts) = (high, low, counts)
  }

  /// The means, NaN where there is none.
  func means(type: PixelType) -> PixelArray {
    let means = high.indices.map { counts[$0] == 0 ? Double.nan : (high[$0] + low[$0]) / Double(counts[$0]) }
    return type == .float64 ? .float64(means) : .float32(means.map(Float.init))
  }
}

/// How often each code occurs in each pixel.
struct MosaicVotes {
  private let cell: PixelWindow
  private let bandCount: Int
  /// The plane of each code; -1 for one that did not occur.
  private var planes = [Int](repeating: -1, count: 256)
  private var planeCount = 0
  private var votes: [Int32] = []

  init(_ cell: PixelWindow, bandCount: Int) {
    self.cell = cell
    self.bandCount = bandCount
  }

  mutating func add(_ piece: PixelBlock, noData: [UInt8?]) throws {
    guard case .uint8(let codes) = piece.values else {
      throw FloeError("a raster's source gave another pixel type than it announced")
    }
    let size = cell.pixelCount * bandCount
    let width = piece.window.width
    var (planes, planeCount, votes) = (self.planes, self.planeCount, self.votes)
    self.votes = []
    rows(of: piece.window, in: cell, bands: bandCount) { band, from, to in
      let none = noData[band]
      for i in 0..<width {
        let code = codes[from + i]
        if code == none { continue }
        if planes[Int(code)] < 0 {
          planes[Int(code)] = planeCount
          planeCount += 1
          votes += [Int32](repeating: 0, count: size)
        }
        votes[planes[Int(code)] * size + to + i] &+= 1
      }
    }
    (self.planes, self.planeCount, self.votes) = (planes, planeCount, votes)
  }

  /// The most frequent code of each pixel, of equally frequent ones the lowest; no data where there is none.
  func winners(noData: [UInt8?]) -> [UInt8] {
    let size = cell.pixelCount * bandCount
    var winners = noData.flatMap { [UInt8](repeating: $0 ?? 0, count: cell.pixelCount) }
    var most = [Int32](repeating: 0, count: size)
    for code in 0..<256 where planes[code] >= 0 {
      let start = planes[code] * size
      for i in 0..<size where votes[start + i] > most[i] {
        most[i] = votes[start + i]
        winners[i] = UInt8(code)
      }
    }
    return winners
  }
}
