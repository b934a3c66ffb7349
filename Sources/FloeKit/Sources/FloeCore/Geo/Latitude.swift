/// The one rule for latitudes, in degrees north: none lies beyond a pole.
public enum Latitude {
  /// Whether a number is no latitude. A millionth of a degree beyond a pole is rounding; a missing place (NaN) is not
  /// beyond it.
  public static func isBeyondPole(_ degrees: Double) -> Bool { abs(degrees) > 90 + 1e-6 }

  /// Refuses points of which one lies beyond a pole: the sign of coordinates that changed places, of lengths on a map,
  /// or of fill values.
  ///
  /// - Parameters:
  ///   - latitudes: of each row, in degrees.
  ///   - longitudes: of the same rows, in degrees.
  ///   - what: what has the rows, for the sentence: `'points.csv'`.
  ///   - column: the column of latitudes.
  ///   - crs: the points' reference system; nil where the columns are degrees by their names.
  /// - Throws: the sentence of `refusal` about the first such row, counted from 1.
  public static func check(
    _ latitudes: [Double], longitudes: [Double], of what: String, column: String, crs: CRS?
  ) throws(FloeError) {
    guard let row = latitudes.firstIndex(where: isBeyondPole) else { return }
    throw refusal(
      latitudes[row], of: "row \(row + 1) of \(what)", in: "in the column '\(column)'", crs: crs,
      isSwapped: !longitudes.contains(where: isBeyondPole))
  }

  /// The sentence that refuses a latitude beyond a pole.
  ///
  /// - Parameters:
  ///   - degrees: the latitude.
  ///   - who: what has it: `row 2 of 'points.csv'`.
  ///   - place: where that has it: `in the column 'lat'`.
  ///   - crs: the reference system; nil where the numbers are degrees without one.
  ///   - isSwapped: whether no longitude is beyond 90 degrees, so that the two may have changed places.
  public static func refusal(
    _ degrees: Double, of who: String, in place: String, crs: CRS?, isSwapped: Bool
  ) -> FloeError {
    FloeError(
      "\(who) has the latitude \(degrees) \(place); in \(crs?.label ?? "degrees") latitudes lie within -90 to 90"
        + (isSwapped
          ? ". Longitude and latitude seem to have changed places; swap them"
          : "; give the reference system that the coordinates are in, or leave out what has no place"))
  }
}
