import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// A season as one result: a table of the class's area by scene, one by day, and a composite for each month.
///
/// Everything rests on whole pixels that are counted scene by scene and added up in the order of the scenes' names, so
/// that it does not matter in which chunks the scenes came.
struct Season: Sendable {
  /// A day of the season.
  struct Day: Sendable {
    let day: String
    let scenes: Int
    let area, observed, share: Double
    /// Standard uncertainty of the share: that of the borders, and that of the mean of the scenes where there are two.
    let edgeShare: Double, scenesShare: Double?
    var uncertainty: Double { (edgeShare * edgeShare + (scenesShare ?? 0) * (scenesShare ?? 0)).squareRoot() }
  }

  let options: SeasonOptions
  let crs: CRS
  /// In the order of their names.
  let scenes: [SeasonScene]
  /// Scenes that have no raster with the class, or none with a time.
  let without: [String]

  /// Counts the scenes of a folder.
  ///
  /// - Parameter rasters: a scene's name and its rasters, in the order in which its pipeline lists them.
  /// - Throws: `RequestRefused` when no scene has the class, or scenes lie in both hemispheres and no grid is given.
  init(_ rasters: [(name: String, paths: [String])], options: SeasonOptions) throws {
    self.options = options
    let north = try CRSFactory.make("EPSG:6931")
    let south = try CRSFactory.make("EPSG:6932")
    let found = Mutex<[Int: Result<(SceneCounts, Bool), any Error>]>([:])
    let next = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: min(options.workers, max(1, rasters.count))) { _ in
      while true {
        let place = next.withLock { n in
          n += 1
          return n - 1
        }
        guard place < rasters.count else { return }
        for path in rasters[place].paths {
          do {
            var isNorth = true
            let counts = try SceneCounts(path: path, className: options.className, cell: options.cell) { latitude in
              isNorth = latitude >= 0
              return options.crs ?? (isNorth ? north : south)
            }
            guard let counts else { continue }
            let scene = (counts, isNorth)
            found.withLock { $0[place] = .success(scene) }
          } catch {
            found.withLock { $0[place] = .failure(error) }
          }
          break
        }
      }
    }
    var scenes: [SeasonScene] = []
    var without: [String] = []
    var hemispheres: Set<Bool> = []
    let all = found.withLock { $0 }
    for (place, scene) in rasters.enumerated() {
      guard let one = try all[place]?.get() else {
        without.append(scene.name)
        continue
      }
      hemispheres.insert(one.1)
      scenes.append(SeasonScene(name: scene.name, counts: one.0))
    }
    guard !scenes.isEmpty else {
      throw RequestRefused.because(
        "--season \(options.className): no scene has a raster of classes with '\(options.className)' and a time")
    }
    guard options.crs != nil || hemispheres.count == 1 else {
      throw RequestRefused.because(
        "--season: scenes lie in both hemispheres; give a --grid that shows all, or gather them apart")
    }
    crs = options.crs ?? (hemispheres.contains(true) ? north : south)
    self.scenes = scenes
    self.without = without
  }

  /// The days in their order.
  var days: [Day] {
    Dictionary(grouping: scenes, by: \.day).sorted { $0.key < $1.key }.map { day, scenes in
      let observed = scenes.reduce(0) { $0 + $1.observed }
      let area = scenes.reduce(0) { $0 + $1.area }
      let edge = scenes.reduce(0) { $0 + $1.edge }
      let share = observed > 0 ? area / observed : 0
      var between: Double?
      if scenes.count > 1, observed > 0 {
        // The mean's standard error with the observed areas as weights (Cochran 1977, ratio estimator).
        let n = Double(scenes.count)
        let squares = scenes.reduce(0) { sum, s in
          let residual = s.area - share * s.observed
          return sum + residual * residual
        }
        between = (squares * n / (n - 1)).squareRoot() / observed
      }
      return Day(
        day: day, scenes: scenes.count, area: area, observed: observed, share: share,
        edgeShare: observed > 0 ? edge / observed : 0, scenesShare: between)
    }
  }

  // MARK: Files

  /// The files of a season, without the composites.
  static let tables = ["season-scenes.csv", "season-days.csv"]

  /// Writes the tables, and the composites with their styles, into a folder.
  ///
  /// - Returns: the names of the composites, by month.
  func write(to folder: String) throws -> [(month: String, file: String)] {
    try VirtualFile.write(Array(sceneTable.utf8), to: "\(folder)/\(Self.tables[0])")
    try VirtualFile.write(Array(dayTable.utf8), to: "\(folder)/\(Self.tables[1])")
    return try Dictionary(grouping: scenes, by: \.month).sorted { $0.key < $1.key }.map { month, scenes in
      let file = "season-\(month).tif"
      try Composite(options: options, crs: crs, season: self.scenes, month: month, scenes: scenes)
        .write(to: "\(folder)/\(file)")
      if !options.style.isEmpty {
        try VirtualFile.write(Array(options.style.utf8), to: "\(folder)/season-\(month).qml")
      }
      return (month, file)
    }
  }

  private var sceneTable: String {
    let c = TextEscape.oneLine(options.className)
    let head = [
      "scene", "datetime", "day", "\(c)_pixels", "observed_pixels", "\(c)_km2", "\(c)_edge_km2", "observed_km2",
      "\(c)_share", "\(c)_share_edge",
    ]
    return Self.csv(
      [head]
        + scenes.map { s in
          [
            s.name, s.counts.time.iso8601, s.day, "\(s.counts.total.found)", "\(s.counts.total.observed)", "\(s.area)",
            "\(s.edge)", "\(s.observed)", "\(s.share)", "\(s.observed > 0 ? s.edge / s.observed : 0)",
          ]
        })
  }

  private var dayTable: String {
    let c = TextEscape.oneLine(options.className)
    let head = [
      "day", "scenes", "\(c)_km2", "observed_km2", "\(c)_share", "uncertainty", "uncertainty_edges",
      "uncertainty_scenes",
    ]
    return Self.csv(
      [head]
        + days.map { d in
          [
            d.day, "\(d.scenes)", "\(d.area)", "\(d.observed)", "\(d.share)", "\(d.uncertainty)", "\(d.edgeShare)",
            d.scenesShare.map { "\($0)" } ?? "",
          ]
        })
  }

  private static func csv(_ rows: [[String]]) -> String {
    rows.map { $0.map(SpreadsheetCell.csv).joined(separator: ",") + "\n" }.joined()
  }
}
