/// Everything about an output format that can be known without writing a file.
public struct WriterDeclaration: Sendable, Hashable, Codable {
  /// A word for lists and messages.
  public var name: String
  /// One sentence.
  public var summary: String
  /// Ends of file names without the point, in lower case; the first is the usual one.
  public var suffixes: [String]
  /// What a file can hold.
  public var kinds: [PortKind]
  /// Whether a file may hold several named layers.
  public var hasLayers: Bool
  /// Whether the result is a folder, which is put in place whole.
  public var isFolder: Bool
  /// Whether columns of arrays, such as echoes, are kept.
  public var holdsArrays: Bool
  /// What a pipeline may set under `with`, in the order of the declaration.
  public var parameters: [ParameterInfo]

  /// A writer's description, as a manifest in another language gives it.
  public init(
    name: String, summary: String, suffixes: [String], kinds: [PortKind], hasLayers: Bool = false,
    isFolder: Bool = false, holdsArrays: Bool = false, parameters: [ParameterInfo] = []
  ) {
    self.name = name
    self.summary = summary
    self.suffixes = suffixes
    self.kinds = kinds
    self.hasLayers = hasLayers
    self.isFolder = isFolder
    self.holdsArrays = holdsArrays
    self.parameters = parameters
  }

  /// Whether a file of this name is written in this format.
  public func takes(_ fileName: String) -> Bool {
    let name = fileName.lowercased()
    return suffixes.contains { name.hasSuffix("." + $0) }
  }

  /// Mistakes of the declarer: each a sentence. Empty for a consistent declaration.
  public func inconsistencies() -> [String] {
    var found: [String] = []
    if name.isEmpty || name.contains(where: { !($0.isLetter || $0.isNumber || "._-".contains($0)) }) {
      found.append("writer name '\(name)' must be a word of letters, digits, '.', '_' and '-'")
    }
    if summary.isEmpty || summary.count > 150 {
      found.append("the summary must be one sentence of at most 150 characters")
    }
    if suffixes.isEmpty { found.append("a writer must name at least one suffix") }
    for suffix in suffixes
    where suffix.isEmpty || suffix != suffix.lowercased() || suffix.hasPrefix(".") || suffix.contains("/") {
      found.append("suffix '\(suffix)' must be in lower case, without a point before it and without '/'")
    }
    if kinds.isEmpty { found.append("a writer must hold at least one of raster, table, model, document") }
    if Set(parameters.map(\.name)).count != parameters.count { found.append("a parameter is declared twice") }
    for p in parameters where p.help.isEmpty { found.append("parameter '\(p.name)' has no help") }
    return found
  }

  /// The given parameters and the defaults of the others.
  public func inForce(_ literals: [String: ParameterLiteral]) -> [String: ParameterLiteral] {
    var all = literals
    for p in parameters where all[p.name] == nil { all[p.name] = p.defaultValue }
    return all
  }

  /// Names that the writer does not have as parameters.
  public func strangers(_ names: some Sequence<String>) -> [ParameterError] {
    let known = parameters.map(\.name)
    return names.sorted().filter { !known.contains($0) }.map { key in
      let near = Spelling.nearest(key, among: known).map { " (did you mean '\($0)'?)" } ?? ""
      return ParameterError(
        key,
        """
        is not a parameter of the writer \(name)\(near); it has \
        \(known.isEmpty ? "none" : known.joined(separator: ", "))
        """
      )
    }
  }
}
