import Colocation
import FloeSDK
import Testing

@Suite struct KernelTests {
  /// A rectangle of 4 x 2 pixels around the corner (5, 5): columns 3...6, rows 4 and 5.
  @Test func uprightFootprint() {
    let f = PixelFootprint(centre: SIMD2(5, 5), along: SIMD2(2, 0), across: SIMD2(0, 1))
    #expect(f.rows == 4...5)
    #expect(f.columns(row: 4) == 3...6 && f.columns(row: 5) == 3...6)
    #expect(f.columns(row: 6) == nil)
    #expect(f.corners.count == 4)
  }

  /// A square on its tip with half a diagonal of 2: |x| + |y| <= 2 around the centre of pixel (5, 5).
  @Test func rotatedFootprint() {
    let f = PixelFootprint(centre: SIMD2(5.5, 5.5), along: SIMD2(1, 1), across: SIMD2(-1, 1))
    #expect(f.rows == 3...7)
    #expect((3...7).map { f.columns(row: $0)?.count ?? 0 } == [1, 3, 5, 3, 1])
  }

  @Test func footprintWithoutArea() {
    #expect(PixelFootprint(centre: SIMD2(5, 5), along: SIMD2(0, 0), across: SIMD2(0, 0)).columns(row: 4) == nil)
  }

  /// Marks at (10, 10) and (150, 70) of a grid of 10 m pixels, over several blocks of 64.
  @Test func nearestMark() {
    var codes = [UInt8](repeating: 1, count: 200 * 100)
    codes[10 * 200 + 10] = 2
    codes[70 * 200 + 150] = 2
    var marks = NearestPixelIndex(width: 200, height: 100)
    marks.mark(codes, window: PixelWindow(column: 0, row: 0, width: 200, height: 100), code: 2)
    let pixel = SIMD2(10.0, 10.0)
    #expect(marks.distance(from: SIMD2(10.5, 10.5), pixel: pixel, limit: 100) == 0)
    #expect(marks.distance(from: SIMD2(13.5, 14.5), pixel: pixel, limit: 100) == 50)
    #expect(marks.distance(from: SIMD2(190.5, 70.5), pixel: pixel, limit: 1000) == 400)
    #expect(marks.distance(from: SIMD2(190.5, 70.5), pixel: pixel, limit: 399) == nil)
    #expect(NearestPixelIndex(width: 200, height: 100).distance(from: SIMD2(0, 0), pixel: pixel, limit: 1e9) == nil)
  }

  /// One minute of latitude is 1852 m, give or take the ellipsoid; a step over the pole comes down on the other side.
  @Test func movedPlaces() {
    let a = Sphere.moved(SIMD2(10, 45), east: 0, north: 1852)
    #expect(abs(a.x - 10) < 1e-9 && abs(a.y - 45 - 1.0 / 60) < 1e-5)
    let b = Sphere.moved(SIMD2(179.99, 0), east: 2226.39, north: 0)
    #expect(abs(b.x + 179.99) < 1e-6 && abs(b.y) < 1e-9)
    let c = Sphere.moved(SIMD2(0, 89.99), east: 0, north: 2 * 1116.9)
    #expect(abs(abs(c.x) - 180) < 1e-6 && abs(c.y - 89.99) < 1e-4)
  }
}
