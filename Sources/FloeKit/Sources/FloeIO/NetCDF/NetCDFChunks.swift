internal import CGDAL
internal import CNetCDF
import FloeCore
import Glibc

/// Whole numbers of a netCDF-4 variable straight from its deflated chunks, without HDF5's lock.
///
/// HDF5 inflates under one lock for all files. Where a variable lies in chunks of whole rows that are deflated, with or
/// without shuffled bytes, each can be read from the file and inflated on its own, so that threads which read different
/// variables do not wait for each other.
struct NetCDFChunks: Sendable {
  /// A chunk: its first row, its first byte in the file and its length there.
  private struct Place {
    let row: Int
    let offset: Int
    let size: Int
  }
  private let path: String
  /// Rows of a chunk, values of a row, bytes of a value.
  private let rows: Int, width: Int, size: Int
  private let isShuffled: Bool
  private let places: [Place]

  /// The chunks of a variable with at least one dimension; nil where they are of another kind.
  ///
  /// Called under the library's lock.
  init?(_ v: NetCDFVariable, path: String) {
    guard v.type.isInteger, let length = v.shape.first, (1...8).contains(v.shape.count), length > 0 else { return nil }
    // An HDF5 file whose places count from its first byte.
    guard let head = Self.read(path, at: 0, count: 8), head == [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a] else {
      return nil
    }
    var told = floe_chunked()
    var numbers = [UInt64](repeating: 0, count: 3 * length)
    // A chunk holds at least a row.
    let found = floe_hdf5_chunks(path, v.name, Int32(v.shape.count), &told, &numbers, Int64(length))
    guard found > 0, told.is_integer != 0, Int(told.size) == v.type.bits / 8 else { return nil }
    let extent = withUnsafeBytes(of: told.extent) { Array($0.bindMemory(to: UInt64.self)) }.prefix(v.shape.count).map {
      Int(clamping: $0)
    }
    guard extent[0] > 0, Array(extent.dropFirst()) == Array(v.shape.dropFirst()) else { return nil }
    (rows, width, size, isShuffled) = (
      extent[0], extent.dropFirst().reduce(1, *), Int(told.size), told.is_shuffled != 0
    )
    self.path = path
    places = (0..<Int(found)).map {
      Place(
        row: Int(clamping: numbers[3 * $0]), offset: Int(clamping: numbers[3 * $0 + 1]),
        size: Int(clamping: numbers[3 * $0 + 2]))
    }.sorted { $0.row < $1.row }
    // Chunks that were never written are missing here; the library knows what stands for them.
    guard places.count == (length + rows - 1) / rows, places.indices.allSatisfy({ places[$0].row == $0 * rows }) else {
      return nil
    }
  }

  /// Calls `body` with the values of each chunk that holds some of the rows, and the number of its first row.
  ///
  /// - Returns: false where a chunk cannot be read or inflated; the library, asked for the same, says why.
  func forEach<T: FixedWidthInteger>(_ wanted: Range<Int>, of: T.Type, _ body: (Int, UnsafeBufferPointer<T>) -> Void)
    -> Bool
  {
    guard MemoryLayout<T>.size == size, !wanted.isEmpty else { return wanted.isEmpty }
    let count = rows * width
    let bytes = count * size
    guard let file = fopen(path, "rb") else { return false }
    defer { fclose(file) }
    var packed: [UInt8] = []
    var plain = [UInt8](repeating: 0, count: bytes)
    var values = [T](repeating: 0, count: count)
    for place in places where place.row < wanted.upperBound && place.row + rows > wanted.lowerBound {
      // Deflated bytes are never much more than plain ones.
      guard place.size > 0, place.size <= 2 * bytes + 1024 else { return false }
      if packed.count < place.size { packed = [UInt8](repeating: 0, count: place.size) }
      guard pread(fileno(file), &packed, place.size, off_t(place.offset)) == place.size else { return false }
      var filled = 0
      guard CPLZLibInflate(packed, place.size, &plain, bytes, &filled) != nil, filled == bytes else { return false }
      unshuffle(plain, into: &values)
      values.withUnsafeBufferPointer { body(place.row, $0) }
    }
    return true
  }

  /// Puts the bytes of each value together: all first bytes come first, then all second ones.
  private func unshuffle<T: FixedWidthInteger>(_ plain: [UInt8], into values: inout [T]) {
    let n = values.count
    values.withUnsafeMutableBufferPointer { values in
      plain.withUnsafeBufferPointer { plain in
        guard isShuffled, size > 1 else {
          UnsafeMutableRawBufferPointer(values).copyMemory(from: UnsafeRawBufferPointer(plain))
          return
        }
        switch size {
        case 2:
          for i in 0..<n { values[i] = T(truncatingIfNeeded: UInt16(plain[i]) | UInt16(plain[n + i]) << 8) }
        case 4:
          for i in 0..<n {
            let low = UInt32(plain[i]) | UInt32(plain[n + i]) << 8
            let high = UInt32(plain[2 * n + i]) | UInt32(plain[3 * n + i]) << 8
            values[i] = T(truncatingIfNeeded: low | high << 16)
          }
        default:
          for i in 0..<n {
            var value: UInt64 = 0
            for k in 0..<size { value |= UInt64(plain[k * n + i]) << UInt64(8 * k) }
            values[i] = T(truncatingIfNeeded: value)
          }
        }
      }
    }
  }

  private static func read(_ path: String, at offset: Int, count: Int) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: count)
    return pread(fileno(file), &bytes, count, off_t(offset)) == count ? bytes : nil
  }
}
