import FloeSDK

/// What fitting steps record of their clusters.
enum ClusterFacts {
  /// Centres, counts and spreads for the record.
  static func json(_ clusters: [ClusterSummary], features: [ModelFeature], codes: [Int]?, classes: ClassTable = .seaIce)
    -> JSONValue
  {
    .array(
      clusters.indices.map { j in
        let c = clusters[j]
        var entry: [String: JSONValue] = [
          "cluster": .integer(j), "count": .number(c.count), "brightness": .number(c.brightness),
          "centre": .object(Dictionary(uniqueKeysWithValues: zip(features, c.mean).map { ($0.name, .number($1)) })),
          "standard_deviation": .object(
            Dictionary(
              uniqueKeysWithValues: zip(features, c.variance).map { ($0.name, .number(max(0, $1).squareRoot())) })),
        ]
        if let code = codes?[j], let own = classes[code] {
          entry["class"] = .string(own.name)
          entry["class_label"] = .string(own.label)
          entry["class_color"] = .string(own.color.hex)
        }
        return .object(entry)
      })
  }

  /// The place of the feature that `order_by` names among those that are clustered; nil when it names none.
  @discardableResult
  static func place(of feature: String?, in source: SampleSource) throws(ParameterError) -> Int? {
    guard let feature else { return nil }
    let names = source.features.map(\.name)
    if let i = names.firstIndex(of: feature) { return i }
    let near = Spelling.nearest(feature, among: names).map { " (did you mean '\($0)'?)" } ?? ""
    throw ParameterError(
      "order_by", "names '\(feature)', which is not clustered\(near); there are \(names.joined(separator: ", "))")
  }

  /// The order of clusters: by brightness for rasters, by a feature for tables.
  static func order(_ centres: [[Double]], source: SampleSource, by feature: String?) throws -> (
    order: [Int], name: String
  ) {
    if let i = try place(of: feature, in: source) { return (centres.order(byFeature: i), source.features[i].name) }
    if source.hasBrightness { return (centres.orderByBrightness, "brightness") }
    return (centres.order(byFeature: 0), source.features[0].name)
  }

  /// Tells how many samples were left out for having no data.
  static func recordSkipped(_ skipped: Int, valid: Int, source: SampleSource, context: RunContext) {
    let unit = source.hasBrightness ? "pixels" : "records"
    context.dropped(
      skipped, unit, because: source.hasBrightness ? "no data in a band" : "missing value or left out before")
    context.record(.samples, .integer(valid))
  }
}
