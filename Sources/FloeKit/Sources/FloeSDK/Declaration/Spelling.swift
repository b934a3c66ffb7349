/// Guesses what a misspelt name was meant to be.
public enum Spelling {
  /// The nearest of the candidates by edit distance; nil when none is within a third of the word's length (at least 2).
  public static func nearest(_ word: String, among candidates: some Sequence<String>) -> String? {
    let limit = max(2, word.count / 3)
    return candidates.map { ($0, distance(word.lowercased(), $0.lowercased())) }
      .filter { $0.1 <= limit }.min { $0.1 < $1.1 }?.0
  }

  /// Levenshtein's edit distance.
  static func distance(_ a: String, _ b: String) -> Int {
    let x = Array(a.utf8)
    let y = Array(b.utf8)
    var row = Array(0...y.count)
    for i in 0..<x.count {
      var diagonal = row[0]
      row[0] = i + 1
      for j in 0..<y.count {
        let cost = min(row[j + 1] + 1, row[j] + 1, diagonal + (x[i] == y[j] ? 0 : 1))
        diagonal = row[j + 1]
        row[j + 1] = cost
      }
    }
    return row[y.count]
  }
}
