import Evaluation
import FloeSDK
import Testing

@Suite struct ScoreTests {
  /// Three of four right: precision of class 2 is 1, recall 1/2; chance agreement 1/2, kappa 1/2.
  @Test func fourPairsByHand() throws {
    var pairs = PairCounts()
    pairs.add(reference: 1, predicted: 1, times: 2)
    pairs.add(reference: 2, predicted: 2)
    pairs.add(reference: 2, predicted: 1)
    let s = Score(pairs, labels: [1, 2])
    #expect(s.accuracy == 0.75 && s.kappa == 0.5 && s.balancedAccuracy == 0.75 && s.evaluated == 4)
    #expect(s.classes[1] == Score.Figures(precision: 1, recall: 0.5, f1: 2.0 / 3, support: 2, iou: 0.5))
    #expect(s.classes[0] == Score.Figures(precision: 2.0 / 3, recall: 1, f1: 0.8, support: 2, iou: 2.0 / 3))
  }

  /// The numbers of scikit-learn 1.x for these pairs, zero_division=0.
  @Test func agreesWithScikitLearn() throws {
    var pairs = PairCounts()
    for (r, p, n) in [(1, 1, 50), (1, 2, 3), (2, 2, 17), (2, 1, 5), (0, 0, 9), (0, 1, 2), (1, 0, 4), (2, 0, 1)] {
      pairs.add(reference: r, predicted: p, times: n)
    }
    let c = try Comparison(pairs, chosen: nil, classes: [], reference: "a", predicted: "b", warning: nil)
    let s = c.score
    func close(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-15 }
    #expect(s.codes == [0, 1, 2] && s.classes.map(\.support) == [11, 57, 23])
    for (f, expected) in zip(
      s.classes + [s.macro, s.weighted],
      [
        (0.6428571428571429, 0.8181818181818182, 0.72),
        (0.8771929824561403, 0.8771929824561403, 0.8771929824561403),
        (0.85, 0.7391304347826086, 0.7906976744186046),
        (0.7900167084377611, 0.811501745140189, 0.7959635522915817),
        (0.8419937205651491, 0.8351648351648352, 0.8363301814464605),
      ])
    {
      #expect(close(f.precision, expected.0) && close(f.recall, expected.1) && close(f.f1, expected.2))
    }
    #expect(
      close(s.accuracy, 0.8351648351648352) && close(s.kappa, 0.691036668175645)
        && close(s.balancedAccuracy, 0.811501745140189))
    #expect(zip(s.classes.map(\.iou), [0.5625, 0.78125, 0.6538461538461539]).allSatisfy { close($0, $1) })
    let text = try #require(c.document.renderings["txt"])
    #expect(text.contains("lead               0.8500     0.7391     0.7907         23"))
    #expect(text.contains("accuracy                                 0.8352         91"))
  }

  /// Wilson's interval is where a share lies z standard errors of its own from what was counted; found by bisection.
  @Test func sharesHaveWilsonsInterval() throws {
    var pairs = PairCounts()
    for (r, p, n) in [(1, 1, 50), (1, 2, 3), (2, 2, 17), (2, 1, 5), (0, 0, 9), (0, 1, 2), (1, 0, 4), (2, 0, 1)] {
      pairs.add(reference: r, predicted: p, times: n)
    }
    let c = try Comparison(pairs, chosen: nil, classes: [], reference: "a", predicted: "b", warning: nil)
    let body = c.document.body
    func close(_ value: JSONValue?, _ low: Double, _ high: Double) -> Bool {
      let ends = (value?.arrayValue ?? []).compactMap(\.doubleValue)
      return ends.count == 2 && abs(ends[0] - low) < 1e-9 && abs(ends[1] - high) < 1e-9
    }
    #expect(close(body["classes"]?["lead"]?["precision_interval"], 0.639581135259, 0.947631254104))
    #expect(close(body["accuracy_interval"], 0.745692944066, 0.897485690663))
  }

  /// A prediction that never says lead scores 0 for it; it does not fall out of the score.
  @Test func aClassNeverFoundIsAnError() throws {
    var pairs = PairCounts()
    pairs.add(reference: 1, predicted: 1, times: 9)
    pairs.add(reference: 2, predicted: 1)
    let c = try Comparison(pairs, chosen: nil, classes: [], reference: "a", predicted: "b", warning: nil)
    #expect(
      c.score.codes == [1, 2] && c.score.accuracy == 0.9 && c.score.classes[1].f1 == 0
        && c.score.balancedAccuracy == 0.5)
    #expect(c.score.kappa == 0)
  }

  @Test func codesOfOneSideAreCountedApart() throws {
    var pairs = PairCounts()
    for (r, p, n) in [(1, 1, 5), (2, 2, 3), (0, 1, 7), (0, 3, 2), (1, 3, 4)] {
      pairs.add(reference: r, predicted: p, times: n)
    }
    let c = try Comparison(pairs, chosen: nil, classes: [], reference: "a", predicted: "b", warning: "w")
    #expect(c.score.codes == [1, 2] && c.score.evaluated == 8 && c.score.accuracy == 1)
    #expect(c.matrixCodes == [0, 1, 2, 3])
    let apart = try #require(c.document.body["not_evaluated"]?.arrayValue)
    #expect(
      apart.map { "\($0["side"]?.stringValue ?? "") \($0["name"]?.stringValue ?? "") \($0["count"]?.intValue ?? 0)" }
        == ["reference open_ocean 9", "predicted unclassified 4"])
    #expect(c.document.body["warning"]?.stringValue == "w")
    let csv = try #require(c.document.renderings["csv"])
    #expect(
      csv.hasPrefix(
        """
        class,code,precision,recall,f1-score,support,iou,\
        predicted_open_ocean,predicted_sea_ice,predicted_lead,predicted_unclassified
        open_ocean,0,,,,,,0,7,0,2

        """
      ))
    let commas = Set(csv.split(separator: "\n").map { line in line.count { $0 == "," } })
    #expect(commas == [10])
  }

  /// Counts without figures where no pair has codes that can be evaluated: unknown is null and not 0.
  @Test func noPairGivesNullsAndCounts() throws {
    var apart = PairCounts()
    var without = PairCounts()
    apart.add(reference: 3, predicted: 1, times: 7)
    without.leaveOut("no class in the reference", 5)
    for (pairs, said) in [
      (apart, "the reference has the codes 3, the prediction 1"),
      (without, "no pixel or record has a class on both sides"),
    ] {
      let c = try Comparison(pairs, chosen: nil, classes: [], reference: "a", predicted: "b", warning: "w")
      #expect(c.emptiness?.contains(said) == true && c.summary == c.emptiness)
      for name in ["accuracy", "kappa", "balanced_accuracy"] { #expect(c.document.body[name] == .null) }
      #expect(c.document.body["macro_avg"]?["f1_score"] == .null && c.document.body["weighted_avg"]?["support"] == 0)
      #expect(c.document.body["evaluated"] == 0 && c.document.body["pairs"]?.intValue == pairs.total)
      #expect(c.document.body["warning"]?.stringValue == "\(c.emptiness ?? ""); w")
      #expect(c.document.renderings["txt"]?.contains("0.0000") == false)
      let csv = try #require(c.document.renderings["csv"])
      #expect(Set(csv.split(separator: "\n").map { line in line.count { $0 == "," } }).count == 1)
    }
    let c = try Comparison(apart, chosen: nil, classes: [], reference: "a", predicted: "b", warning: nil)
    #expect(c.document.body["confusion_matrix"]?["counts"] == [[0, 0], [7, 0]])
  }

  @Test func nothingToCompareIsSaid() {
    #expect(throws: FloeError.self) {
      try Comparison(PairCounts(), chosen: nil, classes: [], reference: "a", predicted: "b", warning: nil)
    }
  }

  @Test(arguments: [
    ("peakiness >= 2", [false, true, nil]), ("peakiness != 1", [false, true, nil]),
    ("peakiness < 2", [true, false, nil]),
  ])
  func conditions(text: String, expected: [Bool?]) throws {
    var table = Table(rowCount: 3)
    table.set(Column("peakiness", values: .number([1, 2, .nan])))
    #expect(try RowCondition(text).evaluate(table) == expected)
  }

  /// Beyond 2^53 neighbours are the same double.
  @Test func wholeNumbersAreComparedAsSuch() throws {
    var table = Table(rowCount: 3)
    table.set(Column("n", values: .integer([9_007_199_254_740_993, 9_007_199_254_740_992, nil])))
    #expect(try RowCondition("n == 9007199254740993").evaluate(table) == [true, false, nil])
    #expect(try RowCondition("n > 9007199254740992").evaluate(table) == [true, false, nil])
  }

  @Test(arguments: ["peakiness", "peakiness ~ 3", "a > b"]) func badConditions(text: String) {
    #expect(throws: FloeError.self) { try RowCondition(text) }
  }
}
