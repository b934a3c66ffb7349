import FloeSDK

/// Puts what was sampled into columns.
struct TrackColumns {
  let scenes: [SampledRaster]
  /// The place of the raster that decides what lies on the scene: the class raster, else the first.
  let place: Int
  private let footprint: Bool, leadSearch: Double, prefix: String
  var main: SampledRaster { scenes[place] }

  init(scenes: [SampledRaster], footprint: Bool, leadSearch: Double, prefix: String) {
    self.scenes = scenes
    place = scenes.firstIndex { $0.classes != nil } ?? 0
    self.footprint = footprint
    self.leadSearch = leadSearch
    self.prefix = prefix
  }

  func add(to table: inout Table, samples: [RasterSamples], dt: [Double]?, lead: [Double]?) {
    for column in columns(samples, dt, lead) { table.set(column) }
  }

  /// Refuses a table that has a column of a new one's name already: nothing is overwritten.
  func check(_ table: Table, samples: [RasterSamples], dt: [Double]?) throws {
    let taken = Set(table.columns.map(\.name))
    let twice = columns(samples, dt, []).map(\.name).filter(taken.contains)
    guard let first = twice.first else { return }
    let others = twice.count > 1 ? " and \(twice.count - 1) more of the new columns" : ""
    throw ParameterError(
      "prefix",
      """
      is \(prefix.isEmpty ? "empty" : "'\(prefix)'"), and the track has a column '\(first)'\(others) already; give \
      another prefix, for example '\(prefix)b_'
      """
    )
  }

  /// The new columns under their names in the table.
  private func columns(_ samples: [RasterSamples], _ dt: [Double]?, _ lead: [Double]?) -> [Column] {
    var result: [Column] = []
    for (scene, sample) in zip(scenes, samples) {
      if let classes = scene.classes, let found = sample.classes { result += columns(found, classes.table) }
      for (i, band) in scene.raster.spec.bands.enumerated() where i < sample.bands.count {
        let name = scene.names[i]
        let found = sample.bands[i]
        func set(_ prefix: String, _ what: String, _ values: [Double]) {
          result.append(
            Column(
              "\(prefix)_\(name)", unit: band.unit, summary: "\(what) of \(name) (\(band.quantity))",
              values: .number(values)))
        }
        set("s2_value", "Pixel under the record", found.value.array)
        if let values = found.bilinear { set("s2_bilinear", "Bilinear value at the record", values.array) }
        if let values = found.mean { set("fp_mean", "Mean in the footprint", values.array) }
        if let values = found.deviation { set("fp_std", "Standard deviation in the footprint", values.array) }
      }
    }
    if let dt {
      result.append(
        Column(
          .timeDifference, unit: .second, summary: "Time of the record minus time of the scene", values: .number(dt)))
    }
    if leadSearch > 0, let lead, main.classes?.table.named("lead") != nil {
      result.append(
        Column(
          .leadDistance, unit: .metre, summary: "Distance to the centre of the nearest lead pixel",
          values: .number(lead)))
    }
    return result.map { column in
      var own = column
      own.name = prefix + column.name
      return own
    }
  }

  private func columns(_ s: ClassSamples, _ classes: ClassTable) -> [Column] {
    var result: [Column] = []
    let none = Int16(clamping: classes.noData)
    let width = classes.entries.count
    let rows = s.code.all.indices
    result.append(
      Column(
        .pixelClass, summary: "Class of the pixel under the record", classes: classes,
        values: .code(s.code.array, missing: none)))
    guard footprint else { return result }
    let counts = s.counts.all
    let valid = s.valid.all
    let total = s.total.all
    func share(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : .nan }
    for (k, entry) in classes.entries.enumerated() {
      result.append(
        Column(
          Self.fraction(entry.name), summary: "Fraction of \(entry.label) in the footprint",
          values: .number(rows.map { share(counts[$0 * width + k], valid[$0]) })))
    }
    result.append(
      Column(
        .footprintValid, summary: "Share of the footprint that holds a class",
        values: .number(rows.map { share(valid[$0], total[$0]) })))
    let purity = rows.map { row in share((0..<width).reduce(0) { max($0, counts[row * width + $1]) }, valid[row]) }
    result.append(
      Column(.footprintPurity, summary: "Fraction of the footprint's most frequent class", values: .number(purity)))
    result.append(
      Column(
        .footprintMajority, summary: "Most frequent class of the footprint", classes: classes,
        values: .code(s.majority.array, missing: none)))
    return result
  }

  /// The column of a class's fraction; a class with another column's name gets another one.
  static func fraction(_ name: String) -> String {
    ["valid", "purity", "majority"].contains(name) ? "fp_class_\(name)" : "fp_\(name)"
  }

  /// Whether the pixel under each record holds data: a class, or a value in every band.
  func hasData(_ samples: RasterSamples, count: Int) -> [Bool] {
    if let classes = main.classes, let found = samples.classes {
      return found.code.all.map { $0 != Int16(clamping: classes.table.noData) }
    }
    var result = [Bool](repeating: true, count: count)
    for band in samples.bands {
      for (i, value) in band.value.all.enumerated() where !value.isFinite { result[i] = false }
    }
    return result
  }
}

extension RasterSamples {
  /// Columns without rows, as planned.
  init(planned scene: SampledRaster, bilinear: Bool, statistics: Bool) {
    if let classes = scene.classes {
      self.classes = ClassSamples(
        count: 0, classes: classes.table.entries.count, noData: Int16(clamping: classes.table.noData))
    } else {
      bands = scene.raster.spec.bands.map { _ in BandSamples(count: 0, bilinear: bilinear, statistics: statistics) }
    }
  }
}
