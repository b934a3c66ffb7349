import FloeSDK

extension StepLibrary {
  /// Who reads a product that another step was given and refuses, as the end of a sentence.
  ///
  /// Plugins do not know each other; their product readers say what is theirs, and steps of a family are called
  /// `family.step`. A step of no reader's family, such as `raster.read`, may well read a product's single file: of such
  /// steps only whole products are named, folders and archives.
  func otherReader(of parameters: [String: ParameterLiteral], than use: String) -> String {
    // A plugin that cannot be loaded is reported elsewhere.
    guard let declaration = self.declaration(use), let readers = try? self.readers() else { return "" }
    let family = Self.family(of: declaration.name)
    let isReader = readers.contains { type(of: $0).name == family }
    for path in declaration.parameters.flatMap({ Self.paths($0, parameters[$0.name]) }) {
      guard isReader || Folder.isFolder(path) || path.lowercased().hasSuffix(".zip") else { continue }
      let owners = readers.filter { $0.recognises(path) }.map { type(of: $0).name }
      guard !owners.contains(family), let owner = owners.first else { continue }
      let step = declarations.first { step in
        Self.family(of: step.name) == owner && step.parameters.contains { $0.type == "path" }
      }
      return "; '\(path)' is a product of \(owner)\(step.map { ", which \($0.name) reads" } ?? "")"
    }
    return ""
  }

  /// The paths that a parameter was given; none for one of another type.
  private static func paths(_ parameter: ParameterInfo, _ literal: ParameterLiteral?) -> [String] {
    switch literal {
    case .text(let path)? where parameter.type == "path": [path]
    case .text(let path)? where parameter.type == "list of path": [path]
    case .list(let items)? where parameter.type == "list of path": items.compactMap(\.text)
    default: []
    }
  }

  private static func family(of step: String) -> String { String(step.prefix { $0 != "." }) }
}
