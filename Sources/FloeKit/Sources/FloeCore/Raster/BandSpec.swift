/// What one band holds and how its stored numbers become physical ones: `physical = stored * scale + offset`.
public struct BandSpec: Sendable, Hashable, Codable {
  /// The field's name of the band, for example `B04`; unique within a raster.
  public var name: String
  /// A sentence for people.
  public var summary: String
  /// What is measured, for example `reflectance`, `DN`, `probability`, `class`.
  public var quantity: String
  /// The unit of the physical value.
  public var unit: PhysicalUnit
  /// What stored numbers are multiplied by; see `offset`.
  public var scale: Double
  /// What is added: physical value = stored number * scale + offset, in `unit`.
  public var offset: Double
  /// The stored value that stands for "nothing here"; nil where every value is valid. NaN is always no data.
  public var noData: Double?
  /// Central wavelength in nanometres.
  public var wavelength: Double?

  /// A band; the defaults are those of a dimensionless band without scaling.
  public init(
    name: String, summary: String = "", quantity: String = "value", unit: PhysicalUnit = .dimensionless,
    scale: Double = 1, offset: Double = 0, noData: Double? = nil, wavelength: Double? = nil
  ) {
    self.name = name
    self.summary = summary
    self.quantity = quantity
    self.unit = unit
    self.scale = scale
    self.offset = offset
    self.noData = noData
    self.wavelength = wavelength
  }
}
