import Altimetry
import Clustering
import Colocation
import Evaluation
import FloeSDK
import FloeTestSupport
import QGIS
import RasterSteps
import Report
import Sentinel2
import Sentinel3
import Synthetic
import Testing

/// The laws of the step contract over the bundled steps, taken through their doors.
@Suite struct BundledStepsTests {
  private static let doors: [@Sendable (UnsafeMutableRawPointer) -> Void] = [
    Altimetry.floePlugin, Clustering.floePlugin, Colocation.floePlugin, Evaluation.floePlugin, QGIS.floePlugin,
    RasterSteps.floePlugin, Report.floePlugin, Sentinel2.floePlugin, Sentinel3.floePlugin, Synthetic.floePlugin,
  ]

  private static func factories() -> [String: any StepFactory] {
    let registry = PluginRegistry()
    for door in doors { door(Unmanaged.passUnretained(registry).toOpaque()) }
    return Dictionary(registry.steps.map { ($0.declaration.name, $0) }) { first, _ in first }
  }

  @Test(arguments: factories().keys.sorted()) func declarationsAreConsistentAndBadRequestsRefused(name: String) throws {
    let factory = try #require(Self.factories()[name])
    #expect(checkDeclaration(factory) == [])
  }

  /// A step with what it needs to run.
  struct Case: Sendable, CustomTestStringConvertible {
    let step: String
    var parameters: [String: ParameterLiteral] = [:]
    let ports: @Sendable () throws -> [String: [PortData]]
    var testDescription: String { step }
  }

  static let cases = [
    Case(step: "cluster.kmeans", parameters: ["names": .text("lead=darkest,sea_ice=rest")]) { ["samples": [.raster(try SyntheticData.ice())]] },
    Case(step: "cluster.kmeans", parameters: ["features": .text("a,b")]) { ["samples": [.table(try SyntheticData.table())]] },
    Case(step: "cluster.gmm", parameters: ["names": .text("lead=darkest,sea_ice=rest")]) { ["samples": [.raster(try SyntheticData.ice())]] },
    Case(step: "cluster.gmm", parameters: ["features": .text("a,b")]) { ["samples": [.table(try SyntheticData.table())]] },
    Case(step: "evaluate.compare") { ["reference": [.raster(try SyntheticData.classes())], "predicted": [.raster(try SyntheticData.classes())]] },
  ]

  @Test(arguments: cases) func keepsTheContract(_ example: Case) async throws {
    let factory = try #require(Self.factories()[example.step])
    #expect(try await checkStep(factory, parameters: example.parameters, ports: try example.ports()) == [])
  }
}
