import FloeSDK

/// What a scene's surface is in the pixels of a window.
protocol SceneSurface: Sendable {
  var window: PixelWindow { get }
  /// Codes of `SceneModel`: `values[row][column]`.
  var truth: [UInt8] { get }
  /// The bands of `SceneDetails` over the window, band after band; nil where a scene keeps none.
  var details: [UInt16]? { get }
}

/// A scene of which any window can be computed on its own.
protocol SceneSource: Sendable {
  associatedtype Surface: SceneSurface

  /// Computes the surface of a window.
  func surface(_ window: PixelWindow) throws -> Surface
  /// The stored numbers of a band over a surface, as means over the pixels of its grid; 0 is no data.
  ///
  /// - Returns: `values[row][column]` of the window divided by the band's resolution.
  func digitalNumbers(_ band: MSIBand, of surface: Surface) -> [UInt16]
}

extension SceneModel: SceneSource {
  func digitalNumbers(_ band: MSIBand, of surface: Surface) -> [UInt16] {
    digitalNumbers(band, of: surface, offset: 1000, quantification: 10000)
  }
}

extension SceneModel.Surface: SceneSurface {
  var details: [UInt16]? { nil }
}

/// What the truth of a winter scene holds beside its classes.
enum SceneDetails {
  static let bands = [
    BandSpec(
      name: "opening", summary: "Number of the opening in synthetic ice, 0 where there is none", noData: Double(unknown)
    ),
    BandSpec(name: "width", summary: "Width of the opening there", unit: .metre, noData: Double(unknown)),
    BandSpec(
      name: "thickness", summary: "Ice in the opening, 0 is open water", unit: .metre, scale: 0.001,
      noData: Double(unknown)),
    BandSpec(name: "share", summary: "How much of the pixel is opening", unit: "percent", noData: Double(unknown)),
  ]
  /// No data: land, and beyond the swath.
  static let unknown: UInt16 = 65_535

  static func spec(_ grid: Grid) -> RasterSpec { RasterSpec(grid: grid, bands: bands, type: .uint16) }
}
