import Evaluation
import FloeSDK
import FloeTestSupport
import Testing

@Suite struct CompareStepTests {
  private func table() -> Table {
    var t = Table(rowCount: 6)
    t.set(Column("esa_class", classes: .seaIce, values: .code([1, 1, 2, 2, 127, 1], missing: 127)))
    t.set(Column("class_code", classes: .seaIce, values: .code([1, 2, 2, 2, 1, 1], missing: -1)))
    t.set(Column("purity", values: .number([1, 1, 1, 0.2, 1, 1])))
    t.status.drop(5, because: "land")
    return t
  }

  @Test func oneTable() async throws {
    let (outputs, told) = try await StepHarness.outcome(
      of: SwiftStepFactory(CompareStep.self), parameters: ["where": .list([.text("purity >= 0.8")])],
      ports: ["reference": [.table(table())]])
    guard case .document(let d)? = outputs["score"] else {
      Issue.record("no document")
      return
    }
    #expect(d.body["confusion_matrix"]?["counts"] == [[1, 1], [0, 1]])
    #expect(d.body["accuracy"]?.doubleValue == 2.0 / 3)
    #expect(d.body["left_out"] == ["land": 1, "no class in the reference": 1, "not purity >= 0.8": 1])
    #expect(d.body["warning"]?.stringValue?.contains("circular") == true)
    #expect(told.dropped["land"] == 1)
    #expect(told.records["summary"]?.stringValue?.hasPrefix("accuracy 0.6667, lead F1 0.6667") == true)
    // Said by the plan and by the run.
    #expect(told.warnings.count == 2 && Set(told.warnings).count == 1)
  }

  @Test func twoTables() async throws {
    var second = table()
    second.remove("esa_class")
    let (outputs, _) = try await StepHarness.outcome(
      of: SwiftStepFactory(CompareStep.self), parameters: ["reference_column": .text("class_code")],
      ports: ["reference": [.table(table())], "predicted": [.table(second)]])
    guard case .document(let d)? = outputs["score"] else {
      Issue.record("no document")
      return
    }
    #expect(d.body["accuracy"]?.doubleValue == 1 && d.body["warning"] == nil)
  }

  private func raster(_ values: PixelArray, width: Int = 40, height: Int = 600, noData: Double? = 255) throws -> Raster
  {
    let grid = try #require(
      Grid(width: width, height: height, originX: 0, originY: 0, pixelWidth: 10, pixelHeight: 10, crs: nil))
    let spec = RasterSpec(
      grid: grid, bands: [BandSpec(name: "class", quantity: "class", noData: noData)], type: values.type,
      classes: .seaIce)
    return Raster(spec, source: MemorySource(PixelBlock(window: grid.fullWindow, bandCount: 1, values: values)))
  }

  /// 24 000 pixels over three blocks: every 10th lead, every 100th wrong, the first row no data.
  @Test(arguments: [1, 4]) func rasters(workers: Int) async throws {
    let n = 24_000
    let truth = (0..<n).map { (i: Int) -> UInt8 in i < 40 ? 255 : i % 10 == 0 ? 2 : 1 }
    let guess = (0..<n).map { (i: Int) -> Float in i == 5000 ? .nan : i % 100 == 0 ? 1 : i % 10 == 0 ? 2 : 1 }
    let (outputs, told) = try await StepHarness.outcome(
      of: SwiftStepFactory(CompareStep.self),
      ports: ["reference": [.raster(try raster(.uint8(truth)))], "predicted": [.raster(try raster(.float32(guess)))]],
      workers: workers)
    guard case .document(let d)? = outputs["score"] else {
      Issue.record("no document")
      return
    }
    // Leads: pixels 40, 50, ... 23 990 are 2396, of which 100, 200, ... 23 900 are 239 wrong, one of them no data.
    #expect(d.body["confusion_matrix"]?["counts"] == [[21_564, 0], [238, 2157]])
    #expect(d.body["left_out"] == ["no data in the reference": 40, "no data in the prediction": 1])
    #expect(told.dropped["no data in the reference"] == 40)
  }

  @Test func refusals() async throws {
    let small = try raster(.uint8([UInt8](repeating: 1, count: 24_000)), width: 20, height: 1200)
    let large = try raster(.uint8([UInt8](repeating: 1, count: 24_000)))
    var longer = Table(rowCount: 7)
    longer.set(Column("class_code", values: .code([Int16](repeating: 1, count: 7), missing: -1)))
    for (parameters, ports, part) in [
      ([:], ["reference": [.raster(small)], "predicted": [.raster(large)]], "20 x 1200 pixels against 40 x 600"),
      ([:], ["reference": [.raster(small)]], "is not connected"),
      ([:], ["reference": [.table(table())], "predicted": [.table(longer)]], "have 6 and 7 rows"),
      ([:], ["reference": [.raster(small)], "predicted": [.table(table())]], "both must be of one kind"),
      (["reference_column": .text("esa_clas")], ["reference": [.table(table())]], "did you mean 'esa_class'"),
      (["classes": .list([.text("leed")])], ["reference": [.table(table())]], "did you mean 'lead'"),
      (["where": .list([.text("puritty > 1")])], ["reference": [.table(table())]], "did you mean 'purity'"),
    ] as [([String: ParameterLiteral], [String: [PortData]], String)] {
      do {
        _ = try await StepHarness.outputs(of: SwiftStepFactory(CompareStep.self), parameters: parameters, ports: ports)
        Issue.record("not refused: \(part)")
      } catch { #expect("\(error)".contains(part), "\(error)") }
    }
    #expect(SwiftStepFactory(CompareStep.self).declaration.inconsistencies().isEmpty)
  }
}
