import Altimetry
import Catalogue
import Clustering
import Colocation
import CryoSat2
import Evaluation
import FloeHost
import FloeSDK
import FloeTestSupport
import Formats
import QGIS
import RasterSteps
import Report
import Sentinel2
import Sentinel3
import Synthetic

/// Everything that is bundled, taken through the plugins' entry points. A new plugin: import it and add its own.
enum Bundled {
  static let entryPoints: [@Sendable (UnsafeMutableRawPointer) -> Void] = [
    Altimetry.floePlugin, Catalogue.floePlugin, Clustering.floePlugin, Colocation.floePlugin, CryoSat2.floePlugin,
    Evaluation.floePlugin,
    Formats.floePlugin, QGIS.floePlugin, RasterSteps.floePlugin, Report.floePlugin, Sentinel2.floePlugin,
    Sentinel3.floePlugin,
    Synthetic.floePlugin,
  ]

  private static func registry() -> PluginRegistry {
    let registry = PluginRegistry()
    for enter in entryPoints { enter(Unmanaged.passUnretained(registry).toOpaque()) }
    return registry
  }

  /// The library that holds the bundled steps and the host's own.
  private static let library = StepLibrary(linked: registry())
  /// The names of all steps.
  static let names = library.declarations.map(\.name)
  /// All product readers.
  static let readers = registry().readers

  static func factory(_ name: String) throws -> any StepFactory { try library.factory(name) }
}
