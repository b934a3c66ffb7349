import FloeSDK

/// A finished comparison: pairs, score, names, and its forms for programs and people.
public struct Comparison: Sendable {
  public let pairs: PairCounts
  public let score: Score
  /// What the reference and the prediction are, in words.
  public let reference: String, predicted: String
  public let warning: String?
  /// What a reader must know of the two sides, apart from the warning.
  public let note: String?
  /// Pairs that one side or both leave unclassified: of the reference alone, of the prediction alone, of both.
  public let undecided: (reference: Int, predicted: Int, both: Int)
  /// The score over the pairs that either side decides, an unclassified record on one side being a miss.
  private let withUndecided: Score
  private let classes: [ClassTable]

  /// Scores pairs.
  ///
  /// - Parameters:
  ///   - chosen: the codes to evaluate; nil for those that occur on both sides, and sea ice and lead on either.
  ///   - classes: where names of codes are looked up, in this order, before Sentinel-3's surface classes.
  /// - Throws: when there is neither a pair nor anything left out.
  public init(
    _ pairs: PairCounts, chosen: [Int]?, classes: [ClassTable], reference: String, predicted: String, warning: String?,
    note: String? = nil
  ) throws {
    self.pairs = pairs
    self.classes = classes + [.seaIce]
    self.reference = reference
    self.predicted = predicted
    self.warning = warning
    self.note = note
    let first = Set(pairs.referenceCodes)
    let second = Set(pairs.predictedCodes)
    // A class of the task that one side never has is an error of that side and not a code out of scope.
    let tables = self.classes
    func named(_ names: Set<String>) -> Set<Int> {
      first.union(second).filter { code in
        tables.lazy.compactMap { $0[code]?.name }.first.map { names.contains($0) } ?? false
      }
    }
    let task = named(["sea_ice", "lead"])
    // "Cannot tell" is no class: a side that says so has not decided. A code of another name is a class like others.
    let open = named(["unclassified"])
    let labels =
      chosen ?? first.intersection(second).union(task.intersection(first.union(second))).subtracting(open).sorted()
    score = Score(pairs, labels: labels)
    let undecided = open.subtracting(labels)
    withUndecided = Score(pairs, labels: labels + undecided)
    let inside = Set(labels)
    func count(_ a: Set<Int>, _ b: Set<Int>) -> Int {
      a.reduce(0) { sum, r in b.reduce(sum) { $0 + pairs.count(r, $1) } }
    }
    // A class that one side alone has is out of scope, but the pair is left unclassified all the same.
    let decided = chosen == nil ? first.union(second).subtracting(open) : inside
    self.undecided = (count(undecided, decided), count(decided, undecided), count(undecided, undecided))
    if pairs.total == 0 && pairs.leftOut.isEmpty {
      throw FloeError("nothing can be compared: there is no pixel and no record")
    }
  }

  /// Why there are no figures; nil where there are.
  public var emptiness: String? {
    guard score.evaluated == 0 else { return nil }
    if pairs.total == 0 { return "nothing could be compared: no pixel or record has a class on both sides" }
    return
      """
      nothing could be compared: the reference has the codes \(Self.list(pairs.referenceCodes)), the prediction \
      \(Self.list(pairs.predictedCodes))
      """
  }

  /// All codes that occur on either side, rising: rows and columns of the matrix.
  public var matrixCodes: [Int] { Set(pairs.referenceCodes).union(pairs.predictedCodes).sorted() }

  /// The name of a code.
  public func name(_ code: Int) -> String {
    classes.lazy.compactMap { $0[code]?.name }.first ?? "code_\(code)"
  }

  /// The figures of a class over the pairs that either side decides; what one side leaves unclassified counts as missed
  /// by it, in precision if the reference does and in recall if the prediction does.
  func figuresWithUndecided(_ code: Int) -> Score.Figures? {
    withUndecided.codes.firstIndex(of: code).map { withUndecided.classes[$0] }
  }

  /// One line for the end of a run.
  public var summary: String {
    if let emptiness { return emptiness }
    let lead = zip(score.codes, score.classes).first { name($0.0) == "lead" }.map {
      ", lead F1 \(Decimals.text($0.1.f1, 4))"
    }
    let kappa = score.kappa.isNaN ? "" : ", kappa \(Decimals.text(score.kappa, 4))"
    return
      """
      accuracy \(Decimals.text(score.accuracy, 4))\(lead ?? "")\(kappa), \(score.evaluated) of \(pairs.total) pairs \
      evaluated
      """
  }

  /// Pairs that are not evaluated since one of their codes is not, by side and code.
  var outOfScope: [(side: String, code: Int, count: Int)] {
    let all = matrixCodes
    let inside = Set(score.codes)
    let rows = all.filter { !inside.contains($0) }.map { c in
      ("reference", c, all.reduce(0) { $0 + pairs.count(c, $1) })
    }
    let columns = all.filter { !inside.contains($0) }.map { c in
      ("predicted", c, score.codes.reduce(0) { $0 + pairs.count($1, c) })
    }
    return (rows + columns).filter { $0.2 > 0 }.map { (side: $0.0, code: $0.1, count: $0.2) }
  }

  /// Wilson's 95 % intervals of the score's shares.
  var intervals: ScoreIntervals { ScoreIntervals(score, pairs) }

  /// The comparison for programs.
  var body: JSONValue {
    func figures(_ f: Score.Figures) -> [RecordKey: JSONValue] {
      [
        .precision: .number(f.precision), .recall: .number(f.recall), .f1: .number(f.f1),
        .support: .integer(f.support),
        .iou: .number(f.iou),
      ]
    }
    /// Figures over no pair are unknown, not 0.
    func known(_ value: JSONValue) -> JSONValue { score.evaluated > 0 ? value : .null }
    func average(_ f: Score.Figures) -> JSONValue {
      var all = figures(f)
      for (key, value) in all where key != .support { all[key] = known(value) }
      return JSONValue(keyed: all)
    }
    let intervals = self.intervals
    var perClass: [String: JSONValue] = [:]
    for (i, code) in score.codes.enumerated() {
      var own = figures(score.classes[i])
      own[.code] = .integer(code)
      let ends = intervals.classes[i]
      for (key, interval) in [
        (RecordKey.precision, ends.precision), (.recall, ends.recall), (.f1, ends.f1), (.iou, ends.iou),
      ] {
        own[RecordKey(rawValue: key.rawValue + "_interval")] = ScoreIntervals.json(interval)
      }
      perClass[name(code)] = JSONValue(keyed: own)
    }
    let codes = matrixCodes
    var members: [RecordKey: JSONValue] = [
      .reference: .string(reference), .predicted: .string(predicted), .classes: .object(perClass),
      .macroAverage: average(score.macro), .weightedAverage: average(score.weighted),
      .accuracy: known(.number(score.accuracy)), .accuracyInterval: ScoreIntervals.json(intervals.accuracy),
      .kappa: JSONValue(finite: score.kappa),
      .balancedAccuracy: known(.number(score.balancedAccuracy)), .evaluated: .integer(score.evaluated),
      .pairs: .integer(pairs.total),
      .confusionMatrix: JSONValue(keyed: [
        .rows: "reference", .columns: "predicted", .codes: .array(codes.map { .integer($0) }),
        .names: .array(codes.map { .string(name($0)) }),
        .counts: .array(codes.map { r in .array(codes.map { .integer(pairs.count(r, $0)) }) }),
      ]),
      .notEvaluated: .array(
        outOfScope.map {
          [
            "side": .string($0.side), "code": .integer($0.code), "name": .string(name($0.code)),
            "count": .integer($0.count),
          ]
        }),
      .leftOut: .array(
        pairs.leftOut.sorted { $0.key < $1.key }.map {
          JSONValue(keyed: [.reason: .string($0.key), .count: .integer($0.value)])
        }),
    ]
    if undecided != (0, 0, 0) {
      members[.unclassified] = [
        "reference_only": .integer(undecided.reference), "predicted_only": .integer(undecided.predicted),
        "both": .integer(undecided.both),
        "classes_with_unclassified_as_missed": .object(
          score.codes.reduce(into: [:]) { known, code in
            if let f = figuresWithUndecided(code) { known[name(code)] = JSONValue(keyed: figures(f)) }
          }),
      ]
    }
    if let note { members[.note] = .string(note) }
    let warnings = [emptiness, warning].compactMap { $0 }
    if !warnings.isEmpty { members[.warning] = .string(warnings.joined(separator: "; ")) }
    return JSONValue(keyed: members)
  }

  private static func list(_ codes: [Int]) -> String { codes.map(String.init).joined(separator: ", ") }
}

/// What of a comparison's body no other module reads.
extension RecordKey {
  fileprivate static let rows = RecordKey(rawValue: "rows")
  fileprivate static let columns = RecordKey(rawValue: "columns")
  fileprivate static let accuracyInterval = RecordKey(rawValue: "accuracy_interval")
  fileprivate static let codes = RecordKey(rawValue: "codes")
  fileprivate static let notEvaluated = RecordKey(rawValue: "not_evaluated")
  fileprivate static let unclassified = RecordKey(rawValue: "unclassified")
}
