/// A number of a scene: `groups/lead` and its area, share, pixels or records.
struct SceneFigure: Hashable {
  let step: String, name: String, unit: String
  var column: String { "\(step)/\(name)_\(unit)" }

  /// The numbers that any of several scenes has, in order.
  static func columns(_ figures: [[SceneFigure: Double]]) -> [SceneFigure] {
    Set(figures.flatMap(\.keys)).sorted { ($0.step, $0.name, $0.unit) < ($1.step, $1.name, $1.unit) }
  }
}
