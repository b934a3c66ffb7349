import FloeSDK

/// Rows are worked on in blocks of this many.
let blockRows = 512

extension RunContext {
  /// Calls `body` for each block of rows and joins the results in order.
  func rows<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Range<Int>) throws -> [T]) async throws -> [T] {
    var result: [T] = []
    result.reserveCapacity(count)
    for part in try await blocks(of: count, body) { result += part }
    return result
  }

  /// Calls `body` for each block of rows; the results in order.
  func blocks<T: Sendable>(of count: Int, _ body: @escaping @Sendable (Range<Int>) throws -> T) async throws -> [T] {
    try await map((count + blockRows - 1) / blockRows, progress: "blocks") { b in
      try body(b * blockRows..<min(count, (b + 1) * blockRows))
    }
  }
}

extension Table {
  /// The same columns and facts without rows, with further columns: what a plan passes on.
  func planned(adding names: [(name: String, unit: PhysicalUnit)]) -> Table {
    var result = emptied
    for (name, unit) in names { result.set(Column(name, unit: unit, values: .number([]))) }
    return result
  }

  /// The product that the records come from, for messages.
  var productName: String { acquisition?.product ?? tags["product"] ?? "the track" }

  /// Refuses a track without columns that are needed.
  func require(_ names: [String], for what: String) throws(FloeError) {
    let missing = names.filter { self[$0] == nil }
    guard !missing.isEmpty else { return }
    throw FloeError("\(trackName) has no \(missing.joined(separator: ", ")), which \(what) is computed from")
  }

  /// Refuses a parameter that names a column which is not there or has no numbers.
  func check(numbers name: String, _ parameter: String) throws(ParameterError) {
    guard let column = self[name] else {
      throw absent(name, parameter, among: columns.filter { $0.numbers != nil }, "columns of numbers")
    }
    guard column.numbers != nil else {
      // A column of a CSV without any value is read as text.
      let kind = column.values.kind == "text" ? "text, or without any value" : column.values.kind
      throw ParameterError(parameter, "names '\(name)', which is \(kind); a column of numbers is needed")
    }
  }

  /// Refuses a parameter that names a column which is not there or has no echoes.
  func check(echoes name: String, _ parameter: String) throws(ParameterError) {
    let arrays = columns.filter { if case .array = $0.values { true } else { false } }
    guard let column = self[name] else {
      throw absent(name, parameter, among: arrays, "columns of arrays", EchoColumn.origin(of: self))
    }
    if case .array(_, let width) = column.values, width > EchoColumn.least { return }
    throw ParameterError(
      parameter, "names '\(name)', which is \(column.values.kind); an array of echo samples is needed")
  }

  private func absent(_ name: String, _ parameter: String, among known: [Column], _ what: String, _ hint: String = "")
    -> ParameterError
  {
    let near = Spelling.nearest(name, among: known.map(\.name)).map { " (did you mean '\($0)'?)" } ?? ""
    let there =
      known.isEmpty ? "it has no \(what)\(hint)" : "its \(what) are \(known.map(\.name).joined(separator: ", "))"
    return ParameterError(parameter, "names '\(name)', which \(trackName) lacks\(near); \(there)")
  }

  private var trackName: String {
    (acquisition?.product ?? tags["product"]).map { "the track of '\($0)'" } ?? "the track"
  }

  /// How the samples of the echoes lie: what the echo's column says, else the tags of the track.
  private var layout: WaveformLayout {
    let declared = self[.waveform]?.waveform ?? columns.lazy.compactMap(\.waveform).first ?? WaveformLayout()
    return WaveformLayout(
      rangeGate: declared.rangeGate ?? tags["range_gate_m"].flatMap { Double($0) },
      nominalBin: declared.nominalBin ?? tags["nominal_bin"].flatMap { Double($0) }, mode: declared.mode)
  }

  /// The distance between two bins in metres.
  func rangeGate(_ own: Double?) throws(FloeError) -> Double {
    if let own { return own }
    guard let gate = layout.rangeGate, gate > 0 else {
      throw FloeError(
        """
        the track does not say how far its bins are apart (range_gate_m of the echo's column or the track); give \
        'range_gate', 0.234213 m for 256 bins
        """
      )
    }
    return gate
  }

  /// The bin to which the tracker range belongs.
  func nominalBin() throws(FloeError) -> Double {
    guard let bin = layout.nominalBin else {
      throw FloeError(
        """
        the track does not say to which bin its tracker range belongs (nominal_bin of the echo's column or the track, \
        88 for Sentinel-3's 256 bins); absolute ranges are refused without it
        """
      )
    }
    return bin
  }
}
