import FloeSDK

/// Renders comparisons for people and spreadsheets.
enum ComparisonText {
  /// The layout of scikit-learn's `classification_report` with four digits, then the matrix and what was left out.
  static func text(_ c: Comparison) -> String {
    let s = c.score
    let names = s.codes.map(c.name)
    let width = max(12, names.map(\.count).max() ?? 0)
    /// Averages over no pair are unknown, not 0.
    func average(_ value: Double) -> String { s.evaluated > 0 ? Decimals.text(value, 4) : "-" }
    func line(_ name: String, _ f: Score.Figures) -> String {
      left(name, width) + "  " + [f.precision, f.recall, f.f1].map { right(average($0), 11) }.joined()
        + right(String(f.support), 11) + right(average(f.iou), 11) + "\n"
    }
    var out = "Reference: \(c.reference)\nPredicted: \(c.predicted)\n"
    if let nothing = c.emptiness { out += "Warning: \(nothing)\n" }
    if let warning = c.warning { out += "Warning: \(warning)\n" }
    if let note = c.note { out += "Note: \(note)\n" }
    out +=
      "\n" + left("", width) + "  "
      + ["precision", "recall", "f1-score", "support", "IoU"].map { right($0, 11) }.joined() + "\n\n"
    for (name, f) in zip(names, s.classes) { out += line(name, f) }
    out +=
      "\n" + left("accuracy", width) + "  " + right(average(s.accuracy), 33) + right(String(s.evaluated), 11) + "\n"
    out += line("macro avg", s.macro) + line("weighted avg", s.weighted)
    out += "\nCohen's kappa      \(s.kappa.isNaN ? "not defined" : Decimals.text(s.kappa, 4))\n"
    out += "Balanced accuracy  \(average(s.balancedAccuracy))\n\n"
    out += intervals(c, names, width) + matrix(c)
    out += "\nEvaluated: \(s.evaluated) of \(c.pairs.total) pairs\n"
    if c.undecided != (0, 0, 0) {
      out +=
        "Unclassified: \(c.undecided.reference) by the reference alone, \(c.undecided.predicted) by the prediction "
      out += "alone, \(c.undecided.both) by both; with those of one side alone counted as missed:\n"
      for (code, name) in zip(s.codes, names) {
        if let f = c.figuresWithUndecided(code) { out += line(name, f) }
      }
    }
    for item in c.outOfScope {
      out += "Not evaluated: \(item.count) with \(item.side) class \(c.name(item.code)) (\(item.code))\n"
    }
    for (reason, count) in c.pairs.leftOut.sorted(by: { $0.key < $1.key }) { out += "Left out: \(count), \(reason)\n" }
    return out
  }

  /// One row a class with its figures and its row of the matrix, then the averages; full precision.
  static func csv(_ c: Comparison) -> String {
    let codes = c.matrixCodes
    let s = c.score
    let empty = String(repeating: ",", count: codes.count)
    func known(_ value: Double) -> String { s.evaluated > 0 ? "\(value)" : "" }
    func figures(_ f: Score.Figures) -> String {
      s.evaluated == 0 ? ",,,\(f.support)," : "\(f.precision),\(f.recall),\(f.f1),\(f.support),\(f.iou)"
    }
    var out =
      "class,code,precision,recall,f1-score,support,iou" + codes.map { ",predicted_\(c.name($0))" }.joined() + "\n"
    for code in codes {
      let own = s.codes.firstIndex(of: code).map { figures(s.classes[$0]) } ?? ",,,,"
      out += "\(c.name(code)),\(code),\(own)" + codes.map { ",\(c.pairs.count(code, $0))" }.joined() + "\n"
    }
    out += "macro avg,,\(figures(s.macro))\(empty)\nweighted avg,,\(figures(s.weighted))\(empty)\n"
    out += "accuracy,,,,\(known(s.accuracy)),\(s.evaluated),\(empty)\n"
    out += "cohen_kappa,,,,\(s.kappa.isNaN ? "" : "\(s.kappa)"),\(s.evaluated),\(empty)\n"
    out += "balanced_accuracy,,,,\(known(s.balancedAccuracy)),\(s.evaluated),\(empty)\n"
    return out
  }

  /// Wilson's intervals of the shares, where there are any.
  private static func intervals(_ c: Comparison, _ names: [String], _ width: Int) -> String {
    guard c.score.evaluated > 0 else { return "" }
    let all = c.intervals
    var out = "95 % intervals (Wilson), as if pairs were independent\n" + left("", width) + "  "
    out += ["precision", "recall", "f1-score", "IoU"].map { right($0, 19) }.joined() + "\n"
    for (name, ends) in zip(names, all.classes) {
      let cells = [ends.precision, ends.recall, ends.f1, ends.iou].map { right(ScoreIntervals.text($0), 19) }
      out += left(name, width) + "  " + cells.joined() + "\n"
    }
    return out + left("accuracy", width) + "  " + right(ScoreIntervals.text(all.accuracy), 19) + "\n\n"
  }

  private static func matrix(_ c: Comparison) -> String {
    let codes = c.matrixCodes
    let names = codes.map(c.name)
    let width = max(12, names.map(\.count).max() ?? 0)
    var out = "Confusion matrix (rows: reference, columns: predicted)\n" + left("", width)
    out += names.map { right($0, max(11, $0.count + 2)) }.joined() + "\n"
    for (row, name) in zip(codes, names) {
      out += left(name, width)
      out += zip(codes, names).map { right(String(c.pairs.count(row, $0)), max(11, $1.count + 2)) }.joined() + "\n"
    }
    return out
  }

  private static func left(_ s: String, _ width: Int) -> String {
    s + String(repeating: " ", count: max(0, width - s.count))
  }
  private static func right(_ s: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - s.count)) + s
  }
}

extension Comparison {
  /// The comparison as a document with JSON body and renderings `txt` and `csv`.
  public var document: Document {
    Document(
      title: "Comparison of \(predicted) with \(reference)", body: body,
      renderings: ["txt": ComparisonText.text(self), "csv": ComparisonText.csv(self)])
  }
}
