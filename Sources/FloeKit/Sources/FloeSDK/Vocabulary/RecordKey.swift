/// A key of a run's record, `run.json`, or of the provenance that goes with each output, on which modules agree.
///
/// One type for all levels, since records are nested: keys at the top, those in its lists, and the facts that steps
/// record and others read. Facts that nobody else reads stay texts, and so do the members of a fact that one
/// module makes and one draws. There is no literal of it on purpose: a misspelt key does not compile.
public struct RecordKey: RawRepresentable, Sendable, Hashable {
  /// The key as the record has it.
  public let rawValue: String
  /// A key; for the places where a vocabulary is written down.
  public init(rawValue: String) { self.rawValue = rawValue }
}

extension JSONValue {
  /// An object with keys of the vocabulary.
  public init(keyed members: [RecordKey: JSONValue]) {
    var object: [String: JSONValue] = [:]
    for (key, value) in members { object[key.rawValue] = value }
    self = .object(object)
  }

  /// A member of an object; nil when this is no object or has no such member.
  public subscript(key: RecordKey) -> JSONValue? { self[key.rawValue] }
}

extension Dictionary where Key == String, Value == JSONValue {
  /// A member of an object; nil when it has no such member.
  public subscript(key: RecordKey) -> JSONValue? {
    get { self[key.rawValue] }
    set { self[key.rawValue] = newValue }
  }
}

// MARK: - The record

extension RecordKey {
  /// The version of floe, a text; a record without it is none of floe's.
  public static let floe = RecordKey(rawValue: "floe")
  /// The path of the pipeline's file, or `floe step NAME`.
  public static let pipeline = RecordKey(rawValue: "pipeline")
  /// The title of the pipeline, a text.
  public static let title = RecordKey(rawValue: "title")
  /// The text of the pipeline's file; empty for a single step.
  public static let pipelineText = RecordKey(rawValue: "pipeline_text")
  /// The texts of the pipelines that the pipeline uses, by path.
  public static let pipelineParts = RecordKey(rawValue: "pipeline_parts")
  /// The folder of the pipeline's file.
  public static let pipelineFolder = RecordKey(rawValue: "pipeline_folder")
  /// The folder in which floe was called, from which relative paths count.
  public static let workingFolder = RecordKey(rawValue: "working_folder")
  /// When the run began, ISO 8601 in UTC.
  public static let started = RecordKey(rawValue: "started")
  /// When the run ended, ISO 8601 in UTC.
  public static let ended = RecordKey(rawValue: "ended")
  /// How long the run, or a step or output of its timings, took; in seconds.
  public static let seconds = RecordKey(rawValue: "seconds")
  /// The name of the machine.
  public static let host = RecordKey(rawValue: "host")
  /// The number of threads that shared the work.
  public static let workers = RecordKey(rawValue: "workers")
  /// The cap on memory in bytes.
  public static let memoryLimit = RecordKey(rawValue: "memory_limit_bytes")
  /// The largest resident memory in bytes, of the run or up to a step's end.
  public static let peakMemory = RecordKey(rawValue: "peak_memory_bytes")
  /// The number from which random choices follow, as a text: JSON's numbers do not hold it.
  public static let seed = RecordKey(rawValue: "seed")
  /// Versions of the libraries by name.
  public static let libraries = RecordKey(rawValue: "libraries")
  /// The paths of the inputs, a list of texts; in provenance a list of what `fingerprints` holds.
  public static let inputs = RecordKey(rawValue: "inputs")
  /// A list with `name` and `fingerprint` of each input, and `by` for one that is not known by its bytes.
  public static let fingerprints = RecordKey(rawValue: "fingerprints")
  /// The steps in their order, a list with `id`, `use`, `with`, `in`, `plugin` and `key`.
  public static let steps = RecordKey(rawValue: "steps")
  /// A list with `step` and `use`, or `output`, and `seconds` and `peak_memory_bytes` of each.
  public static let timings = RecordKey(rawValue: "timings")
  /// The facts that steps recorded: an object of objects, by step and key.
  public static let results = RecordKey(rawValue: "results")
  /// What took no part, a list with `step`, `count`, `unit` and `reason`.
  public static let leftOut = RecordKey(rawValue: "left_out")
  /// A list with `step` and `message`; the step is empty for those of the plan.
  public static let warnings = RecordKey(rawValue: "warnings")
  /// A list with `name`, `kind` and `key` of each output.
  public static let outputs = RecordKey(rawValue: "outputs")
  /// Why steps have no content key, by step.
  public static let withoutKey = RecordKey(rawValue: "without_key")
  /// The files that were written, a list with `name`, `bytes` and `sha256`.
  public static let files = RecordKey(rawValue: "files")
  /// Files of earlier single steps that stay in the folder, as `files`.
  public static let earlierFiles = RecordKey(rawValue: "earlier_files")
  /// What was read over the network, `bytes` and `requests`; absent where nothing was.
  public static let network = RecordKey(rawValue: "network")
  /// The values of the pipeline's inputs and parameters by name, as texts.
  public static let settings = RecordKey(rawValue: "settings")
  /// The steps to which the run was told to run (`--until`), a list of texts; absent where it ran to the end.
  public static let until = RecordKey(rawValue: "until")
  /// The steps whose outputs it was told to write too (`--keep`), a list of texts; absent where there are none.
  public static let keep = RecordKey(rawValue: "keep")
  /// How long the run was expected to take, `seconds`, and a list of what was `unknown`.
  public static let estimate = RecordKey(rawValue: "estimate")
  /// The plugins that took part, a list with `name`, `version` and `digest`.
  public static let plugins = RecordKey(rawValue: "plugins")
  /// SHA-256 of floe's program.
  public static let program = RecordKey(rawValue: "program")
  /// SHA-256 over the style files.
  public static let styles = RecordKey(rawValue: "styles")
  /// The stamp of the plugin kit.
  public static let kit = RecordKey(rawValue: "kit")
  /// The form of a lock, the number 1; a lock has it beside `plugins`, `program`, `styles`, `kit` and `libraries`.
  public static let lock = RecordKey(rawValue: "floe_lock")
}

// MARK: - Provenance

extension RecordKey {
  /// The provenance inside of a model or document.
  public static let provenance = RecordKey(rawValue: "provenance")
  /// Versions of floe and its libraries by name.
  public static let software = RecordKey(rawValue: "software")
  /// The value that was written, `step.port`; in timings the name of the output.
  public static let output = RecordKey(rawValue: "output")
  /// How the writer was set, `writer` and `with`.
  public static let format = RecordKey(rawValue: "format")
  /// The name of the writer.
  public static let writer = RecordKey(rawValue: "writer")
}

// MARK: - Entries of lists

extension RecordKey {
  /// The name of a step in its pipeline.
  public static let id = RecordKey(rawValue: "id")
  /// The name of the step's kind, such as `raster.read`.
  public static let use = RecordKey(rawValue: "use")
  /// The parameters that took effect, by name.
  public static let parameters = RecordKey(rawValue: "with")
  /// Parameters with names in them, by name, as a pipeline writes them: `{ lead: dark, sea_ice: rest }`. Their order
  /// counts, and objects of JSON have none.
  public static let parameterTexts = RecordKey(rawValue: "with_text")
  /// Lists of `step.port` by the name of the input.
  public static let connections = RecordKey(rawValue: "in")
  /// The plugin of a step: `name`, `version` and `digest`.
  public static let plugin = RecordKey(rawValue: "plugin")
  /// The content key of a step or output, a SHA-256; null without one.
  public static let key = RecordKey(rawValue: "key")
  /// The name of an input, output, file, plugin or class.
  public static let name = RecordKey(rawValue: "name")
  /// What an output is: `raster`, `table`, `model` or `document`.
  public static let kind = RecordKey(rawValue: "kind")
  /// The size of a file, or what was read over the network, in bytes.
  public static let bytes = RecordKey(rawValue: "bytes")
  /// SHA-256 of a file.
  public static let sha256 = RecordKey(rawValue: "sha256")
  /// SHA-256 of an input, or its server's tag; null where neither is known.
  public static let fingerprint = RecordKey(rawValue: "fingerprint")
  /// By what else than its bytes an input is known.
  public static let by = RecordKey(rawValue: "by")
  /// The step that an entry is about.
  public static let step = RecordKey(rawValue: "step")
  /// How many were left out.
  public static let count = RecordKey(rawValue: "count")
  /// What they are counted in, such as `records`.
  public static let unit = RecordKey(rawValue: "unit")
  /// Why they were left out.
  public static let reason = RecordKey(rawValue: "reason")
  /// The sentence of a warning.
  public static let message = RecordKey(rawValue: "message")
  /// The number of requests over the network.
  public static let requests = RecordKey(rawValue: "requests")
  /// True for a step that was taken from the cache; absent for others.
  public static let fromCache = RecordKey(rawValue: "from_cache")
  /// Steps and writers of which no time is known, a list of texts.
  public static let unknown = RecordKey(rawValue: "unknown")
  /// The version of a plugin.
  public static let version = RecordKey(rawValue: "version")
  /// SHA-256 of a plugin's code.
  public static let digest = RecordKey(rawValue: "digest")
}
