import FloeSDK
import Foundation

/// Keeps what a run finds in its output folder: files that floe did not write, and outputs of another run.
public struct FolderGuard: Sendable {
  let folder: String
  let pipeline: String
  let inputs: Set<String>
  let isOverwriting: Bool
  let digests: ContentDigests
  /// What lies beside outputs and goes with them, each with its output.
  private let beside: [String: String]
  /// Outputs that are folders.
  private let folders: Set<String>
  /// The record's name of a single step in a pipeline's folder.
  private let step: String?

  /// The guard of one run.
  init(plan: Plan, folder: String, isOverwriting: Bool, digests: ContentDigests) {
    self.folder = folder
    pipeline = plan.pipeline.file
    inputs = Set(plan.inputPaths)
    self.isOverwriting = isOverwriting
    self.digests = digests
    let pairs = plan.outputs.flatMap { output in plan.sidecars(of: output.name).map { ($0, output.name) } }
    beside = Dictionary(pairs) { first, _ in first }
    folders = plan.folderOutputs
    step = plan.outputs.first.map { ($0.name as NSString).deletingPathExtension + "." + OutputNames.record }
  }

  /// Puts back what a run that was killed while it put its files in place left half done, and removes the temporary
  /// folders of runs that are gone.
  ///
  /// - Returns: a sentence for each.
  public static func recover(_ folder: String) throws -> [String] { try Staging.recover(folder) }

  /// What a plan would meet in its folder, a mistake each: before any work.
  public static func mistakes(plan: Plan, options: RunOptions) -> [Problem] {
    let digests = ContentDigests()
    let own = FolderGuard(
      plan: plan, folder: options.outputFolder, isOverwriting: options.isOverwriting, digests: digests)
    var names = plan.outputs.flatMap { [$0.name] + plan.sidecars(of: $0.name) }
    if own.recordName == OutputNames.record, RunCatalog.isExpected(plan) { names.append(RunCatalog.name) }
    return own.verdict(on: names, record: own.recordName, mayMakeMore: true).refusals.map { refusal in
      var problem = Problem(file: plan.pipeline.file, line: 0, refusal)
      problem.isOfFolder = true
      return problem
    }
  }

  /// The name of the run's record: that of a single step does not take the place of a pipeline's.
  var recordName: String {
    let there = FolderRecord(of: folder)
    guard FolderRecord.isStep(pipeline), there.run != nil, !there.isOfStep else { return OutputNames.record }
    return step ?? OutputNames.record
  }

  /// Judges the files that are to be put in place.
  ///
  /// - Parameters:
  ///   - names: all files but the record.
  ///   - mayMakeMore: whether files may come that are not known yet, such as a report's figures.
  func verdict(on names: [String], record: String, mayMakeMore: Bool = false) -> FolderVerdict {
    let there = FolderRecord(of: folder)
    digests.recall(outputsOf: folder)
    var verdict = FolderVerdict()
    if record == OutputNames.record, let refusal = there.refusal, !isOverwriting {
      verdict.refusals.append("\(refusal); \(Self.remedy)")
    }
    let made = Set(names)
    let read = Set(inputs.map(Self.place))
    for name in names where !isOverwriting {
      guard FileState(of: "\(folder)/\(name)") != nil else {
        // Where nothing is there is no link either; one that leads nowhere may lead to a disk that is away.
        if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)") {
          verdict.refusals.append(
            "\(folder)/\(name), a link to \(target), which does not exist, would be replaced; \(Self.remedy)")
        }
        continue
      }
      // Also one that floe wrote: the same call would go on from its own result, and nothing could be made again.
      if read.contains(Self.place("\(folder)/\(name)")) {
        verdict.refusals.append("\(folder)/\(name), which this run reads, would be replaced; \(Self.remedy)")
        continue
      }
      if folders.contains(name) {
        if let refusal = refusal(ofFolder: name, there) { verdict.refusals.append("\(refusal); \(Self.remedy)") }
        continue
      }
      if let own = there.owned[name] {
        if there.isChanged(own, digests: digests) {
          verdict.refusals.append(
            "\(folder)/\(name) was changed after floe wrote it and would be replaced; \(Self.remedy)")
        }
      } else if !isBeside(name, anOutputOf: there) {
        verdict.refusals.append("\(folder)/\(name), which floe did not write, would be replaced; \(Self.remedy)")
      }
    }
    guard record == OutputNames.record else { return verdict }
    let rest = there.owned.values.filter { file in
      !made.contains(file.name) && !folders.contains { file.name.hasPrefix($0 + "/") } && file.name != record
        && FileState(of: "\(folder)/\(file.name)") != nil
    }.sorted { $0.name < $1.name }
    let ofRun = there.isOfStep ? [] : Set(there.files.map(\.name))
    verdict.kept = rest.filter { !ofRun.contains($0.name) && !$0.name.hasSuffix("." + OutputNames.record) }
    let leftovers = rest.filter { ofRun.contains($0.name) }
    let outputs = Set((there.run?[.outputs]?.arrayValue ?? []).compactMap { $0[.name]?.stringValue })
    for file in leftovers {
      // Before the work nobody knows whether a figure will be made again.
      if mayMakeMore, !outputs.contains(file.name) { continue }
      if inputs.contains("\(folder)/\(file.name)") {
        verdict.refusals.append(
          """
          \(folder)/\(file.name), which this run reads, belongs to an older run whose place it would take; \
          \(Self.elsewhere)
          """)
      } else if isOverwriting {
        verdict.leftovers.append(file.name)
      } else if there.pipeline != (pipeline as NSString).lastPathComponent {
        verdict.refusals.append(
          """
          \(folder) holds \(file.name) of a run of \(there.pipeline), which would stand beside another run's record; \
          \(Self.elsewhere)
          """)
      } else if there.isChanged(file, digests: digests) {
        verdict.refusals.append(
          "\(folder)/\(file.name) of an older run was changed after floe wrote it; \(Self.remedy)")
      } else {
        verdict.leftovers.append(file.name)
      }
    }
    return verdict
  }

  /// Why a folder that is one output must not be replaced as a whole; nil when all in it is floe's.
  private func refusal(ofFolder name: String, _ there: FolderRecord) -> String? {
    let own = there.owned.filter { $0.key.hasPrefix(name + "/") }
    guard !own.isEmpty else { return "\(folder)/\(name), which floe did not write, would be replaced" }
    let files: [String]
    do { files = try Folder.files(in: "\(folder)/\(name)").map { "\(name)/\($0.name)" } } catch {
      return "\(error), so that it is not known whether all in it is floe's, and it would be replaced"
    }
    for file in files {
      if let written = own[file] {
        guard there.isChanged(written, digests: digests) else { continue }
        return "\(folder)/\(file) was changed after floe wrote it and would be replaced"
      }
      // GDAL keeps statistics in there when somebody looks at it.
      if !file.hasSuffix(".aux.xml") { return "\(folder)/\(file), which floe did not write, would go with \(name)" }
    }
    return nil
  }

  /// Whether a file goes with an output that floe wrote here: what GDAL and QGIS keep beside a raster is in no record.
  private func isBeside(_ name: String, anOutputOf there: FolderRecord) -> Bool {
    guard let output = beside[name] else { return false }
    return there.owned[output] != nil || there.owned.keys.contains { $0.hasPrefix(output + "/") }
  }

  /// A path without links in it, so that one file has one name.
  private static func place(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

  private static let remedy = "choose another folder with -o, or give --overwrite"
  private static let elsewhere =
    "choose another folder with -o, or give --overwrite, which takes the older run's files away"
}
