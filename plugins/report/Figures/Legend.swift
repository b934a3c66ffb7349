import FloeSDK

/// What the colours and signs of a figure mean, in rows at its foot.
///
/// gnuplot's own key trusts the terminal's estimate of the width of a letter, which differs between SVG and PNG, and
/// puts into fewer columns what does not fit: rows then lie outside of the figure. Here the rows are known before
/// anything is drawn, and are the same in both.
package struct Legend: Sendable {
  /// One sign with its text.
  package struct Entry: Sendable, Equatable {
    /// A style of gnuplot's with what belongs to it: `lines lw 2 lc rgb '#004488'`.
    package let look: String
    package let text: String

    package init(look: String, text: String) {
      self.look = look
      self.text = text
    }

    /// From gnuplot's `keyentry with LOOK title 'TEXT'`; nil for anything else.
    package init?(keyentry: String) {
      let start = "keyentry with "
      guard keyentry.hasPrefix(start), let middle = keyentry.firstRange(of: " title '") else { return nil }
      look = String(keyentry[..<middle.lowerBound].dropFirst(start.count))
      // A text between single quotes; one inside of it stands twice.
      text = String(decoding: keyentry[middle.upperBound...].utf8.dropLast(), as: UTF8.self).replacing("''", with: "'")
    }
  }

  /// One text with its place in points: `x` of its sign's left end from the left, `y` of its first line from the top.
  package struct Cell: Sendable {
    package let entry: Int
    package let lines: [String]
    package let x: Double, y: Double
  }

  package let entries: [Entry]
  /// The width of the figure in points.
  package let width: Double
  package let cells: [Cell]
  package let columns: Int
  /// The height in points, with room above and below; little where there is no entry.
  package let height: Double

  private static let margin = 16.0, line = 17.0, rowGap = 3.0, columnGap = 22.0
  /// The sign and the room between it and its text.
  private static let sign = 26.0, signGap = 8.0

  /// As many columns as the longest text allows; a text that is wider than the figure is parted into lines.
  package init(_ entries: [Entry], width: Double = 680) {
    self.entries = entries
    self.width = width
    let room = width - 2 * Self.margin
    let signed = Self.sign + Self.signGap
    let lines = entries.map { Self.lines($0.text, within: room - signed) }
    let widest = lines.flatMap { $0 }.map(Self.width).max() ?? 0
    let cell = min(room, widest + signed)
    let columns = max(1, min(entries.count, Int((room + Self.columnGap) / (cell + Self.columnGap))))
    let across = Double(columns) * cell + Double(columns - 1) * Self.columnGap
    let left = max(Self.margin, (width - across) / 2)
    var cells: [Cell] = []
    var y = 8.0
    for first in stride(from: 0, to: entries.count, by: columns) {
      let row = first..<min(entries.count, first + columns)
      for i in row {
        let x = left + Double(i - first) * (cell + Self.columnGap)
        cells.append(Cell(entry: i, lines: lines[i], x: x, y: y + Self.line / 2))
      }
      y += Double(row.map { lines[$0].count }.max() ?? 1) * Self.line + Self.rowGap
    }
    self.cells = cells
    self.columns = columns
    height = entries.isEmpty ? 8 : y + 6
  }

  /// The width of a text in points, rather too large: as DejaVu Sans has it in 13 points, and a little more.
  package static func width(_ text: String) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in
      let own: Double =
        switch scalar {
        case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", "!", " ", "(", ")", "f", "t", "r", "-": 5.5
        case "m", "w", "M", "W", "@", "%", "—", "→": 13.5
        case _ where scalar.value >= 0x1100 && scalar.value != 0x202f && scalar.value != 0x2212: 13.5
        default: 8.6
        }
      return sum + own
    }
  }

  /// A text in lines no wider than `limit`, parted at spaces, and within a word that is wider than that.
  package static func lines(_ text: String, within limit: Double) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let longer = line.isEmpty ? String(word) : "\(line) \(word)"
      if width(longer) <= limit {
        line = longer
        continue
      }
      if !line.isEmpty { lines.append(line) }
      line = ""
      for letter in word {
        if !line.isEmpty, width(line + String(letter)) > limit {
          lines.append(line)
          line = ""
        }
        line.append(letter)
      }
    }
    return line.isEmpty && !lines.isEmpty ? lines : lines + [line]
  }

  /// Commands that draw the legend at the foot of a figure, as its last plot within `set multiplot`.
  func commands(figureHeight: Double) -> String {
    guard !entries.isEmpty else { return "" }
    func data(_ v: Double) -> String { ReportFormat.data((v * 100).rounded() / 100) }
    var labels: [String] = []
    var plots = ["NaN notitle"]
    for cell in cells {
      let y = height - cell.y
      for (i, line) in cell.lines.enumerated() {
        labels.append(
          """
          set label \(labels.count + 1) \(Figure.quoted(line)) at \(data(cell.x + Self.sign + Self.signGap)),\
          \(data(y - Double(i) * Self.line)) left front noenhanced
          """)
      }
      plots += Self.signs(entries[cell.entry].look, cell.x, y, data)
    }
    return """
      unset label; unset object; unset arrow; unset title; unset logscale; unset xlabel; unset ylabel; unset x2tics
      unset xtics; unset ytics; unset border; unset grid; unset colorbox; unset key; set size noratio
      set lmargin at screen 0; set rmargin at screen 1; set bmargin at screen 0
      set tmargin at screen \(ReportFormat.data(height / figureHeight))
      set xrange [0:\(data(width))]; set yrange [0:\(data(height))]
      \(labels.joined(separator: "\n"))
      plot \(plots.joined(separator: ", \\\n    "))
      set border; set xtics; set ytics; set colorbox

      """
  }

  /// The elements of a plot that draw a sign at a place, in points.
  private static func signs(_ look: String, _ x: Double, _ y: Double, _ data: (Double) -> String) -> [String] {
    let words = look.split(separator: " ").map(String.init)
    let style = words.first ?? "lines"
    let rest = words.dropFirst().joined(separator: " ")
    let middle = "'+' using (\(data(x + sign / 2))):(\(data(y)))"
    let point = "\(middle) every ::::0 with points \(rest) notitle"
    switch style {
    case "points": return [point]
    case "boxes": return ["\(middle):(\(data(sign / 2))):(6) every ::::0 with boxxyerror \(rest) notitle"]
    default:
      // A line has neither sort nor size of points.
      var own: [String] = []
      var isSkipped = false
      for word in words.dropFirst() {
        if isSkipped {
          isSkipped = false
        } else if word == "pt" || word == "ps" {
          isSkipped = true
        } else {
          own.append(word)
        }
      }
      let line =
        """
        '+' using (\(data(x))+\(data(sign))*$0):(\(data(y))) every ::::1 with lines \(own.joined(separator: " ")) \
        notitle
        """
      return style == "linespoints" ? [line, point] : [line]
    }
  }
}
