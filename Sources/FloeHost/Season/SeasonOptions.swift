import FloeIO
import FloeSDK

/// What a season is counted of, and on which grid.
public struct SeasonOptions: Sendable {
  /// The name of the class whose area and frequency are wanted, for example `lead`.
  public var className: String
  /// The reference system of the composites; nil for the EASE-Grid 2.0 of the hemisphere (EPSG:6931 or EPSG:6932).
  public var crs: CRS?
  /// The side of a cell in metres; cells are anchored at the system's origin.
  public var cell: Double
  /// Threads that read scenes.
  public var workers: Int
  /// The QGIS style of the composites, `season.qml`; empty for none.
  public var style: String

  /// Options of a season.
  ///
  /// - Parameter grid: a reference system in metres as users write it, for example `EPSG:3413`.
  /// - Throws: `RequestRefused` for a system that is not in metres, and for a cell that is no length.
  public init(className: String, grid: String?, cell: Double, workers: Int, style: String = "") throws {
    self.className = className
    self.cell = cell
    self.style = style
    self.workers = max(1, workers)
    guard cell.isFinite, cell >= 1 else {
      throw RequestRefused.because("--cell must be a length in metres, 1 or more, not \(cell)")
    }
    crs = try grid.map { text in
      let crs: CRS
      do { crs = try CRSFactory.make(text) } catch { throw RequestRefused.because("--grid: \(error)") }
      guard !crs.isGeographic, crs.metresPerUnit == 1 else {
        throw RequestRefused.because(
          "--grid must be a projected system in metres, such as EPSG:6931 or EPSG:3413, not '\(text)'")
      }
      return crs
    }
  }
}
