import FloeSDK

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
  /// What the step and those that it rests on reported, in the order in which they ran.
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
