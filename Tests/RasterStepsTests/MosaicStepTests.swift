import FloeIO
import FloeSDK
import FloeTestSupport
import RasterSteps
import Testing

/// Rows of pixels of 10 m that overlap: no data is 0 (255 for codes), times rise with the place in the list.
@Suite struct MosaicStepTests {
  private func row(
    _ values: PixelArray, east: Double, hour: Double?, classes: ClassTable? = nil, name: String = "v"
  ) throws -> Raster {
    let grid = try grid(values.count, 1, east: east)
    let band = BandSpec(name: name, quantity: "q", noData: classes == nil ? 0 : 255)
    let spec = RasterSpec(
      grid: grid, bands: [band], type: values.type, classes: classes,
      acquisition: hour.map { Acquisition(time: UTCTime(seconds: $0 * 3600), platform: "P") })
    return Raster(
      spec, source: MemorySource(PixelBlock(window: grid.fullWindow, bandCount: 1, values: values)))
  }

  private func mosaic(_ images: [Raster], _ parameters: [String: String] = [:]) async throws -> Raster {
    let registry = PluginRegistry()
    RasterSteps.floePlugin(Unmanaged.passUnretained(registry).toOpaque())
    let factory = try #require(registry.steps.first { $0.declaration.name == "raster.mosaic" })
    let outputs = try await StepHarness.outputs(
      of: factory, parameters: parameters.mapValues { .text($0) }, ports: ["images": images.map { .raster($0) }])
    guard case .raster(let result)? = outputs["mosaic"] else { throw FloeError("no raster") }
    return result
  }

  /// 1 2 0, and from the second pixel on 4 0 8, and 6.
  private func three() throws -> [Raster] {
    [
      try row(.uint16([1, 2, 0]), east: 0, hour: 1), try row(.uint16([4, 0, 8]), east: 10, hour: 2),
      try row(.uint16([6]), east: 10, hour: 3),
    ]
  }

  @Test(arguments: [
    ("first", [1.0, 2, 0, 8]), ("last", [1, 6, 0, 8]), ("minimum", [1, 2, 0, 8]), ("maximum", [1, 6, 0, 8]),
    ("mean", [1, 4, .nan, 8]),
  ]) func rules(rule: String, expected: [Double]) async throws {
    for images in [try three(), try three().reversed()] {
      let made = try await mosaic(images, ["rule": rule])
      #expect(made.spec.grid == (try grid(4, 1)))
      let values = try stored(made)
      #expect(values.map { $0.isNaN ? -1 : $0 } == expected.map { $0.isNaN ? -1 : $0 })
      #expect(made.spec.type == (rule == "mean" ? .float32 : .uint16))
      #expect(made.spec.acquisition == Acquisition(platform: "P"))
    }
  }

  /// Of three codes that are as frequent the lowest.
  @Test func majority() async throws {
    let images = [
      try row(.uint8([2, 1, 255]), east: 0, hour: nil, classes: .seaIce),
      try row(.uint8([1, 2, 255]), east: 0, hour: nil, classes: .seaIce),
      try row(.uint8([2]), east: 10, hour: nil, classes: .seaIce),
    ]
    let made = try await mosaic(images)
    #expect(try stored(made) == [1, 2, 255])
    #expect(made.spec.classes == .seaIce && made.spec.bands[0].noData == 255)
  }

  @Test func whatDoesNotFitIsRefused() async throws {
    let plain = try row(.uint16([1, 2]), east: 0, hour: 1)
    let codes = try row(.uint8([1]), east: 0, hour: 1, classes: .seaIce)
    var other = codes
    other.spec.classes = .clusters(3)
    let cases: [([Raster], [String: String], String)] = [
      ([plain, try row(.uint16([1]), east: 0, hour: 1, name: "w")], [:], "number 1: it has the bands w, not v"),
      ([plain, codes], [:], "it holds uint8"), ([codes, other], [:], "its code 0 is 'cluster_0'"),
      ([codes, codes], ["rule": "mean"], "codes of classes have no order"),
      ([plain, plain], ["rule": "majority"], "counts codes in uint8"),
      ([plain, try row(.uint16([1]), east: 0, hour: nil)], ["rule": "last"], "number 2 of 'images' has none"),
    ]
    for (images, parameters, part) in cases {
      let error = await #expect(throws: (any Error).self) { try await mosaic(images, parameters) }
      #expect("\(error.map { "\($0)" } ?? "")".contains(part))
    }
  }
}
