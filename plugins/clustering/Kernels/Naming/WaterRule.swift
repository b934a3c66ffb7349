import FloeSDK

/// What water wider than a lead is called.
enum WaterRule: String, ChoiceParameter {
  case lead
  case openOcean = "open_ocean"
}
