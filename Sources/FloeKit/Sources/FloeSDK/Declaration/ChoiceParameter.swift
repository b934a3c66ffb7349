/// A parameter with named choices: an enumeration of texts.
public protocol ChoiceParameter: ParameterValue, CaseIterable, RawRepresentable where RawValue == String {}

extension ChoiceParameter {
  public static var typeName: String { "choice" }
  public static var choices: [String]? { allCases.map(\.rawValue) }
  public init(literal: ParameterLiteral) throws(FloeError) {
    let options = Self.allCases.map(\.rawValue)
    guard let t = literal.text, let v = Self(rawValue: t) else {
      let near = Spelling.nearest(literal.description, among: options).map { " (did you mean '\($0)'?)" } ?? ""
      throw FloeError("must be one of \(options.joined(separator: ", ")), not '\(literal.description)'\(near)")
    }
    self = v
  }
  public var literal: ParameterLiteral { .text(rawValue) }
}
