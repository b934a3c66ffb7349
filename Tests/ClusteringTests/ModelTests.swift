import Clustering
import FloeCore
import Testing

@Suite struct ModelTests {
  func band(_ name: String, quantity: String = "reflectance", offset: Double = -0.1) -> BandSpec {
    BandSpec(name: name, quantity: quantity, scale: 1e-4, offset: offset, noData: 0)
  }

  func spec(_ bands: [BandSpec], _ acquisition: Acquisition) throws -> RasterSpec {
    let grid = try #require(
      Grid(width: 1, height: 1, originX: 0, originY: 0, pixelWidth: 1, pixelHeight: 1, crs: nil))
    return RasterSpec(grid: grid, bands: bands, type: .uint16, acquisition: acquisition)
  }

  let scene = Acquisition(platform: "Sentinel-2A", level: "L1C", baseline: "05.09", sunZenith: 60)

  func model() async throws -> FittedModel {
    let reader = SampleScenes.reader(SampleScenes.iceAndLeads(2000).values, block: 1000)
    let r = try await GMMFit(GMMOptions(components: 2)).run(reader, map: SerialMap())
    var model = FittedModel(
      r.reordered(r.clusters.orderByBrightness), features: ["B02", "B03", "B04"].map { ModelFeature(band($0)) },
      source: scene)
    model.classCodes = [2, 1]
    model.classNames = [1: "sea_ice", 2: "lead"]
    model.evidence = ["lead: cluster 0"]
    return model
  }

  @Test func survivesJSON() async throws {
    let model = try await model()
    #expect(try FittedModel(json: model.json) == model)
  }

  @Test func appliesToOtherStorage() async throws {
    let model = try FittedModel(json: try await model().json)
    let layout = ["B02", "B03", "B04"].map { FeatureLayout($0) }
    let kernel = try #require(try model.gmmKernel(layout: layout, whole: false))
    let out = kernel.classify(SampleBlock(featureCount: 3, values: .float([0.1, 0.7, 0.08, 0.68, 0.06, 0.66])))
    #expect(out.labels == [0, 1])
  }

  @Test func missingPartsAreSentences() async throws {
    #expect(throws: FloeError("the model lacks the text 'kind'")) { try FittedModel(json: [:]) }
    var body = try #require(try await model().json.objectValue)
    body["mixture"] = nil
    #expect(throws: FloeError.self) { try FittedModel(json: .object(body)) }
    // A spread that counts for nothing, or scales that cannot be, were used or passed over without a word.
    body = try #require(try await model().json.objectValue)
    for (key, value) in [
      ("standardised", JSONValue.null), ("standardised", .string("yes")),
      ("spread", .array([.integer(2), .integer(1), .integer(1)])),
    ] {
      var wrong = body
      wrong[key] = value
      wrong["standardised"] = key == "spread" ? .bool(false) : value
      #expect(
        throws: FloeError("the model's 'standardised' must be true, or false with a 'spread' of 1 in every feature")
      ) { try FittedModel(json: .object(wrong)) }
    }
    var features = try #require(body["features"]?.arrayValue)
    features[0] = ["name": "B02", "unit": "1", "quantity": "reflectance", "scale": "half", "offset": .integer(0)]
    body["features"] = .array(features)
    #expect(
      throws: FloeError("the model's feature 'B02' must have a 'scale' other than 0 and an 'offset', both numbers")
    ) { try FittedModel(json: .object(body)) }
  }

  @Test func refusesWhatDoesNotCompare() async throws {
    let model = try await model()
    let good = ["B04", "B03", "B02"].map { band($0) }
    #expect(compatibility(model, try spec(good, scene)) == compatibility(model, try spec(good, scene)))
    #expect(compatibility(model, try spec(good, scene)).refusal == nil)
    #expect(compatibility(model, try spec(good, scene)).bands == [2, 1, 0])
    var level = scene
    level.level = "L2A"
    #expect(compatibility(model, try spec(good, level)).refusal?.contains("level L2A") == true)
    #expect(compatibility(model, try spec([band("B04")], scene)).refusal?.contains("needs the band 'B02'") == true)
    let dn = good.map { band($0.name, quantity: "DN") }
    #expect(compatibility(model, try spec(dn, scene)).refusal?.contains("holds DN") == true)
    let bare = good.map { band($0.name, offset: 0) }
    #expect(compatibility(model, try spec(bare, scene)).refusal?.contains("no offset") == true)
    var old = scene
    old.baseline = "02.06"
    #expect(compatibility(model, try spec(bare, old)).refusal == nil)
    // The toolbox's own baseline says nothing of an offset; of the others the number counts, not the text.
    for (baseline, isRefused) in [("99.99", false), ("03.01", false), ("04.00", true), ("4.00", true), ("10.00", true)]
    {
      var home = scene
      home.baseline = baseline
      #expect((compatibility(model, try spec(bare, home)).refusal != nil) == isRefused, "\(baseline)")
    }
    var other = scene
    other.platform = "Sentinel-2B"
    other.sunZenith = 75
    #expect(compatibility(model, try spec(good, other)).warnings.count == 2)
  }
}
