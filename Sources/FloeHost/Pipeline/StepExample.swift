import FloeSDK
import Yams

/// What the example of a step's declaration sets and connects, for those that show it in another form.
public struct StepExample: Sendable {
  /// Parameters in the order of the example.
  public private(set) var settings: [(name: String, value: ParameterLiteral)] = []
  /// What each input takes, `step.port`.
  public private(set) var inputs: [String: [String]] = [:]

  /// Reads a declaration's example; nothing for one that does not show the step.
  public init(_ declaration: StepDeclaration) {
    // An example that is no YAML is shown as it stands.
    guard let root = try? Yams.compose(yaml: declaration.example), case .mapping(let top) = root else { return }
    var steps = top
    if let inner = Self.value("steps", top), case .mapping(let mapping) = inner { steps = mapping }
    for (_, node) in steps {
      guard case .mapping(let step) = node, Self.value("use", step)?.scalarText == declaration.name else { continue }
      if let with = Self.value("with", step), case .mapping(let mapping) = with {
        settings = mapping.map { (name: $0.key.string ?? "", value: $0.value.literal) }
      }
      if let taken = Self.value("in", step), case .mapping(let mapping) = taken {
        for (key, value) in mapping {
          switch value.literal {
          case .text(let text): inputs[key.string ?? ""] = [text]
          case .list(let items): inputs[key.string ?? ""] = items.compactMap(\.text)
          case .map: break
          }
        }
      }
    }
  }

  private static func value(_ name: String, _ mapping: Node.Mapping) -> Node? {
    mapping.first { $0.key.string == name }?.value
  }
}
