/// Several plots in one figure under one title, with one legend for all below them.
struct Panels {
  let title: String
  var columns = 2
  /// gnuplot commands of each panel, from left to right and top to bottom.
  let plots: [String]
  /// Entries of the legend: `keyentry` elements of a plot, each with its title.
  var key: [String] = []
  /// The height of a panel with its labels.
  var panelHeight = 245.0
  /// Room to the left of each panel, for its labels: numbers of five signs need more than 80 points.
  var left = 80.0
  /// Room to the right of each panel, for a colour bar.
  var right = 18.0
  var width = 680.0

  private var rows: Int { (plots.count + columns - 1) / columns }
  private var legend: Legend { Legend(key.compactMap(Legend.Entry.init(keyentry:)), width: width) }
  var height: Double { 36 + Double(rows) * panelHeight + legend.height }
  var size: (width: Int, height: Int) { (Int(width), Int(height)) }

  var commands: String {
    let h = height
    let across = width / Double(columns)
    var out = "set multiplot title \(Figure.quoted(title)) noenhanced\nunset key\n"
    for (i, plot) in plots.enumerated() {
      let c = Double(i % columns)
      let top = h - 36 - panelHeight * Double(i / columns)
      out += margins(across * c + left, across * (c + 1) - right, top - panelHeight + 50, top - 20)
      out += "unset label; unset object; unset arrow; unset title\nset xlabel offset 0,0.5\n"
      out += "\(TickDistance.command(plot, points: across - left - right))\(plot)\n"
    }
    out += legend.commands(figureHeight: h)
    return out + "unset multiplot"
  }

  private func margins(_ left: Double, _ right: Double, _ bottom: Double, _ top: Double) -> String {
    """
    set lmargin at screen \(ReportFormat.data(left / width)); set rmargin at screen \
    \(ReportFormat.data(right / width)); 
    """
      + """
      set bmargin at screen \(ReportFormat.data(bottom / height)); set tmargin at screen \
      \(ReportFormat.data(top / height))\n
      """
  }
}
