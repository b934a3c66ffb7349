/// Includes a struct of parameters in a step, as if they were declared in the step itself.
///
/// What several steps share is declared once:
/// ```swift
/// struct FitOptions: Sendable, Decodable {
///   @Param("Random starts; the best is kept", in: 1...100) var starts = 4
///   @Param("Names for clusters") var names: [String: String]?
/// }
/// struct KMedoidsStep: ProcessingStep {
///   @Group var fit = FitOptions()
/// }
/// ```
/// Pipelines write `starts` and `names` beside the step's own parameters; in Swift they are `fit.starts`. Members may
/// be
/// `@Param`, `@Input`, `@Output`, `@Planned` and further groups. Their names must differ from the step's.
@propertyWrapper
public struct Group<Value: Decodable & Sendable>: Sendable, Decodable {
  /// The members with what was bound to them.
  public var wrappedValue: Value
  /// A group with its defaults.
  public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
  /// Takes the values that the host bound to the members.
  public init(from decoder: any Decoder) throws {
    guard let field = decoder as? FieldDecoder else { throw FloeError("a step's groups can only be bound by floe") }
    wrappedValue = try Value(from: field.step)
  }
}

/// What the declaration reader asks of a group.
protocol DeclaredGroup {
  /// The members, as `Mirror` finds them.
  var members: Any { get }
}

extension Group: DeclaredGroup { var members: Any { wrappedValue } }

/// The property wrappers of a step or writer by the name that pipelines write, in the order of declaration; those of a
/// group stand where the group does.
func declaredFields(of declarer: Any) -> [(name: String, value: Any)] {
  Mirror(reflecting: declarer).children.flatMap { child -> [(name: String, value: Any)] in
    if let group = child.value as? any DeclaredGroup { return declaredFields(of: group.members) }
    return child.label.map { [(wireName($0), child.value)] } ?? []
  }
}
