/// The pixels of some bands in a window: `values[band][row][column]`, row 0 the northernmost, band-sequential.
///
/// ```
///  band 0: r0c0 r0c1 ... r1c0 r1c1 ... | band 1: r0c0 ...
/// ```
public struct PixelBlock: Sendable, Equatable {
  /// The place in the raster.
  public var window: PixelWindow
  /// How many bands the block holds.
  public var bandCount: Int
  /// `bandCount * window.pixelCount` values.
  public var values: PixelArray

  /// A block of zeros.
  public init(window: PixelWindow, bandCount: Int, type: PixelType) {
    self.window = window
    self.bandCount = bandCount
    values = PixelArray(type: type, count: window.pixelCount * bandCount)
  }

  /// A block over given values, which must be `bandCount * window.pixelCount`.
  public init(window: PixelWindow, bandCount: Int, values: PixelArray) {
    precondition(values.count == window.pixelCount * bandCount, "a pixel block of the wrong size")
    self.window = window
    self.bandCount = bandCount
    self.values = values
  }

  /// Gives the block another window, band count or type, reusing its memory where it fits.
  public mutating func reshape(window: PixelWindow, bandCount: Int, type: PixelType) {
    let count = window.pixelCount * bandCount
    if values.type != type || values.count != count { values = PixelArray(type: type, count: count) }
    self.window = window
    self.bandCount = bandCount
  }

  /// The values of one band as single-precision numbers in physical units: `raw * scale + offset`, NaN for no data.
  public func physical(band: Int, as spec: BandSpec) -> [Float] {
    values.withValues(PhysicalFloats(start: band * window.pixelCount, count: window.pixelCount, spec: spec))
  }

  /// The same in double precision, which whole numbers of 32 bits and doubles need.
  public func physicalDoubles(band: Int, as spec: BandSpec) -> [Double] {
    values.withValues(PhysicalDoubles(start: band * window.pixelCount, count: window.pixelCount, spec: spec))
  }

  /// One stored value as a double, without scale or no-data; for tests and single pixels, not for loops.
  public func raw(band: Int, row: Int, column: Int) -> Double {
    values.withValues(SinglePixel(index: (band * window.height + row) * window.width + column))
  }
}

private struct PhysicalFloats: PixelVisitor {
  let start, count: Int
  let spec: BandSpec
  func visit<T: PixelValue>(_ values: [T]) -> [Float] {
    let scale = spec.scale
    let offset = spec.offset
    let noData = spec.noData
    return [Float](unsafeUninitializedCapacity: count) { out, filled in
      values.withUnsafeBufferPointer { p in
        if scale == 1 && offset == 0 {
          for i in 0..<count { out.initializeElement(at: i, to: p[start + i].asFloat) }
        } else {
          for i in 0..<count { out.initializeElement(at: i, to: Float(p[start + i].asDouble * scale + offset)) }
        }
        if let noData { for i in 0..<count where p[start + i].asDouble == noData { out[i] = .nan } }
      }
      filled = count
    }
  }
}

private struct PhysicalDoubles: PixelVisitor {
  let start, count: Int
  let spec: BandSpec
  func visit<T: PixelValue>(_ values: [T]) -> [Double] {
    values[start..<start + count].map { value in
      let stored = value.asDouble
      return stored == spec.noData ? .nan : stored * spec.scale + spec.offset
    }
  }
}

private struct SinglePixel: PixelVisitor {
  let index: Int
  func visit<T: PixelValue>(_ values: [T]) -> Double { values[index].asDouble }
}
