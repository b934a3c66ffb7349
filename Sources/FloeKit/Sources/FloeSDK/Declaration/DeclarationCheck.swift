// What a declaration alone can say about a request: shared by Swift steps and by steps that a manifest describes.

extension StepDeclaration {
  /// Puts a chosen preset's values where nothing else was given, and finds names that the step does not have.
  public func settle(_ literals: inout [String: ParameterLiteral], ports: some Sequence<String>) -> [ParameterError] {
    var errors: [ParameterError] = []
    if let chosen = literals.removeValue(forKey: "preset") {
      if let preset = presets.first(where: { $0.name == chosen.description }) {
        literals.merge(preset.values) { own, _ in own }
      } else {
        let known = presets.map(\.name).joined(separator: ", ")
        errors.append(
          ParameterError(
            "preset",
            known.isEmpty ? "is not offered by this step" : "must be one of \(known), not '\(chosen.description)'"))
      }
    }
    errors += unknown(literals.keys, among: parameters.map(\.name), "a parameter")
    errors += unknown(ports, among: inputs.map(\.name), "an input")
    return errors
  }

  private func unknown(_ names: some Sequence<String>, among known: [String], _ what: String) -> [ParameterError] {
    names.sorted().filter { !known.contains($0) }.map { key in
      let near = Spelling.nearest(key, among: known).map { " (did you mean '\($0)'?)" } ?? ""
      return ParameterError(
        key, "is not \(what) of \(name)\(near); it has \(known.isEmpty ? "none" : known.joined(separator: ", "))")
    }
  }

  /// The given parameters and the defaults of the others.
  public func inForce(_ literals: [String: ParameterLiteral]) -> [String: ParameterLiteral] {
    var all = literals
    for p in parameters where all[p.name] == nil { all[p.name] = p.defaultValue }
    return all
  }
}

extension PortInfo {
  /// The mistake of connecting these values.
  public func mismatch(_ ports: [PortData]) -> ParameterError {
    let wanted = kinds.map(\.rawValue).joined(separator: " or ")
    if ports.isEmpty { return ParameterError(name, "is not connected: \(help) (\(wanted))") }
    let got = ports.map(\.kind.rawValue).joined(separator: ", ")
    return ParameterError(name, "needs \(acceptsMany ? "one or more of" : "one") \(wanted), not \(got)")
  }
}

extension ParameterInfo {
  /// The sentence for a parameter that must be given and was not.
  public var missing: FloeError { FloeError("is missing: \(help.prefix(1).lowercased() + help.dropFirst()) (\(type))") }
}

extension ParameterValue {
  /// Reads a literal and checks the numbers in it against a range.
  ///
  /// - Throws: the second half of a sentence whose first is the parameter's name.
  public init(literal: ParameterLiteral, in bounds: ClosedRange<Double>?, unit: PhysicalUnit?) throws(FloeError) {
    self = try Self(literal: literal)
    guard let bounds else { return }
    for number in rangedNumbers where !bounds.contains(number) {
      let unit = unit.map { $0 == .dimensionless ? "" : " \($0.rawValue)" } ?? ""
      throw FloeError("must be \(bounds.inWords)\(unit), not \(number.literal.description)")
    }
  }
}

extension ClosedRange where Bound == Double {
  fileprivate var inWords: String {
    let low = lowerBound.literal.description
    let high = upperBound.literal.description
    if upperBound == .greatestFiniteMagnitude { return "at least \(low)" }
    if lowerBound == -.greatestFiniteMagnitude { return "at most \(high)" }
    return "between \(low) and \(high)"
  }
}
