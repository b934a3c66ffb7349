import FloeSDK

/// A table whose values lie in sections of an entry's file.
struct CachedTable: Codable, Sendable {
  struct Field: Codable, Sendable {
    let name: String, unit: PhysicalUnit, summary: String, classes: ClassTable?, isTime: Bool, dimension: String?
    let attributes: [String: String]
    let values: Values
  }
  enum Values: Codable, Sendable {
    case number(CacheSection)
    case integer(CacheSection, present: CacheSection)
    case code(CacheSection, missing: Int16)
    /// Lengths in bytes, -1 for a missing value, and all texts one after the other.
    case text(lengths: CacheSection, CacheSection)
    case array(CacheSection, width: Int)

    var sections: [CacheSection] {
      switch self {
      case .number(let a), .code(let a, _), .array(let a, _): [a]
      case .integer(let a, let b), .text(let a, let b): [a, b]
      }
    }
  }
  enum Geometry: Codable, Sendable {
    case points(x: String, y: String)
    /// Counts of parts, rings and points as they are met, and all points one after the other.
    case polygons(counts: CacheSection, points: CacheSection)
    case multiPolygons(counts: CacheSection, points: CacheSection)

    var sections: [CacheSection] {
      switch self {
      case .points: []
      case .polygons(let a, let b), .multiPolygons(let a, let b): [a, b]
      }
    }
  }
  let rowCount: Int
  let columns: [Field]
  let geometry: Geometry?
  let crs: CRS?
  let status: CacheSection
  let reasons: [String]
  let acquisition: Acquisition?
  let style: String?
  let tags: [String: String]

  var sections: [CacheSection] { columns.flatMap(\.values.sections) + (geometry?.sections ?? []) + [status] }
}
