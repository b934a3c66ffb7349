import FloeIO
import FloeSDK

/// Where the rows of a table lie, in longitude and latitude (WGS84): a line for a track, else a box.
struct TableOutline {
  /// Points of a line at most; a track has tens of thousands of records, and catalogues draw it small.
  private static let pointsOfLine = 200

  /// (longitude, latitude) in degrees in the order of the rows, those without a place left out.
  private let places: [SIMD2<Double>]
  /// Whether the rows are the points of one track: each with a time, none before the one above it.
  private let isTrack: Bool

  /// The places of a table's rows; nil for a table without a geometry, a reference system or a single place.
  ///
  /// - Throws: when the reference system has no way to longitude and latitude.
  init?(_ table: Table, times: [Double]?) throws {
    guard let geometry = table.geometry, let crs = table.crs else { return nil }
    var points: [SIMD2<Double>] = []
    var isLine = false
    switch geometry {
    case .points(let x, let y):
      points = zip(try table.numbers(x), try table.numbers(y)).map { SIMD2($0, $1) }
      isLine = times.map { $0.count > 1 && zip($0, $0.dropFirst()).allSatisfy { $0 <= $1 } } ?? false
    case .polygons(let rows): points = rows.flatMap { $0.first ?? [] }
    case .multiPolygons(let rows): points = rows.flatMap { $0.flatMap { $0.first ?? [] } }
    }
    if !crs.isGeographic || crs.code != CRS.wgs84.code {
      try CoordinateTransform(from: crs, to: CRS.wgs84).transform(&points)
    }
    places = points.filter { $0.x.isFinite && $0.y.isFinite && abs($0.y) <= 90 }
    isTrack = isLine && places.count > 1
    guard !places.isEmpty else { return nil }
  }

  /// The place as STAC has it.
  var place: StacParts.Place {
    let box = bbox
    guard isTrack else { return .init(geometry: Self.area(box), bbox: box) }
    return .init(geometry: line, bbox: box)
  }

  /// West, south, east, north; the widest gap between meridians lies outside.
  private var bbox: [Double] {
    let meridians = places.map { Longitude.wrapped($0.x) }.sorted()
    let latitudes = places.map(\.y)
    guard var west = meridians.first, var east = meridians.last, let south = latitudes.min(),
      let north = latitudes.max()
    else { return [] }
    var gap = west + 360 - east
    for (a, b) in zip(meridians, meridians.dropFirst()) where b - a > gap { (east, west, gap) = (a, b, b - a) }
    return [west, south, east, north]
  }

  /// The box as an area: two polygons across the 180° meridian. A single place is a point.
  private static func area(_ box: [Double]) -> JSONValue {
    let (west, south, east, north) = (box[0], box[1], box[2], box[3])
    if west == east, south == north { return ["type": "Point", "coordinates": [.number(west), .number(south)]] }
    func ring(_ w: Double, _ e: Double) -> JSONValue {
      let corners = [(w, south), (e, south), (e, north), (w, north), (w, south)]
      return [.array(corners.map { [.number($0.0), .number($0.1)] })]
    }
    if west <= east { return ["type": "Polygon", "coordinates": ring(west, east)] }
    return ["type": "MultiPolygon", "coordinates": [ring(west, 180), ring(-180, east)]]
  }

  /// The track, cut where it crosses the 180° meridian as RFC 7946 asks.
  private var line: JSONValue {
    let step = max(1, (places.count + Self.pointsOfLine - 2) / (Self.pointsOfLine - 1))
    var few = stride(from: 0, to: places.count, by: step).map { places[$0] }
    if (places.count - 1) % step != 0, let last = places.last { few.append(last) }
    few = few.map { SIMD2(Longitude.wrapped($0.x), $0.y) }
    var pieces: [[SIMD2<Double>]] = [[]]
    for p in few {
      if let last = pieces[pieces.count - 1].last, abs(p.x - last.x) > 180 {
        let side = last.x > 0 ? 180.0 : -180
        let far = p.x + 2 * side
        let share = far == last.x ? 0 : (side - last.x) / (far - last.x)
        let latitude = last.y + (p.y - last.y) * share
        pieces[pieces.count - 1].append(SIMD2(side, latitude))
        pieces.append([SIMD2(-side, latitude)])
      }
      pieces[pieces.count - 1].append(p)
    }
    let lines = pieces.filter { $0.count > 1 }.map { JSONValue.array($0.map { [.number($0.x), .number($0.y)] }) }
    if lines.count == 1 { return ["type": "LineString", "coordinates": lines[0]] }
    return ["type": "MultiLineString", "coordinates": .array(lines)]
  }
}
