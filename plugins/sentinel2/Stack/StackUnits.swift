import FloeSDK

/// What the numbers of a stack mean.
enum StackUnits: String, ChoiceParameter { case reflectance, dn }
