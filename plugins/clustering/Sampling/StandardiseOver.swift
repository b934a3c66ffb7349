import FloeSDK

/// Whose mean and spread standardise the features.
enum StandardiseOver: String, ChoiceParameter {
  /// The samples that take part.
  case kept
  /// All rows of a table, marked or not, as far as they have a value; as the course notebook's scaler, which is fitted
  /// before anything is dropped.
  case all
}
