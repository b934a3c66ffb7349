import FloeSDK

/// Which records take part: by place, time and flags. The others are marked, never removed.
public struct TrackWindow: Sendable {
  /// West, south, east, north in degrees; west is greater than east across the 180° meridian.
  public var box: [Double]?
  public var start: UTCTime?
  public var stop: UTCTime?
  /// Codes of ESA's surface class that stay; nil for all.
  public var classes: Set<Int>?
  /// Codes of ESA's surface type that stay; nil for all.
  public var surfaces: Set<Int>?

  /// All records.
  public init() {}

  /// Whether a point lies in the box, its edges included.
  public func holds(longitude: Double, latitude: Double) -> Bool {
    guard let box else { return true }
    if latitude < box[1] || latitude > box[3] { return false }
    let span = box[2] - box[0]
    // A box of a whole turn or more holds every longitude; otherwise both are counted eastward from the western edge.
    if span >= 360 { return true }
    func turned(_ x: Double) -> Double {
      let r = x.truncatingRemainder(dividingBy: 360)
      return r < 0 ? r + 360 : r
    }
    return turned(longitude - box[0]) <= turned(span)
  }

  /// Marks the records outside.
  public func mark(_ table: inout Table) throws {
    let time = try table.numbers("time")
    let lon = try table.numbers("lon")
    let lat = try table.numbers("lat")
    let esa = try classes.map { _ in try table.numbers("esa_class") }
    let surface = try surfaces.map { _ in try table.numbers(SRALVariables.surfaceType) }
    for row in 0..<table.rowCount {
      if lon[row].isNaN || lat[row].isNaN {
        table.status.drop(row, because: "no position")
      } else if !holds(longitude: lon[row], latitude: lat[row]) {
        table.status.drop(row, because: "outside of the box")
      } else if let start, time[row] < start.seconds {
        table.status.drop(row, because: "before the time window")
      } else if let stop, time[row] > stop.seconds {
        table.status.drop(row, because: "behind the time window")
      } else if let surfaces, let code = surface?[row], !(Int(exactly: code).map(surfaces.contains) ?? false) {
        table.status.drop(row, because: code.isNaN ? "no surface type" : "surface type not wanted")
      } else if let classes, let code = esa?[row], !(Int(exactly: code).map(classes.contains) ?? false) {
        table.status.drop(row, because: code.isNaN ? "no surface class of ESA" : "surface class of ESA not wanted")
      }
    }
  }
}
