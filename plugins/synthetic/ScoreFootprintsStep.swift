import FloeSDK

/// Tells what became of the footprints of a synthetic track, by the share of lead in them.
struct ScoreFootprintsStep: ProcessingStep {
  static let name = "synthetic.score_footprints"
  static let summary =
    "Tells what share of a synthetic track's footprints a classification calls lead, by the share of lead in them."
  static let discussion = """
    `truth` is the table `surfaces` of `synthetic.sentinel3` with `world: winter`, `predicted` a table with a class for
    each record; rows belong together by the column `record`, or one by one without it. Leads are open water and smooth
    new ice within the nominal footprint of 300 m by 1640 m. Shares come with Wilson's 95 % interval. Records over land
    and ocean, rows that were left out and rows without a class are left out and counted.

    The output is a document with tables of the records called lead, those called something else or nothing (`decided`),
    and, where no lead lies within the footprint, of those called lead by how far aside the nearest returning lead lies.
    """
  static let example = """
    found: { use: synthetic.score_footprints, in: { truth: track.surfaces, predicted: echoes.classes } }
    """

  @Input("Surfaces under the records, with lead_fraction") var truth: Table
  @Input("Table with a class of each record") var predicted: Table
  @Param("Column of the predicted classes") var predictedColumn = ColumnName.classCode.rawValue
  @Param("Codes of the prediction that mean lead", in: 0...254) var leads = [2]
  @Param("Codes that mean undecided", in: 0...254) var undecided = [3]
  @Output("Shares with intervals") var score: Document?

  mutating func plan(in context: PlanContext) throws {
    for name in ["lead_fraction", "off_nadir_m", "truth"] where truth[name] == nil {
      throw FloeError("the truth has no column '\(name)'; synthetic.sentinel3 writes it with world: winter")
    }
    if predicted[predictedColumn] == nil {
      throw ParameterError(
        "predicted_column",
        "names '\(predictedColumn)'; the table has \(predicted.columns.map(\.name).joined(separator: ", "))")
    }
    context.isBarrier()
    score = Document(title: "Footprints called lead", body: .null)
  }

  mutating func run(in context: RunContext) async throws {
    let fraction = try truth.numbers("lead_fraction")
    let aside = try truth.numbers("off_nadir_m")
    let codes = try predicted.numbers(predictedColumn)
    let surface = try truth.numbers("truth")
    let rows = try partners()
    let limits = [0.0, 1e-9, 0.01, 0.03, 0.1, 0.3, 0.6, 1.0001]
    let labels = ["no lead", "below 1 %", "1 to 3 %", "3 to 10 %", "10 to 30 %", "30 to 60 %", "60 to 100 %"]
    var called = labels.map { Detection(label: $0) }
    var decided = called
    let ways = [0.0, 820, 1500, 2500, 4000, 8000]
    var far =
      zip(ways, ways.dropFirst()).map { Detection(label: "\(Int($0)) to \(Int($1)) m") } + [
        Detection(label: "ice returns most")
      ]
    for (row, partner) in rows.enumerated() {
      guard surface[row] == 1 || surface[row] == 2 else {
        context.dropped(1, "records", because: "over land or ocean")
        continue
      }
      guard let partner else {
        context.dropped(1, "records", because: "not in the classification")
        continue
      }
      if let reason = predicted.status.reason(partner) {
        context.dropped(1, "records", because: reason)
        continue
      }
      guard codes[partner].isFinite else {
        context.dropped(1, "records", because: "no class")
        continue
      }
      let bin = max(0, (limits.firstIndex { fraction[row] < $0 } ?? limits.count) - 1)
      let isLead = leads.contains(Int(codes[partner]))
      let isDecided = !undecided.contains(Int(codes[partner]))
      called[bin].count += 1
      decided[bin].count += 1
      if isLead { called[bin].found += 1 }
      if isDecided { decided[bin].found += 1 }
      if bin == 0 {
        let place =
          aside[row].isNaN
          ? far.count - 1 : max(0, min(far.count - 2, (ways.firstIndex { aside[row] < $0 } ?? ways.count) - 1))
        far[place].count += 1
        if isLead { far[place].found += 1 }
      }
    }
    let tables = [
      DetectionTable(
        title: "Records called lead, by the share of lead in the footprint", heading: "lead", rows: called),
      DetectionTable(
        title: "Records that were decided, by the share of lead in the footprint", heading: "lead", rows: decided),
      DetectionTable(
        title: "Records called lead without any lead in the footprint, by the distance of what returns most",
        heading: "distance",
        rows: far),
    ]
    context.record(.detection, .array(tables.map(\.json)))
    score = Document(
      title: "Footprints called lead", body: ["detection": .array(tables.map(\.json))],
      renderings: ["txt": tables.map(\.text).joined(separator: "\n")])
  }

  /// The row of the prediction for each row of the truth.
  private func partners() throws -> [Int?] {
    guard let own = truth[.record]?.numbers, let other = predicted[.record]?.numbers else {
      guard truth.rowCount == predicted.rowCount else {
        throw FloeError(
          """
          the truth has \(truth.rowCount) rows and the prediction \(predicted.rowCount); without a column 'record' \
          they must have as many
          """
        )
      }
      return (0..<truth.rowCount).map { $0 }
    }
    var rows: [Double: Int] = [:]
    for (row, record) in other.enumerated() where record.isFinite { rows[record] = row }
    return own.map { rows[$0] }
  }
}
