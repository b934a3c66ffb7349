import FloeCore
import Testing

@Suite struct LongitudeTests {
  @Test(arguments: [
    (0, 0), (180, -180), (-180, -180), (181, -179), (-181, 179), (359.5, -0.5), (540, -180), (-720.25, -0.25),
  ]) func aMeridianHasOneName(degrees: Double, wanted: Double) {
    #expect(Longitude.wrapped(degrees) == wanted)
    #expect(Longitude.difference(degrees) == wanted)
  }

  @Test func whatLiesInRangeKeepsItsEveryDigit() {
    for value in [12.345678901234567, -179.99999999999997, 1e-17, 179.99999999999997] {
      #expect(Longitude.wrapped(value) == value)
    }
  }

  @Test(arguments: [(0, 0), (360, 0), (-1, 359), (725, 5), (-360, 0)]) func eastward(degrees: Double, wanted: Double) {
    #expect(Longitude.eastward(degrees) == wanted)
  }

  @Test func noNumberStaysNone() {
    #expect(Longitude.wrapped(.nan).isNaN && Longitude.eastward(.infinity).isNaN)
  }
}
