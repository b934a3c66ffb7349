import FloeSDK

/// Tells which product to fetch when one lacks what sea-ice work needs.
enum ProductRequirements {
  static func check(_ source: SRALFile, for purpose: ReadingPurpose) throws {
    let missing = try purpose.required.filter { try source.find($0) == nil }
    guard !missing.isEmpty else { return }
    let file = source.product.measurement
    let list = missing.map(SRALRoles.looked).joined(separator: ", ")
    let name = SRALProduct.last(file)
    if missing.contains(SRALVariables.echoes), name.hasPrefix("standard") || name.hasPrefix("reduced") {
      throw FloeError(
        """
        '\(file)' has no \(list): echoes are in enhanced_measurement.nc of the product; read that, name `variables`, \
        or give purpose: elevation for the product's own ranges
        """
      )
    }
    let type = TrackFacts(source).type
    let which = type.isEmpty || type == "SR_2_LAN_SI" ? "'\(file)'" : "'\(file)' (\(type))"
    throw FloeError(
      """
      \(which) has no \(list); SR_2_LAN_SI, the sea-ice product of the same pass, is the product to fetch, or name \
      the `variables` to read
      """
    )
  }
}
