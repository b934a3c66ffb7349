import FloeSDK

/// What the `mask` parameter may name.
enum MaskChoice: String, ChoiceParameter {
  case opaqueCloud = "opaque_cloud"
  case cirrus, saturated, defective, shadow

  /// The code in the mask output.
  var code: MaskReason {
    switch self {
    case .opaqueCloud: .opaqueCloud
    case .cirrus: .cirrus
    case .saturated: .saturated
    case .defective: .defective
    case .shadow: .shadow
    }
  }
}

/// Codes of the mask output: why a pixel takes no part. Where several apply the lowest code is written.
enum MaskReason: UInt8, CaseIterable, Sendable {
  case valid, noData, opaqueCloud, cirrus, defective, saturated, land, shadow

  /// The name for programs.
  var name: String { entry.name }
  /// The name for people.
  var label: String { entry.label }

  /// Codes with names and colours; no code is no data, since every pixel has its reason.
  static let classes = ClassTable(allCases.map(\.entry))

  private var entry: ClassEntry {
    let (name, label, color): (String, String, RGB) =
      switch self {
      case .valid: ("valid", "Valid", RGB(240, 248, 252))
      case .noData: ("no_data", "No data", RGB(40, 40, 40))
      case .opaqueCloud: ("opaque_cloud", "Opaque cloud", RGB(221, 170, 51))
      case .cirrus: ("cirrus", "Cirrus", RGB(245, 214, 130))
      case .defective: ("defective", "Defective", RGB(136, 34, 85))
      case .saturated: ("saturated", "Saturated", RGB(204, 51, 17))
      case .land: ("land", "Land", RGB(153, 119, 68))
      case .shadow: ("shadow", "Cloud shadow", RGB(110, 110, 140))
      }
    return ClassEntry(code: Int(rawValue), name: name, label: label, color: color)
  }
}
