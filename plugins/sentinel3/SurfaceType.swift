import FloeSDK

/// ESA's surface types, by short names.
public enum SurfaceType: String, ChoiceParameter {
  case ocean, enclosed_water, continental_ice, land
  /// The code in `surf_type_20_ku`.
  var code: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
