import FloeSDK

/// The columns that clustering adds to tables.
enum ClusterTables {
  /// The table with cluster numbers; rows left out have none.
  static func labelled(_ table: Table, clusters: [UInt8], count: Int) -> Table {
    var result = table
    result.set(
      Column(
        .cluster, summary: "Cluster number", classes: .clusters(count),
        values: .code(clusters.map { $0 == 255 ? -1 : Int16($0) }, missing: -1)))
    return result
  }

  /// The table with class codes and names; -1 for rows without a class.
  static func classified(_ table: Table, codes coded: [Int16], classes: ClassTable) -> Table {
    var result = table
    result.set(Column(.classCode, summary: "Surface class", classes: classes, values: .code(coded, missing: -1)))
    result.set(
      Column(
        .className, summary: "Name of the surface class",
        values: .text(coded.map { $0 < 0 ? nil : classes[Int($0)]?.name })))
    result.style = result.style ?? "track"
    return result
  }

  /// The table with one probability column a class or cluster.
  static func withProbabilities(
    _ table: Table, names: [String], values: [[Float]], uncertainty: (name: String, values: [Float])?
  ) -> Table {
    var result = table
    for (name, p) in zip(names, values) {
      result.set(Column("p_\(name)", summary: "Probability of \(name)", values: .number(p.map(Double.init))))
    }
    if let uncertainty {
      result.set(
        Column(
          uncertainty.name, summary: "Uncertainty of the class", values: .number(uncertainty.values.map(Double.init))))
    }
    return result
  }
}
