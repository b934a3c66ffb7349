import FloeSDK

/// What counts where the inputs of a mosaic overlap.
enum MosaicRule: String, ChoiceParameter {
  case first, last, minimum, maximum, mean, majority
}
