import FloeSDK

extension Plan {
  /// Files that are written beside an output.
  func sidecars(of name: String) -> [String] { formats[name]?.writer.sidecars(of: name) ?? [] }

  /// Files that describe what lay in an output's place before.
  func outdated(by name: String) -> [String] {
    guard let writer = formats[name]?.writer else { return [] }
    return writer.sidecars(of: name) + writer.leftovers(of: name)
  }

  /// Outputs that are folders.
  var folderOutputs: Set<String> { Set(formats.filter { $0.value.declaration.isFolder }.keys) }
}
