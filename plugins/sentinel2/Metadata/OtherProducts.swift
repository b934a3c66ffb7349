/// Sentinel-2 products that are not read, by their names: what they are, and what would be right.
///
/// Source: Sentinel-2 Products Specification Document, S2-PDGS-TAS-DI-PSD, naming conventions of versions 12 (one
/// folder with many granules, until December 2016) and 14 (one tile).
enum OtherProducts {
  enum Kind {
    /// Several granules in one folder, as products were made until December 2016.
    case oldFormat
    /// Level 0, 1A or 1B, in the sensor's geometry.
    case level(String)
  }

  /// What a file or folder is by its name; nil for products that are read and for everything else.
  static func kind(of name: String) -> Kind? {
    guard name.hasPrefix("S2"), name.utf8.count > 20 else { return nil }
    for level in ["0", "1A", "1B"] {
      for mark in ["_MSIL\(level)_", "_MSI_L\(level)_", "_MTD_SAFL\(level)_", "_MTD_L\(level)_"]
      where name.contains(mark) {
        return .level("level \(level)")
      }
    }
    let isOld =
      ["_OPER_PRD_MSIL", "_USER_PRD_MSIL", "_OPER_MTD_SAFL", "_USER_MTD_SAFL"].contains(where: name.contains)
    return isOld ? .oldFormat : nil
  }

  /// The sentence about a product that is not read, by its own name or those inside; nil for others.
  static func sentence(_ path: String, inside names: [String]) -> String? {
    let own = path.split(separator: "/").last.map(String.init) ?? path
    guard let kind = ([own] + names).lazy.compactMap(kind).first else { return nil }
    switch kind {
    case .oldFormat:
      return """
        '\(path)' is a Sentinel-2 product in the old format of products made before December 2016, with several \
        granules in one folder; get the reprocessed product with one tile (name S2x_MSIL1C_... or S2x_MSIL2A_..., \
        collection 1)
        """
    case .level(let level):
      return """
        '\(path)' is a Sentinel-2 product of \(level), in the geometry of the sensor; a product of level 1C or 2A is \
        needed (name S2x_MSIL1C_... or S2x_MSIL2A_...)
        """
    }
  }
}
