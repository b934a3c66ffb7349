import FloeIO
import FloeSDK
import Foundation

/// What made a run's outputs, beside its request: program, plugins, styles, libraries.
///
/// Found without planning, so that many folders can be judged quickly.
struct RunSurroundings: Equatable, Sendable {
  /// The members of a run's record: `plugins`, `program`, `styles`, `kit`, `libraries`, `programs`.
  let members: [String: JSONValue]

  /// Those that a record states.
  init(members: [String: JSONValue]) { self.members = members }

  /// The surroundings of a pipeline, as they are now.
  init(of pipeline: Pipeline, library: StepLibrary, share: ResourceDirectory, digests: ContentDigests) throws {
    // Of used pipelines, what looks at written files does not run.
    let steps = pipeline.steps.values.filter { step in
      step.scope.isEmpty || library.declaration(step.use)?.isFinishing != true
    }
    var origins = Set(try steps.map { try library.origin(ofStep: $0.use, digests: digests) })
    for output in pipeline.outputs {
      guard let format = library.format(ofFile: output.name) else { continue }
      origins.insert(try library.origin(ofWriter: format.name, digests: digests))
    }
    var members: [String: JSONValue] = [:]
    members[.plugins] = .array(origins.sorted { ($0.name, $0.digest) < ($1.name, $1.digest) }.map(\.json))
    members[.program] = .string(try HostDigest.own(digests))
    members[.styles] = .string(try HostDigest.styles(of: share, digests))
    members[.kit] = .string(PluginEntryPoint.kitStamp)
    members[.libraries] = .object(LibraryVersions.all().mapValues { .string($0) })
    let programs = NeededPrograms.found(for: steps.compactMap { library.declaration($0.use) }, digests)
    if !programs.isEmpty { members[.programs] = .object(programs) }
    self.members = members
  }

  /// Whether a record states the same surroundings.
  func made(_ record: JSONValue) -> Bool { members.allSatisfy { record[$0.key] == $0.value } }
}
