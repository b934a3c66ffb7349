import FloeIO
import FloeSDK

/// Classifies another scene or table with a fitted model.
public struct ApplyStep: ProcessingStep {
  public static let name = "cluster.apply"
  public static let summary =
    "Classifies another scene or table with a model that a fitting step of the family cluster made."
  public static let discussion = """
    The bands or columns are found by name. The step refuses, saying why, when a band or unit of the model is absent or
    differs, for DN against reflectance, L1C against L2A, or a product whose offset is missing. Another spacecraft, or a
    sun zenith more than 10 degrees away, is a warning: brightness may not compare.

    `labels` holds cluster numbers as in the model, 255 is no data; `classes` holds the class codes that the model's
    clusters were named, and exists only for a model with names; `probability`, for mixtures, is as in cluster.gmm.
    """
  public static let example = """
    other: { use: cluster.apply, in: { samples: stack.image }, with: { model_file: model.json } }
    """

  @Input("Bands or table columns to classify") var samples: Samples
  @Input("The fitted model") var model: Model?
  @Param("The fitted model as a file, in place of the input") var modelFile: InputPath?
  @Param("What water wider than max_lead_width is called; open_ocean needs a raster in metres") var water = WaterRule
    .lead
  @Param("Widest water that is a lead", unit: "m", in: 1...100_000) var maxLeadWidth = 1000.0
  @Param("Which band tells how sure a mixture's classification is") var uncertainty = Uncertainty.entropy
  @Output("Cluster numbers") var labels: Samples?
  @Output("Class codes", when: "the model's clusters have names") var classes: Samples?
  @Output("Probabilities of classes or clusters", when: "the model is a mixture") var probability: Samples?

  public init() {}

  public func validate() throws {
    if (model == nil) == (modelFile == nil) {
      throw ParameterError(
        "model",
        model == nil
          ? "is missing: connect 'model' or give 'model_file'"
          : "is given twice: connect 'model' or give 'model_file', not both")
    }
  }

  public mutating func plan(in context: PlanContext) throws {
    // One byte a pixel for the labels, and one for the classes of a mixture.
    if case .raster(let r) = samples { context.needs(scratch: 2 * r.spec.grid.pixelCount) }
    // A model of a step that has not run yet has no content to look at.
    if let model, case .null = model.body {
      let source = try SampleSource(samples, features: nil)
      (labels, classes) = products(source, nil).planned()
      if model.kind == "gmm" {
        probability = ProbabilityProducts(
          names: ["lead", "sea_ice"], components: [], codes: [], uncertainty: uncertainty
        ).planned(samples)
      }
      return
    }
    let (fitted, source) = try load { context.warn($0) }
    let products = products(source, fitted)
    try products.checkWater()
    (labels, classes) = products.planned()
    if fitted.mixture != nil { probability = probabilities(fitted).planned(samples) }
  }

  public mutating func run(in context: RunContext) async throws {
    let (fitted, given) = try load { context.warn($0) }
    let source = try await given.referenced(in: context)
    if let sentence = try OutlyingSamples.sentence(fitted, source) { context.warn(sentence) }
    let label = try Algorithms.labelling(fitted, source)
    let mixture = try fitted.gmmKernel(layout: source.layout, whole: source.isWhole)
    var products = products(source, fitted)
    if case .table(let table) = samples, let codes = fitted.classCodes {
      var posterior: [[Float]]?
      if let mixture { posterior = try await source.posterior(mixture, context: context) }
      products.records =
        try RecordClasses(
          json: fitted.figures["limits"], codes: codes, table: table, posterior: posterior, classes: fitted.classTable)
        ?? RecordClasses(codes: codes, posterior: posterior)
    } else if let codes = fitted.classCodes {
      products.classify = mixture?.classifying(source, codes: codes, division: fitted.division)
    }
    (labels, classes) = try await products.make(label, context: context)
    if let mixture {
      probability = try await probabilities(fitted).make(samples, source: source, kernel: mixture, context: context)
    }
    if !fitted.tests.isEmpty { context.record(.evidence, .object(fitted.tests)) }
    if !fitted.evidence.isEmpty {
      context.record(.summary, .string("the model's names: " + fitted.evidence.joined(separator: "; ")))
    }
  }

  private func load(_ warn: (String) -> Void) throws -> (FittedModel, SampleSource) {
    let body: JSONValue
    if let model {
      body = model.body
    } else if let modelFile {
      body = try JSONText.decode(try VirtualFile.readText(modelFile.path), name: modelFile.path)
    } else {
      body = .null
    }
    let fitted: FittedModel
    do throws(FloeError) {
      fitted = try FittedModel(json: body)
      try Algorithms.checkKind(fitted.kind)
    } catch {
      throw FloeError("\(modelFile?.path ?? "the model"): \(error.message)")
    }
    switch samples {
    case .raster(let r):
      let verdict = compatibility(fitted, r.spec)
      if let reason = verdict.refusal { throw FloeError(reason) }
      verdict.warnings.forEach(warn)
    case .table(let t): if let reason = refusal(fitted, t) { throw FloeError(reason) }
    }
    return (fitted, try SampleSource(samples, features: fitted.features.map(\.name)))
  }

  /// Without a model, as when the step that fits it has not run yet, classes are expected.
  private func products(_ source: SampleSource, _ fitted: FittedModel?) -> ClusterProducts {
    ClusterProducts(
      samples: samples, source: source, clusterCount: fitted?.clusters.count ?? 2,
      codes: fitted.map { $0.classCodes } ?? [], division: fitted?.division, classTable: fitted?.classTable ?? .seaIce,
      water: water, maxLeadWidth: maxLeadWidth)
  }

  private func probabilities(_ fitted: FittedModel) -> ProbabilityProducts {
    if let codes = fitted.classCodes {
      var distinct: [Int] = []
      for c in (fitted.division?.codes ?? []) + codes where !distinct.contains(c) { distinct.append(c) }
      var products = ProbabilityProducts(
        names: distinct.map { fitted.classTable[$0]?.name ?? "class_\($0)" }, components: codes, codes: distinct,
        uncertainty: uncertainty)
      products.division = fitted.division
      return products
    }
    return ProbabilityProducts(rules: nil, codes: nil, clusters: fitted.clusters.count, uncertainty: uncertainty)
  }
}
