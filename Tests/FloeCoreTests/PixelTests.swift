import FloeCore
import Testing

private struct TypeName: PixelVisitor {
  func visit<T: PixelValue>(_ values: [T]) -> String { "\(T.self) x \(values.count)" }
}

@Suite struct PixelTests {
  /// Every type reaches the visitor as itself.
  @Test func visitorsSeeTheTypeThatIsStored() {
    let names = PixelType.allCases.map { PixelArray(type: $0, count: 3).withValues(TypeName()) }
    #expect(
      names == [
        "UInt8 x 3", "Int16 x 3", "UInt16 x 3", "Int32 x 3", "UInt32 x 3", "Float x 3", "Double x 3",
      ])
  }

  @Test func numbersOfEveryType() {
    let arrays: [PixelArray] = [
      .uint8([200]), .int16([-7]), .uint16([65535]), .int32([-2_147_483_648]), .uint32([4_294_967_295]),
      .float32([0.5]),
      .float64([1e300]),
    ]
    #expect(arrays.map { $0.doubles[0] } == [200, -7, 65535, -2_147_483_648, 4_294_967_295, 0.5, 1e300])
    // 2^32 - 1 has no single-precision number; the nearest is 2^32.
    #expect(arrays.prefix(6).map { $0.floats[0] } == [200, -7, 65535, -2_147_483_648, 4_294_967_296, 0.5])
    #expect(arrays[6].floats[0] == .infinity)
  }

  /// Bands come one after the other, rows from the north, no data as NaN: (raw * scale + offset).
  @Test func physicalValues() {
    let window = PixelWindow(column: 4, row: 2, width: 2, height: 1)
    let block = PixelBlock(window: window, bandCount: 2, values: .uint16([1, 2, 3, 9]))
    let band = BandSpec(name: "b", scale: 0.5, offset: -1, noData: 9)
    let values = block.physical(band: 1, as: band)
    #expect(values[0] == 0.5 && values[1].isNaN)
    #expect(block.physicalDoubles(band: 0, as: band) == [-0.5, 0])
    #expect(block.raw(band: 1, row: 0, column: 1) == 9)
  }
}
