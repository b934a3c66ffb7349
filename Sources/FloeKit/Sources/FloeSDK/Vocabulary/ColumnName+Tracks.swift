// The columns of altimeter tracks, of classifications, of comparisons with imagery and of catalogues that one module
// makes and another reads. A quantity of a product has the name of its variable in Sentinel-3's baseline collection
// 005, whichever product it comes from. Variables that stand in lists of alternatives alone (corrections, ranges of
// retrackers) stay texts.

// MARK: - What readers of altimeter products make

extension ColumnName {
  /// The height of the orbit above the ellipsoid in metres.
  public static let altitude = ColumnName(rawValue: "alt_20_ku")
  /// The range to the nominal bin in metres, instrument corrections applied.
  public static let trackerRange = ColumnName(rawValue: "tracker_range_20_ku")
  /// The raw echo: an array of samples a record, in counts or watts; its `waveform` says how they lie.
  public static let waveform = ColumnName(rawValue: "waveform_20_ku")
  /// The range-integrated power: an array a record, one value a look of the stack.
  public static let stackPower = ColumnName(rawValue: "rip_20_ku")
  /// The number of looks in the stack.
  public static let stackLooks = ColumnName(rawValue: "nb_stack_20_ku")
  /// Added to ten times the decimal logarithm of the power to give the backscatter, in dB.
  public static let scaleFactor = ColumnName(rawValue: "scale_factor_20_ku")
  /// ESA's surface class in the codes of `ClassTable.seaIce`.
  public static let esaClass = ColumnName(rawValue: "esa_class")
}

// MARK: - What steps of altimetry add

extension ColumnName {
  /// Pulse peakiness; the column's `definition` says by which of its definitions.
  public static let peakiness = ColumnName(rawValue: "peakiness")
  /// The standard deviation of the stack in looks.
  public static let stackDeviation = ColumnName(rawValue: "ssd")
  /// Backscatter in dB.
  public static let backscatter = ColumnName(rawValue: "sigma0_db")
  /// The width of the leading edge in bins.
  public static let leadingEdgeWidth = ColumnName(rawValue: "leading_edge_width")
  /// The aligned echo: an array as wide as the raw one; divided by its maximum where the table is tagged so.
  public static let alignedWaveform = ColumnName(rawValue: "waveform_aligned")
  /// By how much the echo was moved, in metres.
  public static let shift = ColumnName(rawValue: "shift_m")
  /// By how much the echo was moved, in bins.
  public static let shiftBins = ColumnName(rawValue: "shift_bins")
  /// The distance along the track from its first record in metres.
  public static let alongTrack = ColumnName(rawValue: "along_track_m")
  /// The elevation of the surface in metres, above what the column's summary says.
  public static let elevation = ColumnName(rawValue: "elevation_m")
  /// The sea surface from leads in metres, in the datum of the elevations.
  public static let seaSurface = ColumnName(rawValue: "sea_surface_m")
  /// The uncertainty of the sea surface in metres, one sigma.
  public static let seaSurfaceUncertainty = ColumnName(rawValue: "sea_surface_uncertainty_m")
  /// What the record is to the sea surface, a code of the column's class table: no lead, lead used, outlier.
  public static let leadUse = ColumnName(rawValue: "lead_use")
  /// The radar freeboard in metres.
  public static let freeboard = ColumnName(rawValue: "freeboard_m")
  /// Why the record has a freeboard or none, a code of the column's class table; 0 is good.
  public static let freeboardFlag = ColumnName(rawValue: "freeboard_flag")
}

// MARK: - Classes and regions

extension ColumnName {
  /// The class of a record, region or lead, a code of the column's class table.
  public static let classCode = ColumnName(rawValue: "class_code")
  /// The name of that class, a text.
  public static let className = ColumnName(rawValue: "class_name")
  /// The number of the cluster, from 0.
  public static let cluster = ColumnName(rawValue: "cluster")
  /// The area of a region or lead in square metres.
  public static let area = ColumnName(rawValue: "area_m2")
  /// The length of a region or lead in metres.
  public static let length = ColumnName(rawValue: "length_m")
  /// Area by length in metres.
  public static let meanWidth = ColumnName(rawValue: "mean_width_m")
  /// The longest axis in degrees, clockwise from true north.
  public static let orientation = ColumnName(rawValue: "orientation_deg")
}

// MARK: - What a track gets from a scene

extension ColumnName {
  /// The time of the record minus that of the scene in seconds.
  public static let timeDifference = ColumnName(rawValue: "dt_s")
  /// The class of the pixel under the record, a code of the column's class table.
  public static let pixelClass = ColumnName(rawValue: "s2_class")
  /// The most frequent class of the footprint, a code of the column's class table.
  public static let footprintMajority = ColumnName(rawValue: "fp_majority")
  /// The share of the footprint's most frequent class, 0 to 1.
  public static let footprintPurity = ColumnName(rawValue: "fp_purity")
  /// The share of the footprint that holds a class, 0 to 1.
  public static let footprintValid = ColumnName(rawValue: "fp_valid")
  /// The distance to the centre of the nearest lead pixel in metres.
  public static let leadDistance = ColumnName(rawValue: "lead_distance_m")
}

// MARK: - Products, pairs and what catalogues answer

extension ColumnName {
  /// The name of the product that a row shows on the map, a text.
  public static let product = ColumnName(rawValue: "product")
  /// The name of a product that a catalogue knows, a text.
  public static let name = ColumnName(rawValue: "name")
  /// The beginning of a product's acquisition in seconds since 1970 UTC; a column with `isTime`.
  public static let start = ColumnName(rawValue: "start")
  /// Cloud cover in percent, as a catalogue gives it.
  public static let cloudCover = ColumnName(rawValue: "cloud_cover")
  /// The name of the scene of a pair, a text.
  public static let scene = ColumnName(rawValue: "scene")
  /// The name of the track of a pair, a text.
  public static let track = ColumnName(rawValue: "track")
}
