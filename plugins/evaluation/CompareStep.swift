import FloeIO
import FloeSDK

/// Compares two classifications.
public struct CompareStep: ProcessingStep {
  public static let name = "evaluate.compare"
  public static let summary =
    "Scores a classification against a reference: confusion matrix, precision, recall, F1, kappa, IoU."
  public static let discussion = """
    The output is a document: JSON, and text or CSV by the ending of its name. Everything is dimensionless but the
    counts. Two class rasters on the same grid are compared pixel by pixel; one table by two of its columns; two tables
    row by row.

    **What is evaluated.** A pixel or record has a pair when both sides have a code there; no data, marked rows, rows
    that fail a condition of `where` and rows without a code are counted by reason under `left_out`. The confusion
    matrix (rows reference, columns predicted) holds every pair. Precision, recall, F1, support, accuracy, macro and
    weighted averages, Cohen's kappa, balanced accuracy and intersection over union are those of scikit-learn
    (`zero_division=0`) on the pairs of which both codes are evaluated: codes that occur on both sides, and sea ice and
    lead wherever they occur, since never finding a lead is an error and not a question of scope. The pairs of other
    codes, for example open ocean or unclassified on one side only, are listed with their counts under `not_evaluated`.
    Shares have Wilson's 95 % interval (`precision_interval` and so on), which takes pairs for independent: of pixels
    beside each other, which are not, true intervals are wider.
    `classes` sets the evaluated classes instead. Where no pair is left to evaluate, the counts are written all the
    same, the figures are null and a warning says why; only inputs without any pixel or record are refused.

    **Cannot tell.** Unclassified is no class to agree on: by default it is not evaluated, and `unclassified` gives how
    many pairs one side or both leave so, and the figures with what one side alone leaves counted as missed (in
    precision where the reference does, in recall where the prediction does).

    **Optical and radar leads** are not the same thing: imagery shows open water, an echo is specular over any smooth
    surface, new ice included. Where columns of imagery (`s2_`, `fp_`) meet those of a track the score says so, and
    `count_as: { thin_ice: lead }` counts thin ice as lead on both sides.

    **Colocated tracks.** Where a table has `fp_purity` or `dt_s`, `agreement_by_purity` (steps of 0.1) and
    `agreement_by_minutes` (absolute time difference in steps of 10 minutes) hold the share of agreeing pairs in each
    step, over all pairs of the matrix.

    **Warning.** ESA's surface class is itself derived from peakiness and ice concentration; a comparison with it
    carries that warning.
    """
  public static let example = """
    score: { use: evaluate.compare, in: { reference: groups.classes }, with: { reference_column: esa_class } }
    """

  @Input("The reference: a class raster, or a table with a column of classes") var reference: Samples
  @Input(
    "The classification: a class raster on the same grid, or a table of as many rows; a reference table also serves")
  var predicted: Samples?
  @Param("Column of the reference's classes; for tables") var referenceColumn = ColumnName.esaClass.rawValue
  @Param("Column of the predicted classes; for tables") var predictedColumn = ColumnName.classCode.rawValue
  @Param("Band of the reference; for rasters of several bands") var referenceBand: String?
  @Param("Band of the prediction; for rasters of several bands") var predictedBand: String?
  @Param("What the reference is called; by default its column, or its step and band") var referenceName: String?
  @Param("What the prediction is called; by default its column, or its step and band") var predictedName: String?
  @Param("Conditions that a row must fulfil, such as 'fp_purity >= 0.8'; for tables") var `where`: [String] = []
  @Param("Names of the classes to evaluate; by default those on both sides, and sea ice and lead") var classes:
    [String]?
  @Param("Classes that count as another on both sides, such as thin_ice: lead") var countAs: Pairs?
  @Output("Score and confusion matrix") var score: Document?

  /// A step with its defaults.
  public init() {}

  public func validate() throws {
    for text in self.where {
      do throws(FloeError) { _ = try RowCondition(text) } catch { throw ParameterError("where", error.message) }
    }
  }

  public mutating func plan(in context: PlanContext) throws {
    switch try sides() {
    case .tables(let tables): try tables.check()
    case .rasters: break
    }
    if let warning = circularity { context.warn(warning) }
    try checkNames(context)
    _ = try chosenCodes()
    _ = try recoding()
    context.isBarrier()
    score = Document(title: "Comparison", body: .null)
  }

  public mutating func run(in context: RunContext) async throws {
    let pairs: PairCounts
    let unit: String
    let names: (String, String)
    switch try sides() {
    case .tables(let tables):
      pairs = try tables.count()
      if let remark = tables.misorder() { context.warn(remark) }
      unit = "records"
      names = ("column \(referenceColumn)", "column \(predictedColumn)")
    case .rasters(let a, let b):
      pairs = try await Self.count(a, b, in: context)
      unit = "pixels"
      func said(_ band: String, _ port: String) -> String {
        context.connections[port]?.first.map { "\($0), band \(band)" } ?? "band \(band)"
      }
      names = (said(a.name, "reference"), said(b.name, "predicted"))
    }
    for (reason, count) in pairs.leftOut.sorted(by: { $0.key < $1.key }) {
      context.dropped(count, unit, because: reason)
    }
    let beyond = pairs.leftOut.filter { PairCounts.beyondBytes.contains($0.key) }.reduce(0) { $0 + $1.value }
    if beyond > 0 {
      context.warn(
        """
        \(beyond) \(unit) have a code outside 0...255 and take no part: a class may be lost as a whole, as the lead \
        (256) of CryoSat-2's own flag; esa_class of its reader has codes from 0 to 3
        """)
    }
    let recoding = try recoding()
    let comparison = try Comparison(
      recoding.isEmpty ? pairs : pairs.recoded(recoding), chosen: chosenCodes(), classes: classTables,
      reference: referenceName ?? names.0, predicted: predictedName ?? names.1, warning: circularity, note: note)
    if let note { context.log(.info, note) }
    for item in comparison.outOfScope {
      context.dropped(item.count, unit, because: "\(item.side) class \(comparison.name(item.code)) is not evaluated")
    }
    if let nothing = comparison.emptiness { context.warn(nothing) }
    if let warning = comparison.warning { context.warn(warning) }
    var document = comparison.document
    if case .tables(let tables) = try sides(), case .object(var body) = document.body {
      // A purity of 1 belongs to the last step; minutes are counted from the scene, before or after.
      let purity = try tables.agreement(
        by: .footprintPurity, step: { min(9, ($0 * 10).rounded(.down)) / 10 }, width: 0.1)
      let minutes = try tables.agreement(by: .timeDifference, step: { (abs($0) / 600).rounded(.down) * 10 }, width: 10)
      if let purity { body[.agreementByPurity] = purity }
      if let minutes { body[.agreementByMinutes] = minutes }
      document.body = .object(body)
    }
    context.record(.summary, .string(comparison.summary))
    context.record(.score, document.body)
    score = document
  }

  private enum Sides {
    case tables(TablePairs)
    case rasters(ClassBand, ClassBand)
  }

  private func sides() throws -> Sides {
    switch (reference, predicted) {
    case (.table(let a), nil): return try .tables(pairs(a, a))
    case (.table(let a), .table(let b)?): return try .tables(pairs(a, b))
    case (.raster(let a), .raster(let b)?):
      if !self.where.isEmpty { throw ParameterError("where", "is for tables; mask the rasters instead") }
      if let d = a.spec.grid.difference(from: b.spec.grid) {
        throw FloeError(
          """
          the rasters are not on the same grid: \(d.quantity) \(d.own) against \(d.other); bring one onto the other's \
          grid first
          """)
      }
      return try .rasters(
        ClassBand(a, named: referenceBand, parameter: "reference_band"),
        ClassBand(b, named: predictedBand, parameter: "predicted_band"))
    case (.raster, nil):
      throw ParameterError(
        "predicted", "is not connected: a reference raster needs a second class raster to compare with")
    case (.raster, _): throw FloeError("the reference is a raster and the prediction a table; both must be of one kind")
    case (.table, _): throw FloeError("the reference is a table and the prediction a raster; both must be of one kind")
    }
  }

  private func pairs(_ a: Table, _ b: Table) throws -> TablePairs {
    TablePairs(
      reference: a, predicted: b, referenceColumn: referenceColumn, predictedColumn: predictedColumn,
      conditions: try self.where.map { try RowCondition($0) })
  }

  private static func count(_ a: ClassBand, _ b: ClassBand, in context: RunContext) async throws -> PairCounts {
    let blocks = a.raster.spec.grid.rowBlocks()
    let parts = try await context.map(blocks.count, progress: "blocks") { i in
      var part = PairCounts()
      part.add(
        try a.raster.read(blocks[i], bands: [a.band]), noData: a.noData, try b.raster.read(blocks[i], bands: [b.band]),
        noData: b.noData)
      return part
    }
    return parts.reduce(into: PairCounts()) { $0.merge($1) }
  }

  private var classTables: [ClassTable] {
    func table(_ samples: Samples, _ column: String) -> ClassTable? {
      switch samples {
      case .raster(let r): r.spec.classes
      case .table(let t): t[column]?.classes
      }
    }
    return [table(reference, referenceColumn), table(predicted ?? reference, predictedColumn)].compactMap { $0 }
  }

  /// Codes are compared as numbers: names that contradict them make nonsense of every figure.
  private func checkNames(_ context: PlanContext) throws {
    let tables = classTables
    guard tables.count == 2 else { return }
    for entry in tables[0].entries {
      guard let other = tables[1][entry.code], other.name != entry.name else { continue }
      if let elsewhere = tables[1].named(entry.name) ?? tables[0].named(other.name) {
        throw FloeError(
          """
          the code \(entry.code) is '\(entry.name)' in the reference and '\(other.name)' in the prediction, and \
          '\(elsewhere.name)' has the code \(elsewhere.code) there; give both the same codes first, for example with \
          raster.expression and its 'classes'
          """)
      }
      context.warn(
        """
        the code \(entry.code) is '\(entry.name)' in the reference and '\(other.name)' in the prediction: taken for \
        one class
        """)
    }
  }

  private func chosenCodes() throws -> [Int]? { try classes?.map { try code($0, "classes") } }

  /// `count_as` as codes.
  private func recoding() throws -> [Int: Int] {
    var result: [Int: Int] = [:]
    for entry in countAs?.entries ?? [] { result[try code(entry.key, "count_as")] = try code(entry.value, "count_as") }
    return result
  }

  private func code(_ name: String, _ parameter: String) throws -> Int {
    let known = classTables + [.seaIce]
    if let code = known.lazy.compactMap({ $0.named(name)?.code }).first ?? Int(name) {
      guard (0...255).contains(code) else {
        throw ParameterError(parameter, "gives the code '\(name)'; codes of classes are from 0 to 255")
      }
      return code
    }
    let names = known.flatMap { $0.entries.map(\.name) }
    let near = Spelling.nearest(name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
    throw ParameterError(
      parameter, "names '\(name)', which is no class\(near); known are \(Set(names).sorted().joined(separator: ", "))")
  }

  /// What the two sides do not have in common, where one is imagery and the other radar.
  private var note: String? {
    guard case .table = reference else { return nil }
    func isImagery(_ column: String) -> Bool { column.hasPrefix("s2_") || column.hasPrefix("fp_") }
    guard isImagery(referenceColumn) != isImagery(predictedColumn) else { return nil }
    let counted =
      countAs == nil
      ? "count_as: { thin_ice: lead } counts thin ice of the imagery as lead"
      : "classes are counted as 'count_as' says"
    return
      """
      an optical lead and a radar lead are not the same thing: imagery shows open water, an echo is specular over any \
      smooth surface, new ice and refrozen leads included, and from some kilometres off the track; \
      \(counted)
      """
  }

  /// The warning that reference and features share a source.
  private var circularity: String? {
    switch reference {
    case .raster(let raster): return raster.spec.tags["circular_reference"]
    case .table(let table):
      if let reason = table.tags["circular_reference"] { return reason }
      guard [ColumnName.esaClass.rawValue, "surf_type_class_20_ku"].contains(referenceColumn) else { return nil }
      return "ESA's flag is itself derived from peakiness and ice concentration: agreement is partly circular"
    }
  }
}
