import FloeSDK

/// What the default variables are for.
public enum ReadingPurpose: String, ChoiceParameter {
  /// Classification, alignment and retracking of echoes.
  case echoes
  /// Elevations and freeboard with the product's own ranges, without echoes.
  case elevation

  /// The variables that a product is refused without.
  var required: [String] {
    switch self {
    case .echoes: SRALVariables.required
    case .elevation: SRALVariables.elevationRequired
    }
  }

  /// All default variables.
  var variables: [String] {
    switch self {
    case .echoes: SRALVariables.usual + required
    case .elevation: required + SRALVariables.elevation
    }
  }
}
