import Altimetry
import FloeSDK
import Testing

@Suite struct AlignerTests {
  private static func noisyEchoes(_ rows: Int) -> [Float] {
    var random = SeededGenerator(seed: 4)
    return (0..<rows * 256).map { i in
      let x = Double(i % 256 - 90)
      return Float((x < 0 ? 0.02 : exponential(-x / 12)) * (1 + 0.2 * random.gaussian()))
    }
  }

  @Test(arguments: [1, 3, 24])
  func fastTwinEqualsPlain(_ factor: Int) throws {
    let aligner = try EchoAligner(samples: 256, factor: factor)
    let shifts = [0, 0.4, -0.4, 7.123, -12.9, 40.01, -88.8, 130, -300, 1e6, 1.0 / 24, -1.0 / 24]
    let echoes = Self.noisyEchoes(shifts.count)
    let fast = aligner.align(echoes, shifts: shifts)
    let plain = try aligner.alignPlain(echoes, shifts: shifts)
    let top = Double(plain.map(abs).max() ?? 1)
    let worst = zip(fast, plain).map { Double(abs($0 - $1)) }.max() ?? 1
    #expect(worst < 1e-6 * top, "factor \(factor): \(worst / top)")
  }

  @Test func oddLengthsToo() throws {
    let aligner = try EchoAligner(samples: 15, factor: 4)
    let echo = (0..<15).map { Float(($0 * 7) % 5) }
    let plain = try aligner.alignPlain(echo, shifts: [2.3])
    #expect(zip(aligner.align(echo, shifts: [2.3]), plain).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  /// A wide Gaussian is band-limited for all purposes: read at x + s it is the Gaussian moved by s.
  @Test(arguments: [0.0, 0.25, 3.5, -7.3])
  func bandLimitedPulseMoves(_ shift: Double) throws {
    func pulse(_ x: Double) -> Double { exponential(-0.5 * (x - 128) * (x - 128) / 25) }
    let aligner = try EchoAligner(samples: 256, factor: 24)
    let result = aligner.align((0..<256).map { Float(pulse(Double($0))) }, shifts: [shift])
    for i in 20..<236 { #expect(abs(Double(result[i]) - pulse(Double(i) + shift)) < 3e-5) }
  }

  @Test func endsHold() throws {
    let echo = (0..<256).map { Float(1 + $0) / 256 }
    let aligner = try EchoAligner(samples: 256, factor: 24)
    let late = aligner.align(echo, shifts: [300])
    let early = aligner.align(echo, shifts: [-300])
    #expect(Set(late).count == 1)
    #expect(abs(early[7] - echo[0]) < 1e-5)
  }
}

@Suite struct ShiftRuleTests {
  @Test func meanOfMembersIsRemoved() {
    let out = ShiftRule().apply([1, 3, 100, .nan], members: [true, true, false, true])
    #expect(out.mean == 2)
    #expect(out.shifts[0] == -1 && out.shifts[1] == 1 && out.shifts[3].isNaN)
    #expect(out.aligned == [true, true, true, false])
    #expect(out.missing == 1)
  }

  /// `nonzero = a != 0; a[nonzero] -= mean(a[nonzero])`: what was set to 0 stays there and is not in the mean.
  @Test func courseLeavesZeroedShiftsAtZero() {
    var rule = ShiftRule()
    rule.percentiles = (1, 99)
    rule.missingAsZero = true
    let raw = (0..<101).map { Double($0) + 10 } + [.nan]
    let out = rule.apply(raw, members: [Bool](repeating: true, count: 102))
    #expect(out.outliers == 2 && out.missing == 1)
    #expect(out.mean == 60)
    #expect(out.shifts[0] == 0 && out.shifts[100] == 0 && out.shifts[101] == 0)
    #expect(out.shifts[1] == -49 && out.shifts[50] == 0 && out.shifts[99] == 49)
    #expect(!out.aligned[101] && !out.aligned[0] && out.aligned[50])
  }

  /// A shift of exactly 0 counts as one that was set to 0, as the course's code has it.
  @Test func courseTakesAnExactZeroForAMissingShift() {
    var rule = ShiftRule()
    rule.missingAsZero = true
    let out = rule.apply([0, 2, 4], members: [true, true, true])
    #expect(out.mean == 3 && out.shifts == [0, -1, 1])
  }

  /// Fill numbers that the course lets through: the mean keeps its digits.
  @Test func meanOfHugeAndSmallShifts() {
    var raw = [Double](repeating: 0.1, count: 10_000)
    raw += [2e9, -2e9]
    var rule = ShiftRule()
    rule.missingAsZero = true
    let out = rule.apply(raw, members: raw.map { _ in true })
    #expect(abs(out.mean - 1000 / 10_002.0) < 1e-12)
  }

  @Test func largeShiftsStay() {
    var rule = ShiftRule()
    rule.limit = 10
    let out = rule.apply([0, 0, 0, 40], members: [true, true, true, true])
    #expect(out.tooLarge == 1 && out.shifts[3].isNaN && out.shifts[0] == -10)
  }
}
