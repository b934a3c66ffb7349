import FloeIO
import FloeSDK

/// What stands in the description of one array `[y][x]` of a Zarr store of version 2, and which chunks it has.
///
/// A chunk that is not there stands for pixels of the fill value, says the format; whoever reads the array does not
/// notice that a file was lost. Hence chunks are looked for by their names.
///
/// Source: Zarr storage specification version 2, https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html.
struct ZarrArray: Sendable {
  /// The array's folder.
  let path: String
  /// Pixels of the array and of a chunk.
  let rows, columns, chunkRows, chunkColumns: Int
  /// What pixels of absent chunks are; nil where the description leaves it open.
  let fill: Int?
  /// The members of `.zattrs`; empty where there is none.
  let attributes: JSONValue
  /// The members of `.zarray`.
  let description: JSONValue
  private let separator: String

  /// More chunks than any tile has: a tile of 10 m in chunks of 11 x 11 pixels.
  private static let mostChunks = 1 << 20

  init(_ path: String) throws {
    let file = path + "/.zarray"
    guard VirtualFile.exists(file) else {
      throw FloeError("the array's description '\(file)' is missing; the product is not whole")
    }
    let json = try JSONText.decode(try VirtualFile.readText(file), name: "'\(file)'")
    func sizes(_ key: String) throws -> (Int, Int) {
      let values = (json[key]?.arrayValue ?? []).compactMap(\.intValue)
      guard values.count == 2, json[key]?.arrayValue?.count == 2, values.allSatisfy({ (1...1_000_000).contains($0) })
      else {
        throw FloeError("'\(file)' has no \(key) of two sizes of 1 to 1000000; rows and columns are needed")
      }
      return (values[0], values[1])
    }
    guard json["zarr_format"]?.intValue == 2 else {
      throw FloeError("'\(file)' is not of Zarr version 2: its zarr_format must be 2")
    }
    (rows, columns) = try sizes("shape")
    (chunkRows, chunkColumns) = try sizes("chunks")
    let count = ((rows - 1) / chunkRows + 1) * ((columns - 1) / chunkColumns + 1)
    guard count <= Self.mostChunks else {
      throw FloeError("'\(file)' cuts the array into \(count) chunks; up to \(Self.mostChunks) are read")
    }
    switch json["fill_value"] {
    case nil, .null?: fill = nil
    case let value?:
      guard let number = value.intValue else {
        throw FloeError("'\(file)' has a fill_value that is no whole number; 0 or null is expected")
      }
      fill = number
    }
    let separator = json["dimension_separator"]?.stringValue ?? "."
    guard separator == "." || separator == "/" else {
      throw FloeError("'\(file)' has the dimension_separator '\(separator)'; it must be '.' or '/'")
    }
    self.separator = separator
    self.path = path
    description = json
    let own = path + "/.zattrs"
    attributes = try VirtualFile.exists(own) ? JSONText.decode(VirtualFile.readText(own), name: "'\(own)'") : .null
  }

  /// An attribute of the array, or of the copy of its attributes that EOPF's processors keep in `_eopf_attrs`.
  subscript(name: String) -> JSONValue? { attributes[name] ?? attributes["_eopf_attrs"]?[name] }

  /// The names of the chunks that hold pixels of a window, row by row.
  func chunks(_ window: PixelWindow) -> [String] {
    let all = PixelWindow(column: 0, row: 0, width: columns, height: rows)
    guard let part = window.intersection(all) else { return [] }
    let across = part.column / chunkColumns...(part.endColumn - 1) / chunkColumns
    return (part.row / chunkRows...(part.endRow - 1) / chunkRows).flatMap { row in
      across.map { "\(row)\(separator)\($0)" }
    }
  }

  /// The names of all chunks.
  var allChunks: [String] { chunks(PixelWindow(column: 0, row: 0, width: columns, height: rows)) }

  /// The names of the files in the array's folder, below it too where chunks lie in folders.
  func files() throws -> Set<String> { Set(try VirtualFile.list(path, recursive: separator == "/")) }

  /// A file that is named as a chunk, but as none of this shape, chunks and separator.
  ///
  /// Where there is one the description is not that of the files, and chunks would be sought under other names.
  func stranger(in files: Set<String>) -> String? {
    let known = Set(allChunks)
    return files.filter { !known.contains($0) && Self.isChunkName($0) }.min()
  }

  private static func isChunkName(_ name: String) -> Bool {
    guard let first = name.utf8.first, let last = name.utf8.last else { return false }
    let digits: ClosedRange<UInt8> = 48...57
    // 46 and 47 are '.' and '/'; folders end in '/'.
    return digits.contains(first) && digits.contains(last)
      && name.utf8.allSatisfy { digits.contains($0) || $0 == 46 || $0 == 47 }
  }

  /// Whether another array has the same shape and chunks of the same names.
  func isCutLike(_ other: ZarrArray) -> Bool {
    (rows, columns, chunkRows, chunkColumns) == (other.rows, other.columns, other.chunkRows, other.chunkColumns)
      && separator == other.separator
  }
}
