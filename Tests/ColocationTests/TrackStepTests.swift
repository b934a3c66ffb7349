import Colocation
import FloeIO
import FloeSDK
import FloeTestSupport
import Synchronization
import Testing

@Suite struct TrackStepTests {
  /// 40 x 40 pixels of 100 m in UTM zone 33 north; column 20 is a lead, row 0 no data; values are the column's number.
  private func rasters(time: Bool = true) throws -> [PortData] {
    let crs = try CRSFactory.make("EPSG:32633")
    let grid = try #require(
      Grid(width: 40, height: 40, originX: 500_000, originY: 8_004_000, pixelWidth: 100, pixelHeight: 100, crs: crs))
    let acquisition = Acquisition(product: "scene", time: time ? UTCTime(seconds: 1000) : nil)
    let codes = (0..<1600).map { (i: Int) -> UInt8 in i < 40 ? 255 : i % 40 == 20 ? 2 : 1 }
    let values = (0..<1600).map { UInt16($0 % 40) }
    let classes = RasterSpec(
      grid: grid, bands: [BandSpec(name: "class", quantity: "class", noData: 255)], type: .uint8, classes: .seaIce,
      acquisition: acquisition)
    func memory(_ values: PixelArray) -> MemorySource {
      MemorySource(PixelBlock(window: grid.fullWindow, bandCount: 1, values: values))
    }
    let stack = RasterSpec(
      grid: grid, bands: [BandSpec(name: "B03", scale: 0.5)], type: .uint16, acquisition: acquisition)
    return [
      .raster(Raster(stack, source: memory(.uint16(values)))), .raster(Raster(classes, source: memory(.uint8(codes)))),
    ]
  }

  /// Records through the middle of column 18 from south to north, from row 41 (outside) to row 0.
  private func track() throws -> Table {
    var x = [Double](repeating: 501_850, count: 42)
    var y = (0..<42).map { 8_004_000 - 4150 + Double($0) * 100 }
    CoordinateTransformBox.back(&x, &y)
    var table = Table(rowCount: 42, geometry: .points(x: "lon", y: "lat"), crs: .wgs84)
    table.set(Column("lon", values: .number(x)))
    table.set(Column("lat", values: .number(y)))
    table.set(Column("time", isTime: true, values: .number((0..<42).map { 1100 + Double($0) })))
    return table
  }

  private func run(_ parameters: [String: ParameterLiteral], _ table: Table, workers: Int = 2) async throws -> Table {
    let (outputs, _) = try await StepHarness.outcome(
      of: SwiftStepFactory(TrackStep.self), parameters: parameters,
      ports: ["input": [.table(table)], "rasters": try rasters()], workers: workers)
    guard case .table(let result)? = outputs["track"] else { throw FloeError("no track") }
    return result
  }

  @Test(arguments: [1, 3]) func byHand(workers: Int) async throws {
    let t = try await run(["along": .text("300"), "across": .text("700")], try track(), workers: workers)
    // Record 20 lies in row 21, column 18: three rows by seven columns, 15...21, of which column 20 is lead.
    #expect(t["s2_class"]?.numbers?[20] == 1 && t["s2_value_B03"]?.numbers?[20] == 9)
    #expect(abs((t["fp_lead"]?.numbers?[20] ?? 0) - 1.0 / 7) < 1e-12 && t["fp_valid"]?.numbers?[20] == 1)
    #expect(t["fp_majority"]?.numbers?[20] == 1 && abs((t["fp_purity"]?.numbers?[20] ?? 0) - 6.0 / 7) < 1e-12)
    #expect(t["fp_mean_B03"]?.numbers?[20] == 9 && t["fp_std_B03"]?.numbers?[20] == 1)
    #expect(abs((t["lead_distance_m"]?.numbers?[20] ?? 0) - 200) < 0.01 && t["dt_s"]?.numbers?[20] == 120)
    #expect(
      t.status.reason(0) == "outside the scene" && t.status.reason(41) == "no data in the scene"
        && t.status.keptCount == 39)
    // At the upper edge a third of the rectangle lies beyond the raster and a third over no data.
    #expect(abs((t["fp_valid"]?.numbers?[41] ?? 0) - 1.0 / 3) < 1e-12)
  }

  /// With 1 m/s eastward and dt from 100 s, the ice was one pixel farther west.
  @Test func driftMovesTheSampledPlace() async throws {
    let t = try await run(["drift": .list([.text("1"), .text("0")])], try track())
    #expect(t["s2_value_B03"]?.numbers?[20] == 8.5)
  }

  /// A track that was laid on other rasters before keeps its columns.
  @Test func noColumnIsReplaced() async throws {
    let first = try await run([:], try track())
    do {
      _ = try await run([:], first)
      Issue.record("not refused")
    } catch { #expect("\(error)".contains("has a column 's2_value_B03' and"), "\(error)") }
    let second = try await run(["prefix": .text("b_")], first)
    #expect(second["b_s2_class"] != nil && second["b_fp_lead"]?.numbers?[20] == second["fp_lead"]?.numbers?[20])
    #expect(second["s2_class"] == first["s2_class"] && second["dt_s"]?.numbers?[20] == first["dt_s"]?.numbers?[20])
  }

  /// The mask of a stack has a class called valid.
  @Test func aClassCalledValid() async throws {
    guard case .raster(var mask) = try rasters()[1] else { throw FloeError("no raster") }
    mask.spec.classes = ClassTable([
      ClassEntry(code: 1, name: "valid", label: "Valid", color: RGB(0, 0, 0)),
      ClassEntry(code: 2, name: "land", label: "Land", color: RGB(0, 0, 0)),
    ])
    let outputs = try await StepHarness.outputs(
      of: SwiftStepFactory(TrackStep.self), parameters: ["across": .text("700")],
      ports: ["input": [.table(try track())], "rasters": [.raster(mask)]])
    guard case .table(let t)? = outputs["track"] else { throw FloeError("no track") }
    #expect(t["fp_valid"]?.numbers?[20] == 1 && abs((t["fp_class_valid"]?.numbers?[20] ?? 0) - 6.0 / 7) < 1e-12)
  }

  @Test func limits() async throws {
    let t = try await run(["max_dt_minutes": .text("2")], try track())
    #expect(t.status.reason(20) == nil && t.status.reason(30) == "time difference above 2.0 min")
    await #expect(throws: FloeError.self) { try await self.run(["max_dt_minutes": .text("1")], try self.track()) }
  }

  /// One record: its pixel alone is read, with bilinear values the four around it, never the neighbours for nothing.
  @Test(arguments: [
    (false, [PixelWindow(column: 18, row: 19, width: 1, height: 1)]),
    (true, [PixelWindow(column: 18, row: 18, width: 2, height: 2)]),
  ])
  func readsOnlyWhatIsNeeded(bilinear: Bool, expected: [PixelWindow]) async throws {
    guard case .raster(let stack) = try rasters()[0] else { throw FloeError("no raster") }
    let source = CountingSource(MemorySource(try stack.read(stack.spec.grid.fullWindow)))
    var x = [501_875.0]
    var y = [8_004_000 - 1925.0]
    var table = Table(rowCount: 1, geometry: .points(x: "lon", y: "lat"), crs: .wgs84)
    CoordinateTransformBox.back(&x, &y)
    table.set(Column("lon", values: .number(x)))
    table.set(Column("lat", values: .number(y)))
    let outputs = try await StepHarness.outputs(
      of: SwiftStepFactory(TrackStep.self),
      parameters: ["footprint": .text("false"), "bilinear": .text("\(bilinear)")],
      ports: ["input": [.table(table)], "rasters": [.raster(Raster(stack.spec, source: source))]])
    guard case .table(let result)? = outputs["track"] else { throw FloeError("no track") }
    #expect(source.windows.withLock { $0 } == expected)
    #expect(result["s2_value_B03"]?.numbers == [9])
    if bilinear { #expect(abs((result["s2_bilinear_B03"]?.numbers?[0] ?? 0) - 9.125) < 1e-6) }
  }

  @Test func refusals() async throws {
    var far = try track()
    far.set(Column("lat", values: .number([Double](repeating: 60, count: 42))))
    do {
      _ = try await run([:], far)
      Issue.record("not refused")
    } catch { #expect("\(error)".contains("no record meets the scene") && "\(error)".contains(" km "), "\(error)") }
    var bare = try track()
    bare.geometry = nil
    do {
      _ = try await run([:], bare)
      Issue.record("not refused")
    } catch { #expect("\(error)".contains("no point coordinates"), "\(error)") }
    #expect(SwiftStepFactory(TrackStep.self).declaration.inconsistencies().isEmpty)
    #expect(SwiftStepFactory(PairsStep.self).declaration.inconsistencies().isEmpty)
    #expect(SwiftStepFactory(DriftStep.self).declaration.inconsistencies().isEmpty)
  }
}

/// Keeps the windows that are read.
final class CountingSource: RasterSource {
  let windows = Mutex<[PixelWindow]>([])
  private let source: MemorySource
  init(_ source: MemorySource) { self.source = source }
  func read(_ window: PixelWindow, bands: [Int], into target: inout PixelBlock) throws {
    windows.withLock { $0.append(window) }
    try source.read(window, bands: bands, into: &target)
  }
}

enum CoordinateTransformBox {
  /// From UTM zone 33 north to longitude and latitude.
  static func back(_ x: inout [Double], _ y: inout [Double]) {
    do { try CoordinateTransform(from: CRSFactory.make("EPSG:32633"), to: .wgs84).transform(x: &x, y: &y) } catch {
      Issue.record("\(error)")
    }
  }
}
