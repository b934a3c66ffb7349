import FloeSDK

extension Table {
  /// Latitudes and longitudes in degrees: the columns of the table's points, or `lat` and `lon`.
  func positions() throws(FloeError) -> (lat: [Double], lon: [Double]) {
    if case .points(let x, let y)? = geometry, crs?.isGeographic != false {
      return try checked(lat: try numbers(y), lon: try numbers(x))
    }
    guard let lat = self["lat"]?.numbers, let lon = self["lon"]?.numbers else {
      throw FloeError(
        """
        the track has no positions in degrees: points with longitude and latitude, or columns 'lat' and 'lon', are \
        needed
        """)
    }
    return try checked(lat: lat, lon: lon)
  }

  /// Refuses what is no latitude: swapped columns, or metres.
  private func checked(lat: [Double], lon: [Double]) throws(FloeError) -> (lat: [Double], lon: [Double]) {
    if let row = lat.firstIndex(where: { abs($0) > 90 }) {
      throw FloeError(
        "row \(row) of the track has the latitude \(lat[row]); degrees from -90 to 90 are needed: are columns swapped?")
    }
    return (lat, lon)
  }

  /// The mode of the altimeter, where the track tells it.
  var radarMode: WaveformLayout.Mode? {
    columns.lazy.compactMap(\.waveform?.mode).first ?? tags["radar_mode"].flatMap(WaveformLayout.Mode.init)
  }

  /// Refuses a track of low-resolution mode, whose pulse-limited echoes are of kilometres and tell no leads.
  func refuseLowResolution(for what: String) throws(FloeError) {
    guard radarMode == .lrm else { return }
    throw FloeError(
      """
      '\(productName)' is of low-resolution mode (LRM): its echoes are kilometres wide and do not tell leads from \
      floes; \(what) needs a delay-Doppler product (SAR or SARIn)
      """)
  }
}
