import FloeIO
import FloeSDK
import Foundation

/// Content keys of a plan: what decides about each step's outputs and each file, as one SHA-256.
///
/// Equal keys mean equal bytes, on any machine, at any path, in any time zone and language; `docs/decisions/0007` tells
/// what goes into a key. A step without a key is always run: `reasons` says why it has none.
struct RunKeys: Sendable {
  /// The form of keys; a change of what goes into them counts it up.
  static let form = 2

  /// By step.
  private(set) var steps: [String: String] = [:]
  /// Why a step has no key, by step.
  private(set) var reasons: [String: String] = [:]
  /// The names of the steps' entries in a cache, by step: the keys, unless `unseen` inputs are among what they read.
  private(set) var entries: [String: String] = [:]
  /// By output's name.
  private(set) var outputs: [String: String] = [:]
  /// The plugin that each step comes from, by step.
  private(set) var origins: [String: StepOrigin] = [:]
  /// Each input's name and the digest of its content, in the order in which the pipeline reads them; nil where the
  /// content cannot be identified. `by` is what the digest rests on where that is not the content: `etag`, `manifest`.
  private(set) var inputs: [(name: String, path: String, digest: String?, by: String?)] = []
  /// Remote products that are known by their manifest: of parts that are read of their files, nothing tells
  /// whether they are what the manifest says. What was made from them must not come out of a cache in the place of
  /// what the same product on the disk gives.
  private var unseen: Set<String> = []
  /// Those of them that a step reads, itself or by what it is connected to.
  private var unseenOf: [String: Set<String>] = [:]

  /// The key of an output file whose name and content are known.
  func key(ofPort reference: Pipeline.Reference) -> String? { steps[reference.step].map { "\($0).\(reference.port)" } }

  init(
    plan: Plan, seed: UInt64, library: StepLibrary, share: ResourceDirectory, digests: ContentDigests
  ) throws {
    var contents: [String: Result<String, FloeError>] = [:]
    var bases: [String: String] = [:]
    for path in plan.inputPaths where contents[path] == nil {
      do {
        let found = try digests.identity(of: path)
        contents[path] = .success(found.digest)
        bases[path] = found.by
        if found.by == "manifest", RemotePath.isURL(path) || RemotePath.isRemote(path) { unseen.insert(path) }
      } catch {
        contents[path] = .failure(error as? FloeError ?? FloeError("\(error)"))
      }
    }
    inputs = plan.inputPaths.map { path in
      // Why an input has no digest is reported by the steps that read it, and recorded with the run's keys.
      (Self.base(path), path, contents[path].flatMap { try? $0.get() }, bases[path])
    }
    let surroundings = try Self.surroundings()
    for step in plan.steps where !step.isFinishing {
      try add(step, of: plan, seed: seed, library: library, digests: digests, contents: contents, surroundings, [:])
    }
    let writer: JSONValue = [
      "floe": .string(try HostDigest.own(digests)), "styles": .string(try HostDigest.styles(of: share, digests)),
      "title": .string(plan.pipeline.title), "seed": .string(String(seed)), "libraries": surroundings,
      "inputs": .array(inputs.map { [.string($0.name), JSONValue($0.digest)] }),
      // Outputs name each other: a GeoPackage says which netCDF holds its echoes.
      "outputs": .array(
        plan.outputs.map { output in
          [.string(output.name), .array(output.layers.values.map { JSONValue(key(ofPort: $0)) })]
        }),
    ]
    let finishing = Set(plan.steps.filter(\.isFinishing).map(\.id))
    func isFinishing(_ o: Pipeline.OutputNode) -> Bool { o.layers.values.contains { finishing.contains($0.step) } }
    func addFile(_ output: Pipeline.OutputNode) throws {
      try add(output, plan: plan, writer: writer, library: library, digests: digests)
    }
    for output in plan.outputs where !isFinishing(output) { try addFile(output) }
    let written = outputs
    for step in plan.steps where step.isFinishing {
      try add(
        step, of: plan, seed: seed, library: library, digests: digests, contents: contents, surroundings,
        written)
    }
    for output in plan.outputs where isFinishing(output) { try addFile(output) }
  }

  private static func surroundings() throws -> JSONValue {
    var all = LibraryVersions.all().mapValues { JSONValue.string($0) }
    all["kit"] = .string(PluginEntryPoint.kitStamp)
    return .object(all)
  }

  private mutating func add(
    _ step: Plan.Step, of plan: Plan, seed: UInt64, library: StepLibrary, digests: ContentDigests,
    contents: [String: Result<String, FloeError>], _ surroundings: JSONValue, _ written: [String: String]
  ) throws {
    let origin = try library.origin(ofStep: step.use, digests: digests)
    origins[step.id] = origin
    let types = Dictionary(
      (library.declaration(step.use)?.parameters ?? []).map { ($0.name, $0.type) }
    ) { first, _ in first }
    var values = ParameterKeys(contents: contents, unseen: unseen)
    let parameters = step.inForce.map { name, literal in
      (
        name,
        values.value(
          literal, isPath: types[name] == "path" || types[name] == "list of path",
          // A finishing step hands its files to the host, and names a folder among the outputs.
          isPlace: !step.isFinishing && Self.placeNames.contains(name))
      )
    }
    var reason = values.reason
    var far = values.far
    var ports: [String: JSONValue] = [:]
    for (port, references) in step.connections {
      ports[port] = .array(
        references.map { reference in
          if steps[reference.step] == nil { reason = reason ?? "step '\(reference.step)' has no key" }
          far.formUnion(unseenOf[reference.step] ?? [])
          // The name under which a value comes may be shown, in a report for instance.
          return [.string(reference.text), JSONValue(key(ofPort: reference))]
        })
    }
    if step.isFinishing,
      written.count
        < plan.outputs.count(where: { o in
          o.layers.values.allSatisfy { plan.step($0.step)?.isFinishing == false }
        })
    {
      reason = reason ?? "an output that it looks at has no key"
    }
    if let reason {
      reasons[step.id] = reason
      return
    }
    var material: [String: JSONValue] = [
      "form": .integer(Self.form), "id": .string(step.id), "use": .string(step.use), "plugin": origin.json,
      "libraries": surroundings, "with": .object(Dictionary(uniqueKeysWithValues: parameters)),
      "seed": .string(String(StepSeed.mixed(seed, with: step.seedName))), "in": .object(ports),
    ]
    let programs = NeededPrograms.found(for: [library.declaration(step.use)].compactMap { $0 }, digests)
    if !programs.isEmpty { material["programs"] = .object(programs) }
    if step.isFinishing { material["written"] = .object(written.mapValues { .string($0) }) }
    if step.knowsDestinations {
      material["destinations"] = .object(
        plan.destinations(of: step.id).mapValues { .array($0.map { .string($0) }) })
    }
    let own = try Self.digest(.object(material))
    steps[step.id] = own
    unseenOf[step.id] = far
    entries[step.id] =
      try far.isEmpty ? own : Self.digest([.string(own), .array(far.sorted().map { .string($0) })])
  }

  /// What the values of a step's parameters are in its key.
  private struct ParameterKeys {
    /// Digests of files by path.
    let contents: [String: Result<String, FloeError>]
    /// Remote products that are known by their manifest.
    let unseen: Set<String>
    /// Those of them that the parameters name.
    private(set) var far: Set<String> = []
    /// Why the step has no key; the last parameter's reason.
    private(set) var reason: String?

    /// - Parameters:
    ///   - isPath: whether the text is a file, of which name and content count.
    ///   - isPlace: whether it is a place where the step may read or write on its own.
    mutating func value(_ literal: ParameterLiteral, isPath: Bool, isPlace: Bool) -> JSONValue {
      switch literal {
      case .text(let text) where isPath:
        guard !text.isEmpty else { return "" }
        let file = DatasetName(text)?.file ?? text
        switch contents[file] {
        case .success(let digest)?:
          if unseen.contains(file) { far.insert(file) }
          let name = RunKeys.base(file)
          return [.string(DatasetName(text)?.moved(to: name) ?? name), .string(digest)]
        case .failure(let error)?: reason = error.message
        case nil: reason = "the content of '\(text)' is not known"
        }
        return .null
      case .text(let text):
        if !text.isEmpty, isPlace || RunKeys.isPlace(text) {
          reason = "it is given the place '\(text)', where it may read or write what floe does not see"
        }
        return .string(text)
      case .list(let items):
        var list: [JSONValue] = []
        for item in items { list.append(value(item, isPath: isPath, isPlace: isPlace)) }
        return .array(list)
      case .map(let entries):
        var list: [JSONValue] = []
        for entry in entries {
          list.append([.string(entry.key), value(entry.value, isPath: isPath, isPlace: isPlace)])
        }
        return .array(list)
      }
    }
  }

  private mutating func add(
    _ output: Pipeline.OutputNode, plan: Plan, writer: JSONValue, library: StepLibrary, digests: ContentDigests
  ) throws {
    guard let format = plan.formats[output.name] else { return }
    let origin = try library.origin(ofWriter: format.declaration.name, digests: digests)
    var layers: [JSONValue] = []
    for (layer, reference) in output.layers {
      guard let key = key(ofPort: reference) else { return }
      layers.append([.string(layer), .string(reference.text), .string(key)])
    }
    outputs[output.name] = try Self.digest([
      "form": .integer(Self.form), "output": .string(output.name), "layers": .array(layers), "run": writer,
      "writer": .string(format.declaration.name), "plugin": origin.json,
      "with": .object(format.inForce.mapValues(\.json)),
    ])
  }

  private static func digest(_ material: JSONValue) throws -> String {
    try SHA256.hexadecimal(of: Array(try JSONText.encode(material).utf8))
  }

  private static func base(_ path: String) -> String { (path as NSString).lastPathComponent }

  /// Parameters of type text that name a place, by convention, since what is to be written need not exist as an input
  /// has to.
  private static let placeNames: Set<String> = ["folder", "directory", "file", "path", "output"]

  /// Whether a text names a place on the disk.
  private static func isPlace(_ text: String) -> Bool {
    // A server answers as it likes, and another time otherwise.
    ["/", "~/", "./", "../"].contains { text.hasPrefix($0) } || RemotePath.isURL(text)
  }
}
