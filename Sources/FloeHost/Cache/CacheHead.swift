import FloeSDK
import Foundation

/// A run of bytes of an entry's file, with their SHA-256.
struct CacheSection: Codable, Sendable {
  let offset: Int, count: Int, sha256: String
}

/// The description at the end of an entry's file: whose outputs it holds, and where their bytes lie.
struct CacheHead: Codable, Sendable {
  /// The form of entries; one of another form is no entry.
  static let form = 1

  var form = Self.form
  /// The step's content key.
  let key: String
  /// The step's name in the pipeline that made it, and its kind.
  let step: String, use: String
  /// What the step took, in seconds.
  let seconds: Double
  /// The step's outputs by name.
  let ports: [String: CachedPort]
  /// What the step and those that it rests on told, in the order in which they ran.
  let events: [StepEvents]
}

/// One output of a step.
enum CachedPort: Codable, Sendable {
  case raster(RasterSpec, CachedPixels)
  case table(CachedTable)
  case model(kind: String, body: ExactJSON)
  case document(title: String, body: ExactJSON, renderings: [String: String], attachments: [String: CacheSection])

  /// The runs of bytes that it consists of.
  var sections: [CacheSection] {
    switch self {
    case .raster(_, let pixels): pixels.strips
    case .table(let table): table.sections
    case .model: []
    case .document(_, _, _, let attachments): Array(attachments.values)
    }
  }
}

/// Where a raster's pixels lie: strips of full width from north to south, in each band after band, row after row.
struct CachedPixels: Codable, Sendable {
  /// Rows of a strip; the last may have fewer.
  let rows: Int
  let strips: [CacheSection]

  /// The rows of a strip: as reductions read them, fewer where a strip would be larger than 64 MB.
  static func rows(of spec: RasterSpec) -> Int {
    let row = max(1, spec.grid.width * spec.bands.count * spec.type.byteCount)
    return max(1, min(256, spec.grid.height, 64_000_000 / row))
  }

  /// Whether the strips are those of such a raster.
  func fits(_ spec: RasterSpec) -> Bool {
    let height = spec.grid.height
    let row = spec.grid.width * spec.bands.count * spec.type.byteCount
    guard rows > 0, spec.grid.width > 0, strips.count == (height + rows - 1) / rows else { return false }
    return strips.enumerated().allSatisfy { i, strip in strip.count == min(rows, height - i * rows) * row }
  }
}
