import FloeCore

/// The geometries of a table's rows as GeoPackage keeps them: header, for polygons an envelope, and well-known binary,
/// little-endian.
final class GeometryBlob {
  private let x: [Double], y: [Double]
  /// The polygons of each row, each with its rings.
  private let polygons: [[[[SIMD2<Double>]]]]
  private let isMulti: Bool
  private let system: Int32
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 8)
  private var length = 0

  /// - Parameter system: the layer's `srs_id`.
  /// - Throws: a sentence when there are not as many polygons as rows, or a coordinate column is missing.
  init(_ table: Table, name: String, system: Int32) throws {
    self.system = system
    switch table.geometry {
    case nil: (x, y, polygons, isMulti) = ([], [], [], false)
    case .points(let xName, let yName):
      (x, y, polygons, isMulti) = (try table.numbers(xName), try table.numbers(yName), [], false)
    case .polygons(let rings): (x, y, polygons, isMulti) = ([], [], rings.map { $0.isEmpty ? [] : [$0] }, false)
    case .multiPolygons(let parts): (x, y, polygons, isMulti) = ([], [], parts, true)
    }
    guard table.geometry == nil || !x.isEmpty || polygons.count == table.rowCount || table.rowCount == 0 else {
      throw FloeError("layer '\(name)' has \(polygons.count) polygons for \(table.rowCount) rows")
    }
  }

  deinit { memory.deallocate() }

  /// Gives up all that `encode` has made.
  func clear() { length = 0 }

  /// The bytes of a geometry that `encode` has made; good until the next call of `encode` or `clear`.
  func bytes(_ place: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[place]) }

  /// Bytes of header, envelope and polygons, each ring closed.
  private func size(_ parts: [[[SIMD2<Double>]]]) -> Int {
    49 + parts.reduce(0) { $0 + (isMulti ? 9 : 0) + $1.reduce(0) { $0 + 20 + 16 * $1.count } }
  }

  /// One row's extent; nil for a row without a geometry.
  func extent(_ row: Int) -> (low: SIMD2<Double>, high: SIMD2<Double>)? {
    if !x.isEmpty {
      let p = SIMD2(x[row], y[row])
      return p.x.isFinite && p.y.isFinite ? (p, p) : nil
    }
    guard !polygons.isEmpty, !polygons[row].isEmpty else { return nil }
    var low = SIMD2(Double.infinity, .infinity)
    var high = -low
    for part in polygons[row] {
      for ring in part {
        for p in ring {
          low = pointwiseMin(low, p)
          high = pointwiseMax(high, p)
        }
      }
    }
    return low.x <= high.x ? (low, high) : nil
  }

  /// Puts one row's geometry after those encoded since `clear` and returns its place, for `bytes`; nil for a row
  /// without one.
  func encode(_ row: Int) -> Range<Int>? {
    guard let (low, high) = extent(row) else { return nil }
    let start = length
    if !x.isEmpty {
      begin(capacity: 29, flags: 1)
      put(UInt8(1))
      put(UInt32(1))
      put(low)
      return start..<length
    }
    let parts = polygons[row]
    begin(capacity: size(parts), flags: 3)
    for edge in [low.x, high.x, low.y, high.y] { put(edge.bitPattern) }
    if isMulti {
      put(UInt8(1))
      put(UInt32(6))
      put(UInt32(parts.count))
    }
    for part in isMulti ? parts[...] : parts.prefix(1) { putPolygon(part) }
    return start..<length
  }

  private func putPolygon(_ rings: [[SIMD2<Double>]]) {
    put(UInt8(1))
    put(UInt32(3))
    put(UInt32(rings.count))
    for ring in rings {
      let isOpen = ring.first != ring.last
      put(UInt32(ring.count + (isOpen ? 1 : 0)))
      for p in ring { put(p) }
      if isOpen, let first = ring.first { put(first) }
    }
  }

  /// The header: `GP`, version 0, flags (bit 0 little-endian, bits 1-3 the kind of envelope), reference system.
  private func begin(capacity: Int, flags: UInt8) {
    if memory.count < length + capacity {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * (length + capacity), alignment: 8)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<length]))
      memory.deallocate()
      memory = larger
    }
    put(UInt8(ascii: "G"))
    put(UInt8(ascii: "P"))
    put(UInt8(0))
    put(flags)
    put(UInt32(bitPattern: system))
  }

  private func put(_ p: SIMD2<Double>) {
    put(p.x.bitPattern)
    put(p.y.bitPattern)
  }

  @inline(__always) private func put<T: FixedWidthInteger>(_ value: T) {
    memory.storeBytes(of: value.littleEndian, toByteOffset: length, as: T.self)
    length += MemoryLayout<T>.size
  }
}
