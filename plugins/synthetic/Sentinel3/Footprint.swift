import FloeSDK
import Glibc

/// What lies under one record: shares of open water and of smooth new ice in each strip of `EchoGeometry`.
struct Footprint: Sendable {
  var kind: SralSurface
  var water: [Float], newIce: [Float]

  static func plain(_ kind: SralSurface) -> Footprint {
    let none = [Float](repeating: 0, count: EchoGeometry.offsets.count)
    return Footprint(kind: kind, water: none, newIce: none)
  }

  /// The mean of a cover over the nominal footprint, 1640 m across the track.
  static func nominal(_ cover: [Float]) -> Double {
    let inside = cover.indices.filter { abs(EchoGeometry.offsets[$0]) < 820 }
    return inside.reduce(0) { $0 + Double(cover[$1]) } / Double(max(1, inside.count))
  }
}

/// Leads beside and under a track that are in no raster, in metres along and across it.
struct TrackLeads: Sendable {
  private struct Lead: Sendable {
    var along, across: Double
    var direction: SIMD2<Double>
    var halfLength, halfWidth: Double
    var isNew: Bool
  }

  private let leads: [Lead]
  private let longest: Double

  /// Leads over a track: widths from 15 m to 1.5 km by a power law of exponent 2, lengths of some tens of widths.
  ///
  /// - Parameters:
  ///   - open, new: shares of the ground that are open water and smooth new ice.
  init(records: Int, open: Double, new: Double, exponent: Double, seed: UInt64) {
    var generator = SeededGenerator(seed: seed, stream: 12)
    var made: [Lead] = []
    let way = Double(records) * SralTrack.spacing
    let side = EchoGeometry.width * Double(EchoGeometry.half)
    for (share, isNew) in [(open, false), (new, true)] {
      var left = share * way * 2 * side
      while left > 0 {
        let u = generator.uniform()
        let low = 15.0
        let high = 1500.0
        let a = 1 - exponent
        let width =
          abs(a) < 1e-9 ? low * pow(high / low, u) : pow(pow(low, a) + u * (pow(high, a) - pow(low, a)), 1 / a)
        let length = min(60_000, max(2000, 40 * width) * exp(0.5 * generator.gaussian()))
        let angle = (generator.uniform() < 0.5 ? 0.4 : 1.5) + 0.25 * generator.gaussian()
        let lead = Lead(
          along: generator.uniform(0, way), across: generator.uniform(-1.5, 1.5) * side,
          direction: SIMD2(cos(angle), sin(angle)), halfLength: length / 2, halfWidth: width / 2, isNew: isNew)
        made.append(lead)
        // Some of a long lead lies beyond the strips; two thirds is the mean of what does not.
        left -= 0.67 * width * min(length, 2 * side / max(0.1, abs(sin(angle))))
      }
    }
    leads = made.sorted { $0.along < $1.along }
    longest = made.map(\.halfLength).max() ?? 0
  }

  /// The strips of a record.
  func footprint(record: Int) -> Footprint {
    var result = Footprint.plain(.seaIce)
    let here = Double(record) * SralTrack.spacing
    var first = 0
    var end = leads.count
    while first < end {
      let middle = (first + end) / 2
      if leads[middle].along < here - longest - 300 { first = middle + 1 } else { end = middle }
    }
    for lead in leads[first...] {
      if lead.along > here + longest + 300 { break }
      if abs(lead.along - here) > lead.halfLength + lead.halfWidth + 300 { continue }
      for i in EchoGeometry.offsets.indices {
        var share = 0.0
        for k in 0..<EchoGeometry.samples {
          let x = here + ((Double(k) + 0.5) / Double(EchoGeometry.samples) - 0.5) * EchoGeometry.length - lead.along
          let y = EchoGeometry.offsets[i] - lead.across
          guard abs(x * lead.direction.x + y * lead.direction.y) < lead.halfLength else { continue }
          // Narrow leads fill a part of the 30 m by which the strip is looked at.
          let aside = abs(y * lead.direction.x - x * lead.direction.y)
          share += min(max((lead.halfWidth - aside) / 30 + 0.5, 0), 1, 2 * lead.halfWidth / 30)
        }
        let part = Float(share / Double(EchoGeometry.samples))
        if part <= 0 { continue }
        if lead.isNew {
          result.newIce[i] = max(result.newIce[i], part)
        } else {
          result.water[i] = max(result.water[i], part)
        }
      }
    }
    for i in result.newIce.indices { result.newIce[i] = min(result.newIce[i], 1 - result.water[i]) }
    return result
  }
}

/// Shares of open water and new ice of a scene in cells of 30 m, for footprints that lie anywhere and at any angle.
struct SceneLeads: Sendable {
  private let water: [UInt8], newIce: [UInt8], known: [UInt8]
  private let width: Int, height: Int
  private let cell: SIMD2<Double>, origin: SIMD2<Double>

  /// Reads a truth raster, or the details of a winter scene where they are given, in strips.
  init(truth: Raster, details: Raster?) throws {
    let grid = truth.spec.grid
    let side = max(1, Int(30 / grid.pixelWidth))
    width = grid.width / side
    height = grid.height / side
    cell = SIMD2(grid.pixelWidth, grid.pixelHeight) * Double(side)
    origin = SIMD2(grid.originX, grid.originY)
    if let details, details.spec.grid != grid {
      throw FloeError("the details are not on the truth's grid; both must come from one scene")
    }
    var water = [UInt8](repeating: 0, count: width * height)
    var newIce = water
    var known = water
    let columns = width
    for row in 0..<height {
      let window = PixelWindow(column: 0, row: row * side, width: width * side, height: side)
      let codes = try truth.read(window, bands: [0])
      let more = try details?.read(window, bands: [2, 3])
      var sums = [(water: Double, new: Double, known: Double)](repeating: (0, 0, 0), count: width)
      for r in 0..<side {
        for c in 0..<columns * side {
          let code = codes.raw(band: 0, row: r, column: c)
          guard code == 1 || code == 2 else { continue }
          sums[c / side].known += 1
          if let more {
            let thickness = more.raw(band: 0, row: r, column: c)
            let share = more.raw(band: 1, row: r, column: c) / 100
            if share > 1 { continue }
            // Below a centimetre a radar sees water; nilas is new ice; grey ice is rough with frost flowers.
            if thickness < 10 { sums[c / side].water += share } else if thickness < 100 { sums[c / side].new += share }
          } else if code == 2 {
            sums[c / side].water += 1
          }
        }
      }
      let all = Double(side * side)
      for c in 0..<width {
        water[row * width + c] = UInt8(min(255, (sums[c].water / all * 255).rounded()))
        newIce[row * width + c] = UInt8(min(255, (sums[c].new / all * 255).rounded()))
        known[row * width + c] = UInt8(min(255, (sums[c].known / all * 255).rounded()))
      }
    }
    self.water = water
    self.newIce = newIce
    self.known = known
  }

  /// The strips of a record at a point of the map, looking along a unit vector; nil outside of the scene.
  func footprint(at place: SIMD2<Double>, along: SIMD2<Double>) -> Footprint? {
    guard index(place) != nil else { return nil }
    let across = SIMD2(along.y, -along.x)
    var result = Footprint.plain(.seaIce)
    var land = 0
    var inside = 0
    for i in EchoGeometry.offsets.indices {
      var open: Float = 0
      var new: Float = 0
      for k in 0..<EchoGeometry.samples {
        let far = ((Double(k) + 0.5) / Double(EchoGeometry.samples) - 0.5) * EchoGeometry.length
        let cellIndex = index(place + along * far + across * EchoGeometry.offsets[i])
        if abs(EchoGeometry.offsets[i]) < 820 {
          inside += 1
          if cellIndex.map({ known[$0] < 128 }) ?? false { land += 1 }
        }
        guard let j = cellIndex else { continue }
        open += Float(water[j]) / 255
        new += Float(newIce[j]) / 255
      }
      result.water[i] = open / Float(EchoGeometry.samples)
      result.newIce[i] = min(new / Float(EchoGeometry.samples), 1 - result.water[i])
    }
    if land * 2 > inside { result = .plain(.land) }
    return result
  }

  /// Whether a point of the map lies in the scene.
  func covers(_ place: SIMD2<Double>) -> Bool { index(place) != nil }

  private func index(_ p: SIMD2<Double>) -> Int? {
    let at = (p - origin) / cell
    let column = Int(at.x.rounded(.down))
    let row = Int((-at.y).rounded(.down))
    return column >= 0 && row >= 0 && column < width && row < height ? row * width + column : nil
  }
}
