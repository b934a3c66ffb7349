import FloeSDK

/// A figure before it is drawn: gnuplot commands and the data that they name.
struct Figure: Sendable {
  /// The files' name without ending.
  private(set) var name: String
  let title: String
  /// What is seen, how it was made, and what was thinned.
  let caption: String
  /// What the figure shows, with its numbers, for readers who do not see it.
  let alt: String
  /// Width and height in points.
  var size = (width: 680, height: 440)
  /// Pixels of the PNG a point.
  var scale = 2.0
  /// Whether the figure is mostly a photograph, which the page takes as JPEG.
  var isPhoto = false
  /// gnuplot commands; run once for each kind of file.
  private(set) var commands: String
  /// Data files by name, which begins with the figure's and a point; the commands name them by `'NAME'`.
  var data: [String: [UInt8]] = [:]

  /// The same figure with its files under another name.
  func renamed(_ other: String) -> Figure {
    var copy = self
    copy.name = other
    copy.commands = commands.replacing("'\(name).", with: "'\(other).")
    copy.data = Dictionary(data.map { ($0.replacing("\(name).", with: "\(other).", maxReplacements: 1), $1) }) {
      first, _ in first
    }
    return copy
  }

  /// The script as it is kept beside the figure.
  var script: String {
    let w = size.width
    let h = size.height
    func whole(_ v: Double) -> Int { Int(v.rounded()) }
    return """
      # \(TextEscape.oneLine(title))
      # gnuplot \(name).gp draws \(name).svg and \(name).png anew, in the folder of this file.
      set encoding utf8; set minussign
      do for [ending in 'svg png'] {
        if (ending eq 'svg') { set terminal svg size \(w),\(h) dynamic font 'DejaVu Sans,13' background '#ffffff' } \
      else { \
      set terminal pngcairo size \(whole(Double(w) * scale)),\(whole(Double(h) * scale)) font 'DejaVu Sans,10' \
      fontscale \(scale) linewidth \(scale) pointscale \(scale) background '#ffffff' }
        set output '\(name).'.ending
        unset label; unset object; unset arrow
        set border lw 0.8 lc rgb '#444444'
        set tics nomirror out scale 0.6
        set grid back lc rgb '#dddddd' lw 0.6
        set key noenhanced
      \(commands.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n"))
        unset output
      }

      """
  }

  /// A text as gnuplot takes it without reading anything into it.
  static func quoted(_ text: String) -> String { TextEscape.gnuplot(text) }

  /// Rows of numbers as a data file; nil is a blank line.
  static func rows(_ rows: [[Double]?]) -> [UInt8] {
    var out = ""
    for row in rows {
      out += (row ?? []).map { $0.isFinite ? ReportFormat.data($0) : "NaN" }.joined(separator: " ") + "\n"
    }
    return Array(out.utf8)
  }
}

/// A figure's files.
struct DrawnFigure: Sendable {
  let figure: Figure
  /// The bytes of every file, by name.
  let files: [String: [UInt8]]
  /// The picture that the page holds.
  let picture: (type: String, bytes: [UInt8])
}
