import FloeSDK

/// Random numbers as a function of place: the same pixel gets the same number whichever tile it is computed in.
enum Noise {
  /// A well mixed number of two coordinates and a seed (the finaliser of MurmurHash3 over their sum of odd multiples).
  @inline(__always)
  static func hash(_ x: Int32, _ y: Int32, _ seed: UInt32) -> UInt32 {
    var h = seed &+ UInt32(bitPattern: x) &* 0x9E37_79B1 &+ UInt32(bitPattern: y) &* 0x85EB_CA77
    h ^= h >> 16
    h = h &* 0x85EB_CA6B
    h ^= h >> 13
    h = h &* 0xC2B2_AE35
    return h ^ (h >> 16)
  }

  /// A hash as a number in -1 ..< 1.
  @inline(__always)
  static func signed(_ h: UInt32) -> Float { Float(h >> 8) * 0x1p-23 - 1 }

  /// A hash as a number in 0 ..< 1.
  @inline(__always)
  static func unit(_ h: UInt32) -> Float { Float(h >> 8) * 0x1p-24 }

  /// The sum of two numbers out of one hash: triangular in -1 ... 1, standard deviation 0.41, close enough to a
  /// sensor's noise.
  @inline(__always)
  static func triangular(_ h: UInt32) -> Float { Float((h & 0xFFFF) &+ (h >> 16)) * 0x1p-16 - 1 }

  /// 0 below `low`, 1 above `high`, smooth between.
  @inline(__always)
  static func step(_ low: Float, _ high: Float, _ x: Float) -> Float {
    let t = min(max((x - low) / (high - low), 0), 1)
    return t * t * (3 - 2 * t)
  }

  /// Adds value noise in -amplitude ... amplitude to a plane `values[row][column]` over a window of the scene.
  ///
  /// - Parameter spacing: the distance of the lattice points in pixels, along columns and rows.
  static func add(
    to plane: inout [Float], over window: PixelWindow, spacing: (x: Float, y: Float), amplitude: Float, seed: UInt32
  ) {
    let width = window.width
    let firstCell = Int32((Float(window.column) / spacing.x).rounded(.down))
    let cells = Int(Float(width) / spacing.x) + 4
    var blended = [Float](repeating: 0, count: cells)
    // Where each column falls between lattice points: the same for all rows.
    var cell = [Int32](repeating: 0, count: width)
    var weight = [Float](repeating: 0, count: width)
    for c in 0..<width {
      let u = (Float(window.column + c) + 0.5) / spacing.x
      let whole = u.rounded(.down)
      let t = u - whole
      cell[c] = Int32(whole) - firstCell
      weight[c] = t * t * (3 - 2 * t)
    }
    plane.withUnsafeMutableBufferPointer { out in
      for r in 0..<window.height {
        let v = (Float(window.row + r) + 0.5) / spacing.y
        let whole = v.rounded(.down)
        let t = v - whole
        let ty = t * t * (3 - 2 * t)
        let row = Int32(whole)
        for i in 0..<cells {
          let top = signed(hash(firstCell &+ Int32(i), row, seed))
          let bottom = signed(hash(firstCell &+ Int32(i), row &+ 1, seed))
          blended[i] = (top + (bottom - top) * ty) * amplitude
        }
        let line = r * width
        for c in 0..<width {
          let i = Int(cell[c])
          out[line + c] += blended[i] + (blended[i + 1] - blended[i]) * weight[c]
        }
      }
    }
  }

  /// Octaves of value noise, each of half the spacing and half the amplitude of the one before; the sum stays within
  /// ±1.
  static func fractal(over window: PixelWindow, spacing: Float, octaves: Int, seed: UInt32, stretch: Float = 1)
    -> [Float]
  {
    var plane = [Float](repeating: 0, count: window.pixelCount)
    var step = spacing
    var amplitude = Float(1) / (2 - 2 * Float(sign: .plus, exponent: -octaves, significand: 1))
    for octave in 0..<octaves {
      add(
        to: &plane, over: window, spacing: (step * stretch, step), amplitude: amplitude,
        seed: seed &+ UInt32(octave) &* 0x51ED_270B)
      step /= 2
      amplitude /= 2
    }
    return plane
  }
}

/// Floes as the cells of a jittered lattice: for each point the nearest cell and how far its edge is.
struct CellField {
  /// The size of a cell in pixels.
  let spacing: Float
  let seed: UInt32

  /// The hash of the nearest cell and the distance to its edge in pixels.
  ///
  /// `(d2² - d1²) / 2|c2 - c1|` is the distance to the bisector of the two nearest centres.
  @inline(__always)
  func nearest(_ x: Float, _ y: Float) -> (id: UInt32, edge: Float) {
    let u = x / spacing
    let v = y / spacing
    let cu = u.rounded(.down)
    let cv = v.rounded(.down)
    let iu = Int32(cu)
    let iv = Int32(cv)
    let fu = u - cu
    let fv = v - cv
    var best = Float.greatestFiniteMagnitude
    var second = best
    var id: UInt32 = 0
    var bx: Float = 0
    var by: Float = 0
    var sx: Float = 0
    var sy: Float = 0
    for j in -1...1 as ClosedRange<Int32> {
      for i in -1...1 as ClosedRange<Int32> {
        let h = Noise.hash(iu &+ i, iv &+ j, seed)
        let px = Float(i) + 0.1 + 0.8 * Float(h & 0xFFFF) * 0x1p-16 - fu
        let py = Float(j) + 0.1 + 0.8 * Float(h >> 16) * 0x1p-16 - fv
        let d = px * px + py * py
        if d < best {
          second = best
          sx = bx
          sy = by
          best = d
          bx = px
          by = py
          id = h
        } else if d < second {
          second = d
          sx = px
          sy = py
        }
      }
    }
    let gap = ((sx - bx) * (sx - bx) + (sy - by) * (sy - by)).squareRoot()
    return (Noise.hash(Int32(bitPattern: id), 7, seed), (second - best) / (2 * max(gap, 1e-6)) * spacing)
  }
}
