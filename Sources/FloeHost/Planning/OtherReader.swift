import FloeSDK

extension StepLibrary {
  /// Who reads a product that a step of another family was given and refuses, as the end of a sentence.
  ///
  /// Plugins do not know each other; their product readers tell what is theirs, and steps of a family are called
  /// `family.step`.
  func otherReader(of parameters: [String: ParameterLiteral], than use: String) -> String {
    // A plugin that cannot be loaded is told of elsewhere.
    guard let declaration = self.declaration(use), let readers = try? self.readers() else { return "" }
    let family = Self.family(of: declaration.name)
    guard readers.contains(where: { type(of: $0).name == family }) else { return "" }
    for parameter in declaration.parameters where parameter.type == "path" {
      guard let path = parameters[parameter.name]?.text else { continue }
      let owners = readers.filter { $0.recognises(path) }.map { type(of: $0).name }
      guard !owners.contains(family), let owner = owners.first else { continue }
      let step = declarations.first { step in
        Self.family(of: step.name) == owner && step.parameters.contains { $0.type == "path" }
      }
      return "; '\(path)' is a product of \(owner)\(step.map { ", which \($0.name) reads" } ?? "")"
    }
    return ""
  }

  private static func family(of step: String) -> String { String(step.prefix { $0 != "." }) }
}
