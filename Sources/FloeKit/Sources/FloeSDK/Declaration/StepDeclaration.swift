/// A parameter as declared; everything that help, documentation and checks need.
public struct ParameterInfo: Sendable, Hashable, Codable {
  /// The name that pipelines write.
  public var name: String
  /// `text`, `integer`, `number`, `boolean`, `path`, `choice`, `map`, or `list of` one of them.
  public var type: String
  /// What it is, in a few words.
  public var help: String
  /// UDUNITS symbol; `1` is dimensionless, nil for what has no unit.
  public var unit: String?
  /// The default value; nil without one.
  public var defaultValue: ParameterLiteral?
  /// Whether a request without it is refused.
  public var isRequired: Bool
  /// Smallest allowed number, in the parameter's unit; nil without a limit.
  public var minimum: Double?
  /// Largest allowed number, in the parameter's unit; nil without a limit.
  public var maximum: Double?
  /// The words that may be given; nil for what is no choice.
  public var choices: [String]?

  /// A parameter's description, as a manifest in another language gives it.
  public init(
    name: String, type: String, help: String, unit: String? = nil, defaultValue: ParameterLiteral? = nil,
    isRequired: Bool = false, minimum: Double? = nil, maximum: Double? = nil, choices: [String]? = nil
  ) {
    self.name = name
    self.type = type
    self.help = help
    self.unit = unit
    self.defaultValue = defaultValue
    self.isRequired = isRequired
    self.minimum = minimum
    self.maximum = maximum
    self.choices = choices
  }
}

/// An input or output as declared.
public struct PortInfo: Sendable, Hashable, Codable {
  /// The name that pipelines write.
  public var name: String
  /// What it is, in a few words.
  public var help: String
  /// What may travel through it.
  public var kinds: [PortKind]
  /// For an input: whether it must be connected; for an output: whether it is always made.
  public var isRequired: Bool
  /// Whether several values may be connected.
  public var acceptsMany: Bool
  /// When a conditional output is made, in words.
  public var condition: String?
  /// True for an input of several values whose order changes nothing in what the step makes; nil for all others.
  public var anyOrder: Bool?

  /// A port's description.
  public init(
    name: String, help: String, kinds: [PortKind], isRequired: Bool = true, acceptsMany: Bool = false,
    condition: String? = nil, anyOrder: Bool? = nil
  ) {
    self.name = name
    self.help = help
    self.kinds = kinds
    self.anyOrder = anyOrder
    self.isRequired = isRequired
    self.acceptsMany = acceptsMany
    self.condition = condition
  }
}

/// A program outside of floe that a step runs when it is installed.
public struct ProgramInfo: Sendable, Hashable, Codable {
  /// The command's name, looked for in `PATH`.
  public var name: String
  /// What it is for, as the end of the sentence "it is needed ...".
  public var purpose: String
  /// Debian's package that holds it.
  public var package: String
  /// A program.
  public init(_ name: String, purpose: String, package: String) {
    self.name = name
    self.purpose = purpose
    self.package = package
  }
}

/// A named set of alternative defaults.
public struct Preset: Sendable, Hashable, Codable {
  /// The name that pipelines write.
  public var name: String
  /// What it is, in a few words.
  public var help: String
  /// The defaults that it replaces, by parameter.
  public var values: [String: ParameterLiteral]
  /// A preset; the values are written as in a pipeline.
  public init(_ name: String, _ help: String, values: [String: ParameterLiteral]) {
    self.name = name
    self.help = help
    self.values = values
  }
}

/// Everything about a step that can be known without running it.
public struct StepDeclaration: Sendable, Hashable, Codable {
  /// The name that pipelines write.
  public var name: String
  /// Older names of the step, which pipelines may still write.
  public var aliases: [String]
  /// One sentence.
  public var summary: String
  /// Output type, no data, edge behaviour, units and sources, in Markdown.
  public var discussion: String
  /// A pipeline fragment that shows the step in use.
  public var example: String
  /// The inputs in the order in which they are declared.
  public var inputs: [PortInfo]
  /// The parameters in the order in which they are declared.
  public var parameters: [ParameterInfo]
  /// The outputs in the order in which they are declared.
  public var outputs: [PortInfo]
  /// Named alternative defaults.
  public var presets: [Preset]
  /// Whether the step runs after the writers, with the list of what was written.
  public var isFinishing: Bool
  /// Programs outside of floe that the step runs.
  public var programs: [ProgramInfo]

  /// A step's description, as a manifest in another language gives it.
  public init(
    name: String, aliases: [String] = [], summary: String, discussion: String = "", example: String = "",
    inputs: [PortInfo] = [],
    parameters: [ParameterInfo] = [], outputs: [PortInfo] = [], presets: [Preset] = [], isFinishing: Bool = false,
    programs: [ProgramInfo] = []
  ) {
    self.name = name
    self.aliases = aliases
    self.summary = summary
    self.discussion = discussion
    self.example = example
    self.inputs = inputs
    self.parameters = parameters
    self.outputs = outputs
    self.presets = presets
    self.isFinishing = isFinishing
    self.programs = programs
  }

  /// Mistakes of the declarer: each a sentence. Empty for a consistent declaration.
  public func inconsistencies() -> [String] {
    var found: [String] = []
    if !name.contains(".")
      || name.contains(where: { !($0.isLetter || $0.isNumber || $0 == "." || $0 == "_" || $0 == "-") })
    {
      found.append("step name '\(name)' must be 'family.step' in letters, digits, '_' and '-'")
    }
    if summary.isEmpty || summary.count > 150 {
      found.append("the summary must be one sentence of at most 150 characters")
    }
    var seen: Set<String> = ["preset"]
    for n in parameters.map(\.name) + inputs.map(\.name) where !seen.insert(n).inserted {
      found.append("'\(n)' is declared twice, or is the reserved name 'preset'")
    }
    seen = []
    for n in outputs.map(\.name) where !seen.insert(n).inserted { found.append("output '\(n)' is declared twice") }
    for p in parameters {
      if p.help.isEmpty { found.append("parameter '\(p.name)' has no help") }
      if let low = p.minimum, let high = p.maximum, low > high {
        found.append("parameter '\(p.name)' has an empty range")
      }
      if p.isRequired, p.defaultValue != nil { found.append("parameter '\(p.name)' is required and has a default") }
    }
    for input in inputs where input.anyOrder == true && !input.acceptsMany {
      found.append("input '\(input.name)' takes one value, which has no order")
    }
    for preset in presets {
      for key in preset.values.keys where !parameters.contains(where: { $0.name == key }) {
        found.append("preset '\(preset.name)' sets '\(key)', which is no parameter")
      }
    }
    return found
  }
}

/// Turns a Swift name such as `maxLeadWidth` into the one that pipelines write, `max_lead_width`.
func wireName(_ swiftName: some StringProtocol) -> String {
  var out = ""
  for c in swiftName where !(out.isEmpty && c == "_") {
    if c.isUppercase {
      if !out.isEmpty { out += "_" }
      out += c.lowercased()
    } else {
      out.append(c)
    }
  }
  return out
}
