import FloeSDK

/// Which band tells how sure the classification is.
enum Uncertainty: String, ChoiceParameter {
  case entropy, top, none
}
