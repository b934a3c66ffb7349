import Foundation
import OrderedCollections

/// A pipeline as an OGC Application Package: a CWL v1.2 document in which any CWL runner finds all that it needs beside
/// the container.
///
/// The workflow takes products, divides them into chunks, runs `floe batch` on each chunk and `floe gather` on their
/// results, and the steps over all results that its user names. The pipeline itself travels inside, as the default of
/// an input. Sources: OGC 20-089r1 (Best Practice for Earth Observation Application Package), CWL v1.2 (commonwl.org).
public struct ApplicationPackage {
  /// What a chunk's job may take of a machine.
  public struct Resources: Sendable {
    /// Cores, at least and at most.
    public var cores: ClosedRange<Int>
    /// Memory in MiB, at least and at most.
    public var memory: ClosedRange<Int>
    /// Disk for the results of one scene, in MiB.
    public var diskOfScene: Int

    /// What is asked for where no scene was given to estimate from.
    public static let usual = Resources(cores: 1...4, memory: 2048...8192, diskOfScene: 1024)

    /// Cores, memory and disk.
    public init(cores: ClosedRange<Int>, memory: ClosedRange<Int>, diskOfScene: Int) {
      self.cores = cores
      self.memory = memory
      self.diskOfScene = diskOfScene
    }

    /// What a plan estimates: memory as `floe check` states it, at most the pixels that are kept meanwhile besides; the
    /// outputs' size without compression.
    public init(plan: Plan, memoryLimit: Int) {
      let mebibyte = 1_048_576
      let resident = MemoryEstimate(plan, workers: 4, limit: memoryLimit).bytes
      // An estimate may be too small by half.
      let least = max(512, min(resident * 3 / 2, memoryLimit) / mebibyte + 1)
      let most = (plan.scratchBytes + resident * 3 / 2) / mebibyte + 1
      self.init(
        cores: 1...4, memory: least...max(least, most),
        diskOfScene: max(16, (plan.outputBytes + plan.scratchBytes) / mebibyte + 1))
    }
  }

  /// Who wrote the pipeline, as the metadata asks for it.
  public struct Author: Sendable {
    /// Given name, family name, electronic mail, affiliation.
    public let given, family, mail, affiliation: String

    /// Reads `Given Family <mail> (Affiliation)`.
    ///
    /// - Throws: `RequestRefused` when the text has another form.
    public init(_ text: String) throws {
      let form = #/\s*(\S.*?)\s+(\S+)\s*<\s*([^<>@\s]+@[^<>@\s]+\.[^<>@\s]+)\s*>\s*\(\s*(.*?\S)\s*\)\s*/#
      guard let match = text.wholeMatch(of: form) else {
        throw RequestRefused([
          Problem(
            file: "", line: 0, "--author must be 'Given Family <mail@institute.org> (Institute)', not '\(text)'")
        ])
      }
      given = String(match.1)
      family = String(match.2)
      mail = String(match.3)
      affiliation = String(match.4)
    }
  }

  /// Inputs of the workflow for the gathering, left out unless a season is wanted.
  static let seasonNames = ["season", "season_grid", "season_cell"]

  /// The input of the workflow for steps over all results.
  static let seasonSteps = "season_steps"

  let pipeline: Pipeline
  /// The name of the workflow, and the beginning of the names of its tools.
  public let name: String
  /// The input of which each product is one value.
  let over: String
  let image: String
  let resources: Resources
  let author: Author?
  let created: String
  let chunk: Int
  let takesFiles: Bool
  let needsContainer: Bool

  /// A package of a pipeline.
  ///
  /// - Parameters:
  ///   - over: the input that is given many products; by default the only path input that must be set.
  ///   - image: the container image that holds floe.
  ///   - created: the day on which the package is made, `YYYY-MM-DD`.
  ///   - chunk: products of a job, as the default of the input `chunk_length`.
  ///   - takesFiles: whether products are files (`.zip`, `.nc`) and not folders.
  ///   - needsContainer: whether the image is required; else it is a hint, for clusters where floe is installed.
  /// - Throws: `RequestRefused` with all that keeps the pipeline from travelling alone.
  public init(
    pipeline: Pipeline, over: String?, image: String, resources: Resources, author: Author?, created: String,
    chunk: Int, takesFiles: Bool, needsContainer: Bool
  ) throws {
    self.pipeline = pipeline
    self.image = image
    self.resources = resources
    self.author = author
    self.created = created
    self.chunk = chunk
    self.takesFiles = takesFiles
    self.needsContainer = needsContainer
    var problems: [Problem] = []
    let paths = pipeline.inputs.filter { $0.value.type == "path" }
    let needed = paths.filter { !$0.value.isOptional && $0.value.defaultValue == nil }
    self.over = over ?? (needed.count == 1 ? needed.elements[0].key : "")
    if let over, paths[over] == nil {
      let known = paths.isEmpty ? "none" : paths.keys.joined(separator: ", ")
      problems.append(
        Problem(file: "", line: 0, "--over must name a path input of the pipeline (\(known)), not '\(over)'"))
    } else if self.over.isEmpty {
      problems.append(
        Problem(
          file: pipeline.file, line: 0,
          needed.isEmpty
            ? "has no path input that must be set, so that there is nothing to run it over; name one with --over"
            : "has \(needed.count) path inputs (\(needed.keys.joined(separator: ", "))): say with --over which is many")
      )
    }
    // A job's document with a member `class` is taken for a file or a folder.
    for reserved in ["class", "pipeline", "chunk_length", "chunk_start", "chunks", Self.seasonSteps] + Self.seasonNames
    where pipeline.inputs[reserved] != nil {
      problems.append(
        Problem(
          file: pipeline.file, line: pipeline.inputs[reserved]?.line ?? 0,
          "an input is called '\(reserved)', which the package needs for itself: rename it"))
    }
    if let used = pipeline.scopes.values.first {
      problems.append(
        Problem(
          file: pipeline.file, line: 0,
          "uses the pipeline \(used.file) as a step; a package carries one file: put its steps into this one"
        ))
    }
    if pipeline.text.utf8.count > 60_000 {
      problems.append(
        Problem(
          file: pipeline.file, line: 0,
          "has \(pipeline.text.utf8.count) bytes; a CWL document can carry a file of at most 64 kilobytes"))
    }
    name = Self.identifier(((pipeline.file as NSString).lastPathComponent as NSString).deletingPathExtension)
    guard problems.isEmpty else { throw RequestRefused(problems) }
  }

  /// A name of letters, digits, hyphens and underscores that is not `main`.
  static func identifier(_ text: String) -> String {
    let plain = String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? $0 : "-" })
    return plain.first?.isLetter == true && plain != "main" ? plain : "floe-\(plain)"
  }

  var title: String { pipeline.title.isEmpty ? name : pipeline.title }
}
