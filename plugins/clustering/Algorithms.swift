import FloeSDK

/// The algorithms of this plugin: each a step that fits, whose models cluster.apply can use.
enum Algorithms {
  static let all: [any ClusteringStep.Type] = [KMeansStep.self, GMMStep.self, KMedoidsStep.self]

  /// The cluster of each sample by a model.
  ///
  /// - Throws: when no step here makes models of its kind.
  static func labelling(
    _ model: FittedModel, _ source: SampleSource
  ) throws -> @Sendable (SampleBlock) -> [UInt8] {
    try checkKind(model.kind)
    for step in all where step.kind == model.kind { return try step.labelling(model, source) }
    throw unknown(model.kind)
  }

  /// Refuses a model that no step here makes.
  static func checkKind(_ kind: FittedModel.Kind) throws(FloeError) {
    guard all.contains(where: { $0.kind == kind }) else { throw unknown(kind) }
  }

  private static func unknown(_ kind: FittedModel.Kind) -> FloeError {
    let known = all.map { "'\($0.kind.rawValue)'" }
    return FloeError(
      "the model's kind is '\(kind.rawValue)'; \(known.dropLast().joined(separator: ", ")) and \(known.last ?? "") "
        + "can be applied")
  }
}
