import FloeCore

extension FittedModel {
  /// The model for `Model.body` and `model.json`.
  public var json: JSONValue {
    var body: [String: JSONValue] = [
      "kind": .string(kind.rawValue),
      "features": .array(
        features.map {
          [
            "name": .string($0.name), "unit": .string($0.unit.rawValue), "quantity": .string($0.quantity),
            "scale": .number($0.scale), "offset": .number($0.offset),
          ]
        }),
      "standardised": .bool(space.isStandardised), "mean": numbers(space.mean), "spread": numbers(space.spread),
      "order": .string(order),
      "clusters": .array(
        clusters.indices.map { j in
          let c = clusters[j]
          var entry: [String: JSONValue] = [
            "centre": numbers(c.mean), "variance": numbers(c.variance), "count": .number(c.count),
            "brightness": .number(c.brightness), "brightness_variance": .number(c.brightnessVariance),
          ]
          if let code = classCodes?[j] {
            entry["class"] = .integer(code)
            entry["class_name"] = JSONValue(classNames[code])
          }
          return .object(entry)
        }),
      "evidence": .array(evidence.map(JSONValue.string)), "figures": .object(figures),
    ]
    if let division {
      body["division"] = [
        "limit": .number(division.limit.brightness), "ice": numbers(division.limit.ice),
        "dark": numbers(division.limit.dark), "spread": .number(division.limit.spread),
        "dimming": .number(division.limit.dimming), "deviation": .number(division.limit.deviation),
        "order": .array(division.limit.order.map(JSONValue.integer)),
        "clusters": .array(division.clusters.map(JSONValue.integer)),
        "classes": .array(division.codes.map(JSONValue.integer)),
        "infrared": division.limit.infrared.map(JSONValue.integer) ?? .null,
      ]
    }
    if !tests.isEmpty { body["tests"] = .object(tests) }
    if classTable != .seaIce {
      body["classes"] = .array(
        classTable.entries.map {
          [
            "code": .integer($0.code), "name": .string($0.name), "label": .string($0.label),
            "color": .string($0.color.hex),
          ]
        })
    }
    if let mixture {
      body["mixture"] = [
        "covariance": .string(mixture.type.rawValue), "weights": numbers(mixture.weights),
        "means": .array(mixture.means.map(numbers)),
        "covariances": .array(mixture.covariances.map { .array($0.map(numbers)) }),
      ]
    }
    if let source {
      body["source"] = [
        "product": JSONValue(source.product), "platform": JSONValue(source.platform), "level": JSONValue(source.level),
        "baseline": JSONValue(source.baseline), "sun_zenith": JSONValue(source.sunZenith),
        "time": JSONValue(source.time?.iso8601),
      ]
    }
    return .object(body)
  }

  /// Reads a model; throws the sentence that says what is missing or wrong.
  public init(json: JSONValue) throws(FloeError) {
    guard case .object = json else { throw FloeError("the model is no JSON object") }
    let kind = Kind(rawValue: try Self.text(json, "kind"))
    var features: [ModelFeature] = []
    for f in json["features"]?.arrayValue ?? [] {
      let name = try Self.text(f, "name")
      let scale = f["scale"] == nil ? 1 : f["scale"]?.doubleValue ?? .nan
      let offset = f["offset"] == nil ? 0 : f["offset"]?.doubleValue ?? .nan
      guard scale != 0, scale.isFinite, offset.isFinite else {
        throw FloeError("the model's feature '\(name)' must have a 'scale' other than 0 and an 'offset', both numbers")
      }
      features.append(
        ModelFeature(
          name: name, unit: PhysicalUnit(rawValue: try Self.text(f, "unit")), quantity: try Self.text(f, "quantity"),
          scale: scale, offset: offset))
    }
    guard !features.isEmpty else { throw FloeError("the model has no 'features'") }
    let d = features.count
    var clusters: [ClusterSummary] = []
    var codes: [Int] = []
    var names: [Int: String] = [:]
    for c in json["clusters"]?.arrayValue ?? [] {
      clusters.append(
        ClusterSummary(
          mean: try Self.list(c, "centre", d), variance: try Self.list(c, "variance", d),
          brightnessVariance: c["brightness_variance"]?.doubleValue ?? 0, count: c["count"]?.doubleValue ?? 0))
      if let code = c["class"]?.intValue, (0...254).contains(code) {
        codes.append(code)
        names[code] = c["class_name"]?.stringValue
      }
    }
    guard (1...255).contains(clusters.count) else {
      throw FloeError("the model has \(clusters.count) clusters; 1 to 255 are possible")
    }
    let spread = try Self.list(json, "spread", d)
    guard spread.allSatisfy({ $0 > 0 }) else {
      throw FloeError("the model's 'spread' has a number that is not above zero")
    }
    let member = json["standardised"] ?? .bool(false)
    guard let isStandardised = member.boolValue, isStandardised || spread.allSatisfy({ $0 == 1 }) else {
      throw FloeError("the model's 'standardised' must be true, or false with a 'spread' of 1 in every feature")
    }
    var mixture: GMMParameters?
    if kind == .gmm {
      guard let m = json["mixture"] else { throw FloeError("the model is of kind 'gmm' but has no 'mixture'") }
      mixture = try Self.mixture(m, clusters.count, d)
    }
    try Self.check(clusters, mixture)
    var figures: [String: JSONValue] = [:]
    if let f = json["figures"]?.objectValue { figures = f }
    self.init(
      kind: kind, features: features,
      space: FeatureSpace(
        isStandardised: isStandardised, mean: try Self.list(json, "mean", d), spread: spread),
      clusters: clusters, mixture: mixture, order: json["order"]?.stringValue ?? "brightness",
      source: json["source"].map(Self.acquisition), figures: figures)
    if !codes.isEmpty {
      guard codes.count == clusters.count else {
        throw FloeError("the model names \(codes.count) of \(clusters.count) clusters; all or none must have a 'class'")
      }
      classCodes = codes
    }
    classNames = names
    if let own = json["classes"]?.arrayValue { classTable = try Self.classes(own) }
    if let cut = json["division"] { division = try Self.division(cut, clusters.count, d, classCodes, classTable) }
    tests = json["tests"]?.objectValue ?? [:]
    if let code = classCodes?.first(where: { classTable[$0] == nil }) {
      throw FloeError("the model has the class code \(code), which its 'classes' do not define")
    }
    evidence = json["evidence"]?.arrayValue?.compactMap(\.stringValue) ?? []
  }

  private static func classes(_ entries: [JSONValue]) throws(FloeError) -> ClassTable {
    var found: [ClassEntry] = []
    for e in entries {
      guard let code = e["code"]?.intValue, (0...254).contains(code), !found.contains(where: { $0.code == code }) else {
        throw FloeError("the model's 'classes' must have codes from 0 to 254, each once")
      }
      guard let color = RGB(hex: try text(e, "color")) else {
        throw FloeError(
          "the model's class \(code) has the color '\(try text(e, "color"))'; six hexadecimal digits are known")
      }
      found.append(ClassEntry(code: code, name: try text(e, "name"), label: try text(e, "label"), color: color))
    }
    return ClassTable(found)
  }

  private static func division(
    _ cut: JSONValue, _ k: Int, _ d: Int, _ codes: [Int]?, _ table: ClassTable
  ) throws(FloeError) -> ClusterDivision {
    let clusters = (cut["clusters"]?.arrayValue ?? []).compactMap(\.intValue)
    let classes = (cut["classes"]?.arrayValue ?? []).compactMap(\.intValue)
    // Models written before bands had an order hold none; bands that separate ice from water are in it.
    let order = cut["order"].map { ($0.arrayValue ?? []).compactMap(\.intValue) } ?? Array(0..<d)
    // Nor do those from before probabilities were graded hold a deviation.
    let deviation = cut["deviation"] == nil ? 0 : cut["deviation"]?.doubleValue ?? .nan
    // Nor do those from before haze was told from shadows hold an infrared band.
    let infrared = cut["infrared"]?.intValue
    guard codes != nil, let limit = cut["limit"]?.doubleValue, limit.isFinite, let spread = cut["spread"]?.doubleValue,
      clusters.count == classes.count,
      clusters == clusters.sorted(), Set(clusters).count == clusters.count,
      clusters.allSatisfy({ (0..<k).contains($0) }),
      classes.allSatisfy({ table[$0] != nil }), k + clusters.count <= 255,
      Set(order).count == order.count, order.allSatisfy({ (0..<d).contains($0) }), deviation >= 0, deviation.isFinite,
      infrared.map({ (0..<d).contains($0) }) ?? true
    else {
      throw FloeError("the model's 'division' must hold a limit, and clusters with a class each, of named clusters")
    }
    let bounds = ClusterDivision.Limit(
      brightness: limit, ice: try list(cut, "ice", d), dark: try list(cut, "dark", d), spread: spread,
      dimming: cut["dimming"]?.doubleValue, order: order, infrared: infrared, deviation: deviation)
    return ClusterDivision(limit: bounds, clusters: clusters, codes: classes)
  }

  private static func mixture(_ m: JSONValue, _ k: Int, _ d: Int) throws(FloeError) -> GMMParameters {
    let type = try text(m, "covariance")
    guard let covariance = CovarianceType(rawValue: type) else {
      throw FloeError("the model's covariance is '\(type)'; full, tied, diag and spherical are known")
    }
    let means = m["means"]?.arrayValue ?? []
    let matrices = m["covariances"]?.arrayValue ?? []
    guard means.count == k, matrices.count == k else {
      throw FloeError(
        "the model's mixture has \(means.count) means and \(matrices.count) covariances; it has \(k) clusters")
    }
    var meanRows: [[Double]] = []
    var covariances: [[[Double]]] = []
    for j in 0..<k {
      meanRows.append(try list(["x": means[j]], "x", d))
      var rows: [[Double]] = []
      for row in matrices[j].arrayValue ?? [] { rows.append(try list(["x": row], "x", d)) }
      guard rows.count == d else {
        throw FloeError("the model's covariance \(j) has \(rows.count) rows; \(d) are needed")
      }
      covariances.append(rows)
    }
    return GMMParameters(
      type: covariance, weights: try list(m, "weights", k), means: meanRows, covariances: covariances)
  }

  private static func acquisition(_ s: JSONValue) -> Acquisition {
    Acquisition(
      product: s["product"]?.stringValue, time: s["time"]?.stringValue.flatMap { UTCTime($0) },
      platform: s["platform"]?.stringValue, level: s["level"]?.stringValue, baseline: s["baseline"]?.stringValue,
      sunZenith: s["sun_zenith"]?.doubleValue)
  }

  private static func text(_ value: JSONValue, _ key: String) throws(FloeError) -> String {
    guard let s = value[key]?.stringValue else { throw FloeError("the model lacks the text '\(key)'") }
    return s
  }

  private static func list(_ value: JSONValue, _ key: String, _ count: Int) throws(FloeError) -> [Double] {
    let numbers = value[key]?.arrayValue?.compactMap(\.doubleValue) ?? []
    guard numbers.count == count, numbers.allSatisfy(\.isFinite) else {
      throw FloeError("the model's '\(key == "x" ? "mixture" : key)' must hold \(count) numbers")
    }
    return numbers
  }
}

private func numbers(_ values: [Double]) -> JSONValue { .array(values.map { JSONValue(finite: $0) }) }
