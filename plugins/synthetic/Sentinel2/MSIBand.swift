/// The bands of the instrument and what surfaces look like in them at the top of the atmosphere.
struct MSIBand: Sendable, Hashable {
  /// As in file names: `B04`.
  let name: String
  /// The place in the metadata's lists, 0 ... 12.
  let index: Int
  /// Metres per pixel.
  let resolution: Int
  /// Band edges and central wavelength in nanometres (Sentinel-2A, spectral response functions of 2017, rounded).
  let low, high, central: Double
  /// Solar irradiance at one astronomical unit in W/m²/µm (rounded).
  let irradiance: Double
  /// Reflectance of dry snow on thick ice, of young grey ice (10 to 30 cm), of open water with the path radiance over
  /// it, and of bare rock. Snow and ice: bright in the visible, falling beyond 0.9 µm and dark beyond 1.4 µm (after
  /// Warren 1982 and Grenfell & Perovich 1984, in round numbers); water: dark, with the blue of the atmosphere.
  let snow, grey, water, rock: Float

  /// As in the metadata: `B4`, `B8A`.
  var metadataName: String { name.hasPrefix("B0") ? "B" + name.dropFirst(2) : name }

  static let all: [MSIBand] = [
    MSIBand("B01", 0, 60, 412, 456, 442.7, 1885, 0.880, 0.208, 0.182, 0.17),
    MSIBand("B02", 1, 10, 456, 533, 492.4, 1960, 0.870, 0.215, 0.150, 0.16),
    MSIBand("B03", 2, 10, 538, 583, 559.8, 1823, 0.855, 0.221, 0.100, 0.17),
    MSIBand("B04", 3, 10, 646, 684, 664.6, 1512, 0.840, 0.220, 0.058, 0.19),
    MSIBand("B05", 4, 20, 695, 714, 704.1, 1425, 0.825, 0.216, 0.048, 0.20),
    MSIBand("B06", 5, 20, 731, 749, 740.5, 1288, 0.810, 0.210, 0.039, 0.21),
    MSIBand("B07", 6, 20, 769, 797, 782.8, 1162, 0.795, 0.202, 0.031, 0.21),
    MSIBand("B08", 7, 10, 760, 907, 832.8, 1042, 0.775, 0.195, 0.024, 0.22),
    MSIBand("B8A", 8, 20, 837, 881, 864.7, 955, 0.755, 0.185, 0.021, 0.22),
    MSIBand("B09", 9, 60, 932, 958, 945.1, 813, 0.480, 0.100, 0.012, 0.15),
    MSIBand("B10", 10, 60, 1337, 1412, 1373.5, 367, 0.004, 0.002, 0.001, 0.002),
    MSIBand("B11", 11, 20, 1539, 1682, 1613.7, 246, 0.110, 0.030, 0.006, 0.24),
    MSIBand("B12", 12, 20, 2078, 2320, 2202.4, 85, 0.090, 0.022, 0.004, 0.22),
  ]

  static func named(_ name: String) -> MSIBand? { all.first { $0.name == name } }

  private init(
    _ name: String, _ index: Int, _ resolution: Int, _ low: Double, _ high: Double, _ central: Double,
    _ irradiance: Double,
    _ snow: Float, _ grey: Float, _ water: Float, _ rock: Float
  ) {
    self.name = name
    self.index = index
    self.resolution = resolution
    self.low = low
    self.high = high
    self.central = central
    self.irradiance = irradiance
    self.snow = snow
    self.grey = grey
    self.water = water
    self.rock = rock
  }
}
