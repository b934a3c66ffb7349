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
    #expect(
      d.body["left_out"] == [
        ["reason": "land", "count": 1], ["reason": "no class in the reference", "count": 1],
        ["reason": "not purity >= 0.8", "count": 1],
      ])
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

  /// Unclassified is no class to agree on; what one side leaves so is missed in the second set of figures.
  @Test func unclassifiedIsNoClass() async throws {
    var t = Table(rowCount: 8)
    t.set(Column("esa_class", classes: .seaIce, values: .code([2, 2, 2, 3, 3, 1, 1, 3], missing: 127)))
    t.set(Column("class_code", classes: .seaIce, values: .code([2, 2, 3, 2, 3, 1, 2, 3], missing: -1)))
    let (outputs, _) = try await StepHarness.outcome(
      of: SwiftStepFactory(CompareStep.self), ports: ["reference": [.table(t)]])
    guard case .document(let d)? = outputs["score"] else {
      Issue.record("no document")
      return
    }
    // Decided by both: leads 2 of 2, ice 1 of 2.
    #expect(d.body["evaluated"] == 4 && d.body["accuracy"]?.doubleValue == 0.75)
    #expect(d.body["unclassified"]?["reference_only"] == 1 && d.body["unclassified"]?["predicted_only"] == 1)
    #expect(d.body["unclassified"]?["both"] == 2)
    // Of four predicted leads two are leads; of three leads two are found.
    let lead = d.body["unclassified"]?["classes_with_unclassified_as_missed"]?["lead"]
    #expect(lead?["precision"]?.doubleValue == 0.5 && lead?["recall"]?.doubleValue == 2.0 / 3)
    #expect(
      d.renderings["txt"]?.contains("Unclassified: 1 by the reference alone, 1 by the prediction alone, 2 by both")
        == true)
  }

  /// Imagery against radar says that the two leads are not one thing, and can count thin ice as lead.
  @Test func opticalAndRadarLeads() async throws {
    let classes = ClassTable([
      ClassEntry(code: 1, name: "sea_ice", label: "Sea ice", color: RGB(0, 0, 0)),
      ClassEntry(code: 2, name: "lead", label: "Lead", color: RGB(0, 0, 1)),
      ClassEntry(code: 11, name: "thin_ice", label: "Thin ice", color: RGB(0, 0, 2)),
    ])
    var t = Table(rowCount: 4)
    t.set(Column("s2_class", classes: classes, values: .code([2, 11, 11, 1], missing: -1)))
    t.set(Column("class_code", classes: .seaIce, values: .code([2, 2, 1, 1], missing: -1)))
    func score(_ more: [String: ParameterLiteral]) async throws -> JSONValue {
      let (outputs, _) = try await StepHarness.outcome(
        of: SwiftStepFactory(CompareStep.self),
        parameters: ["reference_column": .text("s2_class")].merging(more) { $1 }, ports: ["reference": [.table(t)]])
      guard case .document(let d)? = outputs["score"] else { throw FloeError("no document") }
      return d.body
    }
    let plain = try await score([:])
    #expect(plain["evaluated"] == 2 && plain["note"]?.stringValue?.contains("not the same thing") == true)
    let merged = try await score(["count_as": .text("thin_ice=lead")])
    #expect(merged["evaluated"] == 4 && merged["classes"]?["lead"]?["recall"]?.doubleValue == 2.0 / 3)
    await #expect(throws: ParameterError.self) { try await score(["count_as": .text("thin_icy=lead")]) }
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
    #expect(
      d.body["left_out"] == [
        ["reason": "no data in the prediction", "count": 1], ["reason": "no data in the reference", "count": 40],
      ])
    #expect(told.dropped["no data in the reference"] == 40)
  }

  @Test func refusals() async throws {
    let small = try raster(.uint8([UInt8](repeating: 1, count: 24_000)), width: 20, height: 1200)
    let large = try raster(.uint8([UInt8](repeating: 1, count: 24_000)))
    var longer = Table(rowCount: 7)
    longer.set(Column("class_code", values: .code([Int16](repeating: 1, count: 7), missing: -1)))
    for (parameters, ports, part) in [
      ([:], ["reference": [.raster(small)], "predicted": [.raster(large)]], "size 20 x 1200 against 40 x 600"),
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
