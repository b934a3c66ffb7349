import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

/// A plan for people and programs.
struct PlanView {
  let plan: Plan
  let memoryLimit: Int
  /// What the run will about take.
  let memory: MemoryEstimate
  let folder: String
  /// How long past runs took for the like.
  let estimate: RunHistory.Estimate

  var text: String {
    var lines = [
      "\(plan.pipeline.file): sound\(plan.pipeline.title.isEmpty ? "" : " - \(plan.pipeline.title)")", "",
      "steps, in order:",
    ]
    for (i, step) in plan.steps.enumerated() {
      lines.append("  \(i + 1). \(step.id)  \(step.use)\(step.isBarrier ? "  (needs all of its input first)" : "")")
      for (port, data) in step.outputs.sorted(by: { $0.key < $1.key }) {
        lines.append("       \(port): \(Self.describe(data))")
      }
    }
    for (scope, part) in plan.pipeline.scopes { lines.append("  \(scope)/... are the steps of \(part.file)") }
    if !plan.leftOut.isEmpty {
      lines.append("  left out, since they look at written files: \(plan.leftOut.joined(separator: ", "))")
    }
    lines.append("")
    lines.append("outputs in \(folder):")
    for o in plan.outputs {
      lines.append(
        """
          \(o.name)  \
        \(o.layers.map { $0.key.isEmpty ? $0.value.text : "\($0.key): \($0.value.text)" }.joined(separator: ", "))
        """
      )
    }
    let kept = plan.scratchBytes
    lines.append("")
    lines.append(
      """
      memory: about \(SystemResources.text(memory.bytes)) (cap \(SystemResources.text(memoryLimit))); pixels kept for \
      several passes and for writing: \(SystemResources.text(kept))\
      \(kept > memoryLimit - 300_000_000 ? ", partly on disk" : "")
      """
    )
    let free = SystemResources.freeDisk(at: Folder.nearest(folder)).map { ", free \(SystemResources.text($0))" } ?? ""
    lines.append("disk: up to \(SystemResources.text(plan.outputBytes)) for outputs before compression\(free)")
    if let time = estimate.text { lines.append("time: \(time)") }
    for w in plan.warnings { lines.append("warning: \(w)") }
    return lines.joined(separator: "\n")
  }

  static func describe(_ data: PortData) -> String {
    switch data {
    case .raster(let r):
      let g = r.spec.grid
      let bands = r.spec.bands.map(\.name).joined(separator: " ")
      return
        """
        raster \(g.width) x \(g.height), pixel \(g.pixelWidth.formatted()) x \(g.pixelHeight.formatted()), \
        \(g.crs?.label ?? "no CRS"), \(r.spec.type.rawValue), \(bands), \(SystemResources.text(r.spec.byteCount))
        """
    case .table(let t): return "table with \(t.columns.map(\.name).joined(separator: ", "))"
    case .model(let m): return "model \(m.kind)"
    case .document(let d): return "document \(d.title)"
    }
  }

  var json: JSONValue {
    [
      "sound": true, "file": .string(plan.pipeline.file), "title": .string(plan.pipeline.title),
      "steps": .array(
        plan.steps.map { s in
          [
            "id": .string(s.id), "use": .string(s.use), "barrier": .bool(s.isBarrier),
            "scratch_bytes": .integer(s.scratchBytes),
            "parameters": .object(s.inForce.mapValues(\.json)),
            "outputs": .object(s.outputs.mapValues { .string(Self.describe($0)) }),
          ]
        }),
      "outputs": .array(plan.outputs.map { .string($0.name) }),
      "parts": .object(plan.pipeline.scopes.mapValues(\.file).reduce(into: [:]) { $0[$1.key] = .string($1.value) }),
      "left_out": .array(plan.leftOut.map { .string($0) }),
      "seconds": estimate.seconds > 0 ? .number(estimate.seconds) : .null,
      "never_run_here": .array((estimate.unknown + estimate.unlike).map { .string($0) }),
      "memory_bytes": .integer(memory.bytes), "memory_limit_bytes": .integer(memoryLimit),
      "scratch_bytes": .integer(plan.scratchBytes),
      "output_bytes": .integer(plan.outputBytes),
      "warnings": .array(plan.warnings.map { .string($0.description) }),
    ]
  }
}
