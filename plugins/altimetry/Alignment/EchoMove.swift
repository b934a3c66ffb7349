import FloeSDK

/// Moves the echoes of blocks of rows.
struct EchoMove: Sendable {
  let aligner: EchoAligner
  /// Whether an echo is divided by its maximum first; once, and not again after it has moved.
  let divides: Bool
  /// Whether missing samples become 0; else an echo that lacks some has no aligned one.
  let fillsGaps: Bool

  /// Aligned echoes of a block of rows, one after the other.
  struct Block: Sendable {
    var echoes: [Float]
    var found: [EchoFinding]
  }

  func callAsFunction(_ rows: Range<Int>, _ echoes: EchoColumn, _ bins: [Double], _ before: [EchoFinding]) -> Block {
    let width = echoes.width
    var block = [Float](repeating: 0, count: rows.count * width)
    var shifts = [Double](repeating: 0, count: rows.count)
    func takesPart(_ row: Int) -> Bool { before[row].isWhole || fillsGaps && before[row].peak.isFinite }
    for (at, row) in rows.enumerated() where takesPart(row) {
      let scale = divides ? before[row].top : 1
      let from = row * width
      for i in 0..<width { block[at * width + i] = echoes.values[from + i] / scale }
      if !before[row].isWhole {
        for i in at * width..<(at + 1) * width where !block[i].isFinite { block[i] = 0 }
      }
      if bins[row].isFinite { shifts[at] = bins[row] }
    }
    var result = aligner.align(block, shifts: shifts)
    var found: [EchoFinding] = []
    found.reserveCapacity(rows.count)
    for (at, row) in rows.enumerated() {
      let part = at * width..<(at + 1) * width
      if !takesPart(row) {
        for i in part { result[i] = .nan }
        found.append(EchoFinding())
      } else if bins[row].isFinite, bins[row] != 0 {
        found.append(EchoFinding(result[part]))
      } else {
        // A record that is not moved keeps its samples to the last bit.
        for i in part { result[i] = block[i] }
        var same = before[row]
        if !bins[row].isFinite { same.edge = .nan }
        found.append(same)
      }
    }
    return Block(echoes: result, found: found)
  }
}
