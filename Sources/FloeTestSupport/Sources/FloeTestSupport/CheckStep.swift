import FloeSDK

/// Runs the laws of the step contract over a step.
///
/// The declaration is consistent; bad parameters and ports are refused by name; `plan` reads nothing and announces what
/// is made and what scratch it takes; the same bytes come out for any number of workers, memory, tile size and way of
/// reading; a cancelled run ends as `Cancelled`; an input that cannot be read ends the step with the reason; neither
/// leaves anything in scratch.
///
/// ```swift
/// #expect(try await checkStep(ThresholdStep.self, ports: ["image": [.raster(SyntheticData.ice())]]) == [])
/// ```
/// - Parameters:
///   - parameters: a request that the step takes.
///   - ports: inputs that it takes; large enough for several tiles.
///   - circumstances: readers, and what a finishing step looks at.
/// - Returns: a sentence for each law that is broken.
/// - Throws: what the step throws when nothing is wrong with the request.
public func checkStep<Step: ProcessingStep>(
  _ type: Step.Type, parameters: [String: ParameterLiteral] = [:], ports: [String: [PortData]] = [:],
  circumstances: HarnessOptions = HarnessOptions()
) async throws -> [String] {
  try await checkStep(SwiftStepFactory(type), parameters: parameters, ports: ports, circumstances: circumstances)
}

/// The same for a factory, for example one that a plugin registered.
public func checkStep(
  _ factory: any StepFactory, parameters: [String: ParameterLiteral] = [:], ports: [String: [PortData]] = [:],
  circumstances: HarnessOptions = HarnessOptions()
) async throws -> [String] {
  var broken = checkDeclaration(factory, parameters: parameters, ports: ports)
  let laws = StepLaws(factory: factory, parameters: parameters, ports: ports, circumstances: circumstances)
  broken += try laws.planning()
  broken += try await laws.keepingToThePlan()
  broken += try await laws.keepingScratch()
  broken += try await laws.sameBytes()
  broken += try await laws.cancellation()
  broken += try await laws.cancellationInTheMiddle()
  broken += try await laws.failure()
  return broken
}

/// The laws that need no run: the declaration is consistent and bad requests are refused.
public func checkDeclaration(
  _ factory: any StepFactory, parameters: [String: ParameterLiteral] = [:], ports: [String: [PortData]] = [:]
) -> [String] {
  let declaration = factory.declaration
  var broken = declaration.inconsistencies()
  func mustRefuse(_ what: String, names: String, _ literals: [String: ParameterLiteral], _ ports: [String: [PortData]])
  {
    do {
      _ = try factory.bind(parameters: literals, ports: ports)
      broken.append("\(declaration.name) takes \(what)")
    } catch let errors as BindingErrors {
      if !errors.errors.contains(where: { $0.parameter == names }) {
        broken.append("\(declaration.name) refuses \(what) without naming '\(names)'")
      }
    } catch {
      broken.append("\(declaration.name) refuses \(what) with \(error), not with BindingErrors")
    }
  }
  mustRefuse(
    "an unknown parameter", names: "no_such_parameter", parameters.merging(["no_such_parameter": .text("1")]) { $1 },
    ports)
  mustRefuse(
    "an unknown input", names: "no_such_input", parameters,
    ports.merging(["no_such_input": [.document(Document(title: "", body: .null))]]) { $1 })
  for p in declaration.parameters {
    func given(_ text: String) -> [String: ParameterLiteral] { parameters.merging([p.name: .text(text)]) { $1 } }
    if let low = p.minimum {
      mustRefuse("\(p.name) below its range", names: p.name, given((low - 1).literal.description), ports)
    }
    if let high = p.maximum {
      mustRefuse("\(p.name) above its range", names: p.name, given((high + 1).literal.description), ports)
    }
    if ["integer", "number", "boolean", "choice"].contains(p.type) {
      mustRefuse("'?!' for \(p.name)", names: p.name, given("?!"), ports)
    }
    if p.isRequired {
      mustRefuse("a request without \(p.name)", names: p.name, parameters.filter { $0.key != p.name }, ports)
    }
  }
  for input in declaration.inputs {
    if input.isRequired {
      mustRefuse(
        "a request without \(input.name)", names: input.name, parameters, ports.filter { $0.key != input.name })
    }
    let strange: PortData = .document(Document(title: "", body: .null))
    if !input.kinds.contains(.document) {
      mustRefuse(
        "a document for \(input.name)", names: input.name, parameters, ports.merging([input.name: [strange]]) { $1 })
    }
  }
  return broken
}
