import FloeSDK
import Foundation

/// How a plan's outputs are named, bound to writers and checked.
extension Planner {
  /// Gives each output its one name; those without one are complained about and left out.
  mutating func nameOutputs() {
    pipeline.outputs = pipeline.outputs.compactMap { output in
      guard let name = OutputNames.normal(output.name) else {
        complain(
          output.line,
          """
          output '\(output.name)' must be a file name inside the output folder, without '..' and without '/' at its \
          beginning or end
          """
        )
        return nil
      }
      return .init(name: name, line: output.line, layers: output.layers, settings: output.settings)
    }
  }

  /// The writer of each output, found by the end of its name and bound to its parameters.
  mutating func bindWriters() -> [String: Plan.Format] {
    var formats: [String: Plan.Format] = [:]
    for output in pipeline.outputs {
      guard let declaration = library.format(ofFile: output.name) else {
        complain(
          output.line,
          """
          no writer knows output '\(output.name)'; endings are \
          \(library.formats.flatMap(\.suffixes).map { "." + $0 }.joined(separator: ", "))
          """
        )
        continue
      }
      let complaints = problems.count
      var literals: [String: ParameterLiteral] = [:]
      for (name, setting) in output.settings {
        let type = declaration.parameters.first { $0.name == name }?.type ?? "text"
        literals[name] = resolve(setting.literal, type: type, line: setting.line)
      }
      guard problems.count == complaints else { continue }
      do {
        let writer = try library.writer(declaration.name).bind(parameters: literals)
        formats[output.name] = Plan.Format(
          declaration: declaration, writer: writer, inForce: declaration.inForce(literals))
      } catch let errors as BindingErrors {
        for e in errors.errors {
          complain(output.settings[e.parameter]?.line ?? output.line, "output \(output.name): \(e)")
        }
      } catch {
        complain(output.line, "output \(output.name): \(error)")
      }
    }
    return formats
  }

  mutating func checkOutputs(_ steps: [Plan.Step], _ formats: [String: Plan.Format]) {
    if let reason = OutputFolder.refusal(outputFolder) {
      var problem = Problem(file: outputFolder, line: 0, reason)
      problem.isOfFolder = true
      problems.append(problem)
    }
    for (line, message) in OutputNames(outputs: pipeline.outputs, formats: formats, folder: outputFolder).mistakes() {
      complain(line, message)
    }
    for output in pipeline.outputs {
      guard let format = formats[output.name] else { continue }
      let suffix = format.declaration.suffixes.first { output.name.lowercased().hasSuffix("." + $0) } ?? ""
      if output.layers.keys.contains(where: { !$0.isEmpty }), !format.declaration.hasLayers {
        let layered = library.formats.filter(\.hasLayers).flatMap(\.suffixes).map { "." + $0 }
        complain(
          output.line,
          """
          output '\(output.name)' takes one 'step.port', not a map of layers; only \
          \(layered.joined(separator: ", ")) \(layered.count == 1 ? "has" : "have") layers
          """
        )
      }
      if let twice = Self.twice(output.layers.keys) {
        complain(
          output.line,
          """
          output '\(output.name)' has the layers \(twice), which a file .\(suffix) does not tell apart; give \
          one another name
          """
        )
      }
      for layer in output.layers.keys where format.declaration.hasLayers {
        // A layer without a name is called as the file is.
        let name =
          layer.isEmpty ? ((output.name as NSString).lastPathComponent as NSString).deletingPathExtension : layer
        guard let refusal = Self.refusal(ofLayer: name, isAlone: output.layers.count == 1) else { continue }
        complain(output.line, "output '\(output.name)' cannot have a layer '\(name)': \(refusal)")
      }
      for (layer, r) in output.layers {
        guard let step = steps.first(where: { $0.id == r.step }) else { continue }
        guard let data = step.outputs[r.port] else {
          complainAboutConditional(r, consumer: "output \(output.name)")
          continue
        }
        if !format.declaration.kinds.contains(data.kind) {
          complain(
            r,
            """
            output \(output.name) cannot hold '\(r.text)': it is a \(data.kind.rawValue), a .\(suffix) \
            holds \(format.declaration.kinds.map(\.rawValue).joined(separator: " or "))
            """
          )
        } else if let refusal = format.writer.refusal(of: data) {
          complain(
            r,
            "output \(output.name) cannot hold '\(r.text)'\(layer.isEmpty ? "" : " as layer '\(layer)'"): \(refusal)")
        }
      }
    }
  }

  /// Why no layer can be called so; nil for other names.
  private static func refusal(ofLayer name: String, isAlone: Bool) -> String? {
    let lower = name.lowercased()
    if lower == "layer_styles" || lower.hasPrefix("gpkg") || lower.hasPrefix("sqlite_") {
      return "'layer_styles' and names that begin with 'gpkg' or 'sqlite_' belong to the format; choose another"
    }
    // The index of a layer `x` is called `rtree_x_geom`.
    if lower.hasPrefix("rtree_"), !isAlone {
      return "names that begin with 'rtree_' are those of other layers' indices; choose another"
    }
    if let first = name.utf8.first, "`~!@#$%^&*()+-={}|[]\\:\";'<>?,./".utf8.contains(first) {
      return "its name must begin with a letter, a digit or '_'"
    }
    return nil
  }

  /// Two names that differ by case alone, in quotes; nil without such.
  private static func twice(_ names: some Sequence<String>) -> String? {
    var seen: [String: String] = [:]
    for name in names {
      if let other = seen.updateValue(name, forKey: name.lowercased()) { return "'\(other)' and '\(name)'" }
    }
    return nil
  }
}

// MARK: - What a run keeps

extension Planner {
  /// The planned outputs of a step, those marked as kept that several steps and outputs read, and the bytes of these.
  func keeping(_ outputs: [String: PortData], of step: String) -> (outputs: [String: PortData], bytes: Int) {
    var result = outputs
    var bytes = 0
    for (port, data) in outputs {
      guard case .raster(let raster) = data, !raster.source.isMaterialized, readers(of: step, port) > 1 else {
        continue
      }
      result[port] = .raster(Raster(planned: raster.spec, isKept: true))
      bytes += raster.spec.byteCount
    }
    return (result, bytes)
  }

  private func readers(of step: String, _ port: String) -> Int {
    var references = pipeline.steps.values.flatMap { Array($0.connections.values.joined()) }
    references += pipeline.outputs.flatMap { Array($0.layers.values) }
    return references.count { $0.step == step && $0.port == port }
  }
}
