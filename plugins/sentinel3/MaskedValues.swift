import FloeSDK

/// What becomes of masked values of interpolated variables.
public enum MaskedValues: String, ChoiceParameter { case missing, raw }
