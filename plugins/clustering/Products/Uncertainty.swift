import FloeSDK

/// Which band holds the uncertainty of the classification.
enum Uncertainty: String, ChoiceParameter {
  case entropy, top, none
}
