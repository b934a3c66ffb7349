import FloeSDK

/// A table of the page; the first cell of a row is its heading.
struct PageTable: Sendable {
  let caption: String
  let columns: [String]
  /// Cells; `shade` 0...1 tints one.
  var rows: [[(text: String, shade: Double?)]]

  init(_ caption: String, _ columns: [String], _ rows: [[String]]) {
    self.caption = caption
    self.columns = columns
    self.rows = rows.map { $0.map { ($0, nil) } }
  }

  var content: [String: Any] {
    [
      "caption": caption,
      "columns": columns.enumerated().map { i, c -> [String: Any] in
        [
          "text": Self.html(c), "numeric": i > 0 && isNumeric(i),
        ]
      },
      "rows": rows.map { row -> [String: Any] in
        [
          "head": Self.html(row.first?.text ?? ""), "isShort": hasShortHeads,
          "cells": row.dropFirst().enumerated().map { i, cell -> [String: Any] in
            var c: [String: Any] = ["text": Self.html(cell.text), "numeric": isNumeric(i + 1)]
            if let shade = cell.shade { c["shade"] = "\(Int((shade * 45).rounded()))" }
            return c
          },
        ]
      },
    ]
  }

  /// The text of a cell as HTML. A long name may be broken after its underscores and after a dot between letters.
  static func html(_ text: String) -> String {
    let letters = Array(TextEscape.xml(text))
    var out = ""
    for (i, c) in letters.enumerated() {
      out.append(c)
      guard i + 1 < letters.count else { break }
      let next = letters[i + 1]
      let isJoint = c == "." && i > 0 && letters[i - 1].isLetter && next.isLetter
      if isJoint || (c == "_" && next != "_") { out += "<wbr>" }
    }
    return out
  }

  /// Whether all rows begin with a few letters, such as a number, which need no room kept free.
  private var hasShortHeads: Bool { rows.allSatisfy { ($0.first?.text.count ?? 0) < 9 } }

  private func isNumeric(_ column: Int) -> Bool {
    rows.allSatisfy { row in
      column >= row.count || row[column].text.first.map { $0.isNumber || "–−-+".contains($0) } ?? true
    }
  }
}
