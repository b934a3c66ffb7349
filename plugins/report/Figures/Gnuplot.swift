import FloeIO
import FloeSDK
internal import Foundation

/// The program that draws.
struct Gnuplot: Sendable {
  let path: String
  /// Figures take seconds; one that takes minutes never ends.
  private static let timeLimit = Duration.seconds(120)
  static let need = ProgramInfo(
    "gnuplot", purpose: "to draw figures; without it the report has tables alone", package: "gnuplot-nox")
  static let absent =
    "the report has no figures, since gnuplot is not installed; on Debian: apt-get install gnuplot-nox"

  /// The program in `PATH`; nil when there is none.
  static func find() -> Gnuplot? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/gnuplot" }.first { access($0, X_OK) == 0 }.map(Gnuplot.init)
  }

  /// Draws a figure in a folder of its own, which is gone afterwards.
  ///
  /// - Throws: what gnuplot said.
  func draw(_ figure: Figure, in parent: String, cancellation: Cancellation) throws -> DrawnFigure {
    let folder = try TemporaryFolder(in: parent)
    defer { folder.discard() }
    var files = figure.data
    files["\(figure.name).gp"] = Array(figure.script.utf8)
    for (name, bytes) in files { try VirtualFile.write(bytes, to: "\(folder.path)/\(name)") }
    let process = Process()
    // Into a file: a pipe would be held open by whatever gnuplot leaves behind.
    let said = folder.path + "/said"
    try VirtualFile.write([], to: said)
    let errors = try FileHandle(forWritingTo: URL(fileURLWithPath: said))
    process.executableURL = URL(fileURLWithPath: path)
    // Without the user's own settings a figure is the same everywhere.
    process.arguments = ["-d", "\(figure.name).gp"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.environment = [
      "LC_ALL": "C.UTF-8", "HOME": folder.path, "PATH": "/usr/bin:/bin", "GDFONTPATH": "/usr/share/fonts",
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let end = ContinuousClock.now + Self.timeLimit
    while process.isRunning {
      if cancellation.isCancelled || ContinuousClock.now > end {
        // It leads a group of its own where Foundation made one; else the second signal is what ends it.
        kill(-process.processIdentifier, SIGKILL)
        kill(process.processIdentifier, SIGKILL)
        try cancellation.check()
        throw FloeError("gnuplot was stopped after \(Self.timeLimit.components.seconds) s")
      }
      usleep(3000)
    }
    try cancellation.check()
    let words = String(decoding: try VirtualFile.read(said), as: UTF8.self)
    guard process.terminationStatus == 0 else {
      throw FloeError("gnuplot could not draw it: \(words.split(separator: "\n").suffix(3).joined(separator: " "))")
    }
    for ending in ["svg", "png"] {
      files["\(figure.name).\(ending)"] = try VirtualFile.read("\(folder.path)/\(figure.name).\(ending)")
    }
    let svg = files["\(figure.name).svg"] ?? []
    let png = files["\(figure.name).png"] ?? []
    if figure.isPhoto {
      return DrawnFigure(
        figure: figure, files: files, picture: ("jpeg", try Picture.jpeg("\(folder.path)/\(figure.name).png")))
    }
    return DrawnFigure(
      figure: figure, files: files,
      picture: svg.count <= max(100_000, png.count) && svg.count < 250_000 ? ("svg+xml", svg) : ("png", png))
  }
}
