import FloeSDK

/// The names and numbers of a Sentinel-2A product from which its folder, file names and metadata follow.
struct SafeProduct: Sendable {
  /// `L1C` or `L2A`.
  var level = "L1C"
  /// The start of the datatake.
  var sensing: UTCTime
  /// When the product was made; the last part of its name.
  var generated: UTCTime
  /// For example `05.00`.
  var baseline = "05.00"
  /// The offset of all bands, nil for a product without offset nodes (baselines before 04.00).
  var offset: Int? = -1000
  var quantification = 10000
  /// The MGRS tile, for example `01WCU`.
  var tile: String
  /// The 10 m grid.
  var grid: Grid
  var bands: [MSIBand]
  /// Whether the pixels are made up; the name of the spacecraft says so, which readers show.
  var isSynthetic = false
  /// Mean sun angles in degrees.
  var sunZenith = 78.6
  var sunAzimuth = 178.2

  /// `20190301T235611`
  static func compact(_ t: UTCTime) -> String { String(t.iso8601.filter { $0 != "-" && $0 != ":" }.prefix(15)) }

  /// `0500`
  private var baselineDigits: String { baseline.filter { $0 != "." } }

  /// Absolute orbit: 143 orbits in ten days, counted from orbit 19275 on 2019-03-01 at 23:56:11.
  var orbit: Int {
    let reference = 1_551_484_571.0
    return 19275 + Int(((sensing.seconds - reference) / 86400 * 14.3).rounded())
  }
  /// Relative orbit in 1 ... 143; it repeats every ten days.
  var relativeOrbit: Int { ((orbit + 2) % 143 + 143) % 143 + 1 }

  private func padded(_ n: Int, _ width: Int) -> String {
    let s = String(n)
    return String(repeating: "0", count: max(0, width - s.count)) + s
  }

  /// The datastrip begins a second before the datatake's nominal start; the tile itself is seen some seconds later.
  var stripStart: UTCTime { UTCTime(seconds: sensing.seconds - 1) }
  var tileTime: UTCTime { UTCTime(seconds: sensing.seconds + 4.372) }

  /// The folder's name.
  var name: String {
    """
    S2A_MSI\(level)_\(Self.compact(sensing))_N\(baselineDigits)_R\(padded(relativeOrbit, 3))_T\(tile)_\
    \(Self.compact(generated)).SAFE
    """
  }
  var orbitText: String { "A" + padded(orbit, 6) }
  /// The granule's folder inside of the product.
  var granule: String { "GRANULE/\(level)_T\(tile)_\(orbitText)_\(Self.compact(stripStart))" }
  var metadataFile: String { "MTD_MSI\(level).xml" }
  var datastripID: String {
    "S2A_OPER_MSI_\(level)_DS_S2RP_\(Self.compact(generated))_S\(Self.compact(stripStart))_N\(baseline)"
  }
  var tileID: String { "S2A_OPER_MSI_\(level)_TL_S2RP_\(Self.compact(generated))_\(orbitText)_T\(tile)_N\(baseline)" }
  var datatakeID: String { "GS2A_\(Self.compact(sensing))_\(padded(orbit, 6))_N\(baseline)" }

  /// A band's file without `.jp2`, relative to the product.
  func imageFile(_ band: MSIBand) -> String {
    let stem = "T\(tile)_\(Self.compact(sensing))_\(band.name)"
    return level == "L1C"
      ? "\(granule)/IMG_DATA/\(stem)" : "\(granule)/IMG_DATA/R\(band.resolution)m/\(stem)_\(band.resolution)m"
  }
  /// A quality mask of a band, relative to the product.
  func qualityFile(_ band: MSIBand) -> String { "\(granule)/QI_DATA/MSK_QUALIT_\(band.name).jp2" }
  /// The cloud and snow classification, relative to the product.
  var classificationFile: String { "\(granule)/QI_DATA/MSK_CLASSI_B00.jp2" }

  /// The grid of a resolution in metres; nil when it would be empty.
  func grid(_ resolution: Int) -> Grid? {
    let f = resolution / 10
    return Grid(
      width: (grid.width + f - 1) / f, height: (grid.height + f - 1) / f, originX: grid.originX, originY: grid.originY,
      pixelWidth: Double(resolution), pixelHeight: Double(resolution), crs: grid.crs)
  }
}
