import FloeCore

/// Whether a model may classify a raster.
public struct ModelCompatibility: Sendable, Hashable {
  /// Why not, as a sentence; nil when it may.
  public let refusal: String?
  /// What to be careful about.
  public let warnings: [String]
  /// The raster's bands in the order of the model's features; empty when refused.
  public let bands: [Int]
}

/// Compares a model with a raster: bands, units, quantity, level and offset must agree; another spacecraft or sun is a
/// warning.
public func compatibility(_ model: FittedModel, _ spec: RasterSpec) -> ModelCompatibility {
  func refuse(_ sentence: String) -> ModelCompatibility {
    ModelCompatibility(refusal: sentence, warnings: [], bands: [])
  }
  var bands: [Int] = []
  let here = spec.acquisition
  let there = model.source
  for feature in model.features {
    guard let index = spec.bandIndex(feature.name) else {
      return refuse(
        "the model needs the band '\(feature.name)'; the raster has \(spec.bands.map(\.name).joined(separator: ", "))")
    }
    let band = spec.bands[index]
    if band.quantity != feature.quantity {
      return refuse(
        "band '\(band.name)' holds \(band.quantity), the model was fitted on \(feature.quantity); "
          + "stack the scene as \(feature.quantity)")
    }
    if band.unit != feature.unit {
      return refuse(
        "band '\(band.name)' is in '\(band.unit.rawValue)', the model was fitted on '\(feature.unit.rawValue)'")
    }
    // Sentinel-2 subtracts 1000 DN since baseline 04.00 (99.99 is what the Sen2Cor toolbox writes, of either
    // kind); numbers already turned into reflectance carry no offset.
    if band.quantity == "reflectance", spec.type.isInteger, band.offset == 0 {
      let isNew = here?.baseline.map { Double($0).map { $0 >= 4 && $0 < 90 } ?? false } ?? (feature.offset != 0)
      if isNew && (here?.platform?.hasPrefix("Sentinel-2") ?? true) {
        return refuse(
          "band '\(band.name)' has no offset although "
            + (here?.baseline.map { "baseline \($0)" } ?? "the model's scene")
            + " has one; read the product's metadata, or stack it again")
      }
    }
    bands.append(index)
  }
  if let a = there?.level, let b = here?.level, a != b {
    return refuse("the raster is level \(b), the model was fitted on \(a); use a scene of level \(a)")
  }
  var warnings: [String] = []
  if let a = there?.platform, let b = here?.platform, a != b {
    warnings.append("the model was fitted on \(a), the scene is from \(b): their bands differ a little")
  }
  if let a = there?.sunZenith, let b = here?.sunZenith, abs(a - b) > 10 {
    warnings.append(
      """
      the sun stands at zenith angle \(short(b)) degrees, the model was fitted at \(short(a)): brightness may not \
      compare
      """
    )
  }
  return ModelCompatibility(refusal: nil, warnings: warnings, bands: bands)
}

/// Whether a model may classify a table's columns, and the sentence why not.
public func refusal(_ model: FittedModel, _ table: Table) -> String? {
  for feature in model.features {
    guard let column = table[feature.name] else {
      return
        """
        the model needs the column '\(feature.name)'; the table has \
        \(table.columns.map(\.name).joined(separator: ", "))
        """
    }
    if column.unit != feature.unit {
      return
        "column '\(column.name)' is in '\(column.unit.rawValue)', the model was fitted on '\(feature.unit.rawValue)'"
    }
  }
  return nil
}
