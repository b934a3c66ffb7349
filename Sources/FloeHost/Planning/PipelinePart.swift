import FloeSDK
import OrderedCollections

/// Runs a part of a pipeline, or writes more of it.
public struct PipelinePart: Sendable {
  /// The steps to which it runs; empty for all.
  public var until: [String] = []
  /// Steps whose outputs are written beside the pipeline's own.
  public var keep: [String] = []
  /// Everything.
  public init() {}
  /// Whether nothing is asked for.
  public var isWhole: Bool { until.isEmpty && keep.isEmpty }

  /// The pipeline that makes the part: steps that it needs, outputs that these make, and `STEP.PORT` files for what is
  /// to be kept (`.tif`, `.gpkg`, or `.nc` for tables that a GeoPackage cannot hold, `.json`).
  ///
  /// - Parameter plan: of the whole pipeline; it says what the ports carry.
  /// - Throws: `RequestRefused` for a step that is not there.
  public func taken(from plan: Plan, library: StepLibrary) throws -> Pipeline {
    var pipeline = plan.pipeline
    let known = plan.steps.map(\.id)
    for (flag, step) in until.map({ ("--until", $0) }) + keep.map({ ("--keep", $0) }) where !known.contains(step) {
      let inside = known.filter { $0.hasPrefix("\(step)/") }
      if !step.isEmpty, !inside.isEmpty {
        throw RequestRefused([
          Problem(
            file: "\(flag) \(step)", line: 0,
            "'\(step)' is a pipeline used as a step; name one of its steps: \(inside.joined(separator: ", "))")
        ])
      }
      let near = Spelling.nearest(step, among: known).map { " (did you mean '\($0)'?)" } ?? ""
      throw RequestRefused([
        Problem(
          file: "\(flag) \(step)", line: 0,
          "the pipeline has no step '\(step)'\(near); it has \(known.joined(separator: ", "))")
      ])
    }
    if !until.isEmpty {
      var needed: Set<String> = []
      var open = until
      while let next = open.popLast() {
        guard needed.insert(next).inserted, let step = plan.step(next) else { continue }
        open += step.connections.values.joined().map(\.step)
      }
      if let stray = keep.first(where: { !needed.contains($0) }) {
        throw RequestRefused([
          Problem(file: "--keep \(stray)", line: 0, "the step '\(stray)' is not run: --until ends before it")
        ])
      }
      pipeline.steps = pipeline.steps.filter { needed.contains($0.key) }
      pipeline.outputs = pipeline.outputs.filter { $0.layers.values.allSatisfy { needed.contains($0.step) } }
    }
    let written = Set(pipeline.outputs.flatMap { $0.layers.values.map(\.text) })
    for step in OrderedSet(until + keep) {
      guard let planned = plan.step(step) else { continue }
      for (port, data) in planned.outputs.sorted(by: { $0.key < $1.key }) where !written.contains("\(step).\(port)") {
        let line = planned.line
        pipeline.outputs.append(
          .init(
            name: "\(step).\(port).\(try ending(data, library))", line: line,
            layers: ["": .init(step: step, port: port, line: line)]))
      }
    }
    return pipeline
  }

  private func ending(_ data: PortData, _ library: StepLibrary) throws -> String {
    switch data {
    case .raster: return "tif"
    case .model, .document: return "json"
    case .table:
      let format = library.format(ofFile: "table.gpkg")
      let refusal = try format.flatMap { try library.writer($0.name).bind(parameters: [:]).refusal(of: data) }
      return format == nil || refusal != nil ? "nc" : "gpkg"
    }
  }
}
