import FloeSDK

extension Table {
  /// Latitudes and longitudes in degrees: the columns of the table's points, or `lat` and `lon`.
  func positions() throws(FloeError) -> (lat: [Double], lon: [Double]) {
    if case .points(let x, let y)? = geometry, crs?.isGeographic != false {
      return try checked(lat: try numbers(y), lon: try numbers(x), column: y)
    }
    guard let lat = self[.latitude]?.numbers, let lon = self[.longitude]?.numbers else {
      throw FloeError(
        """
        the track has no positions in degrees: points with longitude and latitude, or columns 'lat' and 'lon', are \
        needed
        """)
    }
    return try checked(lat: lat, lon: lon, column: ColumnName.latitude.rawValue)
  }

  private func checked(lat: [Double], lon: [Double], column: String) throws(FloeError) -> (
    lat: [Double], lon: [Double]
  ) {
    let system = crs?.isGeographic == true ? crs : nil
    // Fills of tables without one are places that are missing, not places beyond a pole.
    let latitudes = lat.map(MissingValue.known)
    let longitudes = lon.map(MissingValue.known)
    try Latitude.check(latitudes, longitudes: longitudes, of: "'\(productName)'", column: column, crs: system)
    return (latitudes, longitudes)
  }

  /// The mode of the altimeter, where the track has it.
  var radarMode: WaveformLayout.Mode? {
    columns.lazy.compactMap(\.waveform?.mode).first ?? tags["radar_mode"].flatMap(WaveformLayout.Mode.init)
  }

  /// Refuses a track of low-resolution mode, whose pulse-limited echoes cover kilometres and show no leads.
  func refuseLowResolution(for what: String) throws(FloeError) {
    guard radarMode == .lrm else { return }
    throw FloeError(
      """
      '\(productName)' is of low-resolution mode (LRM): its echoes are kilometres wide and do not tell leads from \
      floes; \(what) needs a delay-Doppler product (SAR or SARIn)
      """)
  }
}
