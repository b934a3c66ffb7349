import FloeSDK

/// Which samples clusters are fitted on.
enum Training: String, ChoiceParameter {
  /// All, each counting alike.
  case even
  /// A sample in which every level of brightness counts alike.
  case balanced
}
