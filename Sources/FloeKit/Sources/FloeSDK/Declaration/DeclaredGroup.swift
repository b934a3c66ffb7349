/// What the declaration reader asks of a group.
protocol DeclaredGroup {
  /// The members, as `Mirror` finds them.
  var members: Any { get }
}

/// The property wrappers of a step or writer by the name that pipelines write, in the order of declaration; those of a
/// group stand where the group does.
func declaredFields(of declarer: Any) -> [(name: String, value: Any)] {
  Mirror(reflecting: declarer).children.flatMap { child -> [(name: String, value: Any)] in
    if let group = child.value as? any DeclaredGroup { return declaredFields(of: group.members) }
    return child.label.map { [(wireName($0), child.value)] } ?? []
  }
}
