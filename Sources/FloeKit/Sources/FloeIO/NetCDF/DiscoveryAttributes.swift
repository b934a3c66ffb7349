import FloeCore

/// What catalogues find a file by: the attributes of the Attribute Convention for Data Discovery 1.3 that the data
/// themselves tell, and CF's kind of feature. Who made it, and when, is the user's to say.
struct DiscoveryAttributes {
  private(set) var attributes: [(String, NetCDFAttribute)] = []
  /// The name of the one trajectory that the rows are; nil where they are something else.
  let trajectory: String?

  init(_ table: Table, title: String?) {
    let product = table.acquisition?.product ?? table.tags["product"]
    let taken = Set(table.tags.keys)
    var found: [(String, NetCDFAttribute)] = []
    func add(_ key: String, _ value: String?) {
      if let value, !value.isEmpty, !taken.contains(key) { found.append((key, .text(value))) }
    }
    func add(_ key: String, _ value: Double) {
      if !taken.contains(key) { found.append((key, .numbers([value], .float64))) }
    }
    let latitudes = (table[.latitude]?.numbers ?? []).filter(\.isFinite)
    let longitudes = (table[.longitude]?.numbers ?? []).filter(\.isFinite)
    let times = (table.columns.first { $0.isTime }?.numbers ?? []).filter(\.isFinite)
    let isTrajectory =
      product != nil && !latitudes.isEmpty && !longitudes.isEmpty && !times.isEmpty
      && !table.columns.contains { $0.name == "trajectory" }
    trajectory = isTrajectory ? product : nil
    if isTrajectory { add("featureType", "trajectory") }
    add("title", title.flatMap { $0.isEmpty ? nil : $0 } ?? product.map { "Records of \($0)" })
    let columns = table.columns.map { $0.summary.isEmpty ? $0.name : $0.summary }
    add(
      "summary",
      "\(table.rowCount) \(table.rowCount == 1 ? "record" : "records")\(product.map { " of \($0)" } ?? ""): "
        + columns.prefix(12).joined(separator: ", ") + (columns.count > 12 ? " and \(columns.count - 12) more" : ""))
    add("keywords", Self.keywords(of: table).joined(separator: ", "))
    add("source", table.acquisition?.platform)
    add("platform", table.acquisition?.platform)
    add("cdm_data_type", isTrajectory ? "Trajectory" : nil)
    add("standard_name_vocabulary", "CF Standard Name Table")
    if let south = latitudes.min(), let north = latitudes.max(), let (west, east) = Self.arc(longitudes) {
      add("geospatial_lat_min", south)
      add("geospatial_lat_max", north)
      add("geospatial_lon_min", west)
      add("geospatial_lon_max", east)
      add("geospatial_lat_units", "degrees_north")
      add("geospatial_lon_units", "degrees_east")
    }
    if let first = times.min(), let last = times.max() {
      add("time_coverage_start", UTCTime(seconds: first).iso8601)
      add("time_coverage_end", UTCTime(seconds: last).iso8601)
      // ISO 8601 has no exponents, which a double has from there on.
      let length = ((last - first) * 1000).rounded() / 1000
      if length < 1e15 { add("time_coverage_duration", "PT\(length)S") }
    }
    attributes = found
  }

  /// Words to search by: the platform, the classes, and what the columns are, each once.
  ///
  /// A keyword is what a label or description begins with, up to 60 characters; commas part the list.
  private static func keywords(of table: Table) -> [String] {
    var taken: Set<String> = []
    let classes = table.columns.flatMap { $0.classes?.entries.map(\.label) ?? [] }
    let columns = table.columns.map { $0.summary.isEmpty ? $0.name : $0.summary }
    return ([table.acquisition?.platform ?? ""] + classes + columns).compactMap { text -> String? in
      let words = text.prefix { !",;:.(".contains($0) }.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      return words.isEmpty || words.count > 60 || !taken.insert(words.lowercased()).inserted ? nil : words
    }
  }

  /// West and east end of the shortest arc that holds all longitudes: beside the widest gap. West is the larger number
  /// where the arc crosses the date line, as the convention has it.
  private static func arc(_ longitudes: [Double]) -> (Double, Double)? {
    let sorted = longitudes.map { $0 - 360 * (($0 + 180) / 360).rounded(.down) }.sorted()
    guard let first = sorted.first, let last = sorted.last else { return nil }
    var widest = (gap: first + 360 - last, west: first, east: last)
    for (a, b) in zip(sorted, sorted.dropFirst()) where b - a > widest.gap { widest = (b - a, b, a) }
    return (widest.west, widest.east)
  }
}
