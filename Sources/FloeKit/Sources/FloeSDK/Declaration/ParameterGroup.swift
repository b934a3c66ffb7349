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

extension Group: DeclaredGroup { var members: Any { wrappedValue } }
