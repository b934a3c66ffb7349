import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks a pipeline without computing anything.",
    discussion: """
      Reports every mistake at once with file and line; for a sound pipeline prints the order of steps, grids, sizes, memory
      and disk. It takes the same words as `floe run`. Exit status 2 when something is wrong.

      EXAMPLE
        floe check examples/ice-lead.yaml --set scene=S2A_MSIL1C_....SAFE
      """)
  @Argument(help: "The pipeline, a YAML file.", completion: .file(extensions: ["yaml", "yml"]))
  var pipeline: String
  @OptionGroup var settings: SettingOptions
  @OptionGroup var execution: ExecutionOptions
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    do {
      let options = try execution.runOptions()
      let read = try PipelineReader.read(pipeline)
      let plan = try Planner.plan(read, settings: try settings.dictionary(), outputFolder: options.outputFolder, library: await plugins.library())
      let view = PlanView(plan: plan, memoryLimit: options.memory, folder: options.outputFolder)
      if execution.json { print(try JSONText.encode(view.json, pretty: true)) } else if !execution.quiet { print(view.text) }
    } catch let refused as RequestRefused where execution.json {
      let problems = refused.problems.map { p -> JSONValue in
        ["file": .string(p.file), "line": .integer(p.line), "message": .string(p.message)]
      }
      print(try JSONText.encode(["sound": false, "problems": .array(problems)], pretty: true))
      throw ExitCode(2)
    }
  }
}

/// A plan for people and programs.
struct PlanView {
  let plan: Plan
  let memoryLimit: Int
  let folder: String

  var text: String {
    var lines = ["\(plan.pipeline.file): sound\(plan.pipeline.title.isEmpty ? "" : " - \(plan.pipeline.title)")", "", "steps, in order:"]
    for (i, step) in plan.steps.enumerated() {
      lines.append("  \(i + 1). \(step.id)  \(step.use)\(step.isBarrier ? "  (needs all of its input first)" : "")")
      for (port, data) in step.outputs.sorted(by: { $0.key < $1.key }) { lines.append("       \(port): \(Self.describe(data))") }
    }
    lines.append("")
    lines.append("outputs in \(folder):")
    for o in plan.outputs {
      lines.append("  \(o.name)  \(o.layers.map { $0.key.isEmpty ? $0.value.text : "\($0.key): \($0.value.text)" }.joined(separator: ", "))")
    }
    let kept = plan.scratchBytes
    lines.append("")
    lines.append("memory: at most \(Machine.text(memoryLimit)); pixels kept for several passes: \(Machine.text(kept))\(kept > memoryLimit - 300_000_000 ? ", partly on disk" : "")")
    let free = Machine.freeDisk(at: Folder.nearest(folder)).map { ", free \(Machine.text($0))" } ?? ""
    lines.append("disk: up to \(Machine.text(plan.outputBytes)) for outputs before compression\(free)")
    for w in plan.warnings { lines.append("warning: \(w)") }
    return lines.joined(separator: "\n")
  }

  static func describe(_ data: PortData) -> String {
    switch data {
    case .raster(let r):
      let g = r.spec.grid
      let bands = r.spec.bands.map(\.name).joined(separator: " ")
      return "raster \(g.width) x \(g.height), pixel \(g.pixelWidth.formatted()) x \(g.pixelHeight.formatted()), \(g.crs?.label ?? "no CRS"), \(r.spec.type.rawValue), \(bands), \(Machine.text(r.spec.byteCount))"
    case .table(let t): return "table with \(t.columns.map(\.name).joined(separator: ", "))"
    case .model(let m): return "model \(m.kind)"
    case .document(let d): return "document \(d.title)"
    }
  }

  var json: JSONValue {
    [
      "sound": true, "file": .string(plan.pipeline.file), "title": .string(plan.pipeline.title),
      "steps": .array(plan.steps.map { s in
        [
          "id": .string(s.id), "use": .string(s.use), "barrier": .bool(s.isBarrier), "scratch_bytes": .integer(s.scratchBytes),
          "parameters": .object(s.inForce.mapValues(\.json)),
          "outputs": .object(s.outputs.mapValues { .string(Self.describe($0)) }),
        ]
      }),
      "outputs": .array(plan.outputs.map { .string($0.name) }),
      "memory_limit_bytes": .integer(memoryLimit), "scratch_bytes": .integer(plan.scratchBytes), "output_bytes": .integer(plan.outputBytes),
      "warnings": .array(plan.warnings.map { .string($0.description) }),
    ]
  }
}
