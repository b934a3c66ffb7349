import FloeSDK

/// One of the thirteen bands of the MSI instrument, in the order of `band_id` in the metadata (0 ..< 13).
enum SpectralBand: Int, CaseIterable, Sendable {
  case b01, b02, b03, b04, b05, b06, b07, b08, b8a, b09, b10, b11, b12

  /// The field's name, as in file names: `B01`, `B8A`.
  var name: String { Self.names[rawValue] }
  /// What the band is used for, in words.
  var colour: String { Self.colours[rawValue] }
  /// The ground sampling distance of the instrument in metres.
  var nativeResolution: Int {
    switch self {
    case .b02, .b03, .b04, .b08: 10
    case .b05, .b06, .b07, .b8a, .b11, .b12: 20
    case .b01, .b09, .b10: 60
    }
  }

  static let names = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"]
  private static let colours = [
    "coastal aerosol", "blue", "green", "red", "red edge 1", "red edge 2", "red edge 3", "near infrared",
    "narrow near infrared", "water vapour", "cirrus", "short-wave infrared 1", "short-wave infrared 2",
  ]

  /// A band from `B04`, `b4`, `B8A` or `b8a`; nil for anything else.
  init?(_ text: String) {
    var name = text.uppercased()
    guard name.hasPrefix("B") else { return nil }
    if name.utf8.count == 2 { name = "B0" + name.dropFirst() }
    guard let place = Self.names.firstIndex(of: name) else { return nil }
    self.init(rawValue: place)
  }

  /// Reads a list of bands as users write it.
  ///
  /// - Throws: the second half of a sentence that begins with the parameter's name.
  static func list(_ texts: [String]) throws(FloeError) -> [SpectralBand] {
    guard !texts.isEmpty else { throw FloeError("must name at least one band out of \(names.joined(separator: ", "))") }
    var bands: [SpectralBand] = []
    for text in texts {
      guard let band = SpectralBand(text) else {
        let near = Spelling.nearest(text, among: names).map { " (did you mean '\($0)'?)" } ?? ""
        throw FloeError("has no band '\(text)'\(near); bands are \(names.joined(separator: ", "))")
      }
      guard !bands.contains(band) else {
        throw FloeError("names band \(band.name) twice; each band may stand there once")
      }
      bands.append(band)
    }
    return bands
  }
}
