import FloeSDK

/// Compares codes at shifted places with a block of codes.
struct AgreementSearch: Sendable {
  let codes: [UInt8]
  let places: [SIMD2<Double>]
  let block: PixelBlock
  let noData: Set<Int>
  /// One step eastward and northward, in columns and rows.
  let step: SIMD2<Double>
  let reach: Int

  /// The kappas of one northward shift, from west to east; NaN where less than half of the records have a class.
  func line(_ north: Int) -> [Double] {
    guard case .uint8(let pixels) = block.values else { return [] }
    let w = block.window
    return (-reach...reach).map { east in
      let shift = SIMD2(Double(east), Double(north)) * step
      var table = [Int](repeating: 0, count: 256 * 2)
      var same = 0
      var count = 0
      for (i, p) in places.enumerated() {
        let q = p + shift
        let c = Int(q.x.rounded(.down))
        let r = Int(q.y.rounded(.down))
        guard c >= w.column, c < w.endColumn, r >= w.row, r < w.endRow else { continue }
        let code = pixels[(r - w.row) * w.width + c - w.column]
        if noData.contains(Int(code)) { continue }
        count += 1
        table[Int(codes[i])] += 1
        table[256 + Int(code)] += 1
        if code == codes[i] { same += 1 }
      }
      guard count * 2 >= places.count, count > 0 else { return .nan }
      let n = Double(count)
      let observed = Double(same) / n
      let expected = (0..<256).reduce(0.0) { $0 + Double(table[$1]) * Double(table[256 + $1]) } / (n * n)
      return expected < 1 ? (observed - expected) / (1 - expected) : 0
    }
  }
}

/// Agreement by shift and what its peak is worth.
struct AgreementSurface: Sendable {
  /// `lines[north][east]`, the southernmost first; NaN where there is none.
  let lines: [[Double]]
  let step: Double
  let exclude: Double

  struct Peak: Sendable {
    let east: Double, north: Double, agreement: Double, median: Double
    /// Height over the median in robust standard deviations.
    let sharpness: Double
    let second: Double
    var isSignificant: Bool { sharpness >= 5 && second < agreement }
  }

  var peak: Peak? {
    let reach = (lines.count - 1) / 2
    var best: (value: Double, east: Int, north: Int)?
    for (j, line) in lines.enumerated() {
      for (i, value) in line.enumerated() where !value.isNaN {
        let e = i - reach
        let n = j - reach
        if let b = best, value < b.value || value == b.value && e * e + n * n >= b.east * b.east + b.north * b.north {
          continue
        }
        best = (value, e, n)
      }
    }
    guard let best else { return nil }
    let all = lines.joined().filter { !$0.isNaN }.sorted()
    let median = all[all.count / 2]
    let deviations = all.map { abs($0 - median) }.sorted()
    let sigma = 1.4826 * deviations[deviations.count / 2]
    var second = -1.0
    for (j, line) in lines.enumerated() {
      for (i, value) in line.enumerated() where !value.isNaN {
        let de = Double(i - reach - best.east) * step
        let dn = Double(j - reach - best.north) * step
        if de * de + dn * dn > exclude * exclude { second = max(second, value) }
      }
    }
    let sharpness = sigma > 0 ? (best.value - median) / sigma : best.value > median ? .infinity : 0
    return Peak(
      east: Double(best.east) * step, north: Double(best.north) * step, agreement: best.value, median: median,
      sharpness: sharpness, second: second)
  }

  func document(_ peak: Peak, records: Int, dt: Double?) -> Document {
    var body: [String: JSONValue] = [
      "best": ["east_m": .number(peak.east), "north_m": .number(peak.north), "agreement": .number(peak.agreement)],
      "sharpness": JSONValue(finite: peak.sharpness), "median": .number(peak.median), "second": .number(peak.second),
      "significant": .bool(peak.isSignificant), "records": .integer(records), "measure": "Cohen's kappa",
      "surface": [
        "step_m": .number(step), "first_east_m": .number(-Double((lines.count - 1) / 2) * step),
        "first_north_m": .number(-Double((lines.count - 1) / 2) * step),
        "order": "lines from south to north, values from west to east",
        "agreement": .array(lines.map { .array($0.map { JSONValue(finite: $0) }) }),
      ],
    ]
    var text = "Best shift: \(peak.east) m east, \(peak.north) m north; kappa \(peak.agreement) of \(records) records\n"
    text += "Sharpness: \(peak.sharpness); median \(peak.median), second peak \(peak.second)\n"
    if !peak.isSignificant { text += "Not significant: the surface has no clear peak\n" }
    if let dt, abs(dt) >= 60 {
      body["mean_dt_s"] = .number(dt)
      body["drift"] = ["east_m_s": .number(-peak.east / dt), "north_m_s": .number(-peak.north / dt)]
      text += "Drift: \(-peak.east / dt) m/s east, \(-peak.north / dt) m/s north over \(dt) s\n"
    }
    return Document(title: "Shift between track and scene", body: .object(body), renderings: ["txt": text])
  }
}
