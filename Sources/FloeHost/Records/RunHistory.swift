import FloeIO
import FloeSDK
import Foundation

/// What steps and writers took on this machine: seconds by kind of step and size, the last runs of each kind and size.
///
/// A line of JSON for each step of each run in `$XDG_CACHE_HOME/floe/times.jsonl`, added with one write, so that any
/// number of processes may do so; a line that cannot be read is left out. It holds times and decides nothing.
public struct RunHistory: Sendable {
  private struct Entry: Codable {
    let use: String
    /// Millions of pixels of the largest raster that it reads or makes, else of what it rests on; 0 without one.
    let megapixels: Double
    let seconds: Double
    let workers: Int
  }

  /// How long a plan will take.
  public struct Estimate: Sendable {
    /// Seconds for all that was run before.
    public var seconds = 0.0
    /// Steps and writers that were never run here.
    public var unknown: [String] = []
    /// Steps and writers that were run here on much smaller or much larger rasters alone.
    public var unlike: [String] = []

    /// For people; nil where nothing is known.
    public var text: String? {
      let other = "of comparable size on this machine"
      guard seconds > 0 else {
        return unlike.isEmpty ? nil : "not known: there is no run \(other) of \(unlike.joined(separator: ", "))"
      }
      var rest = unknown.isEmpty ? "" : ", without \(unknown.joined(separator: ", ")), which never ran here"
      if !unlike.isEmpty { rest += ", without \(unlike.joined(separator: ", ")), which ran on other sizes alone" }
      let time = seconds < 10 ? String(format: "%.1f s", seconds) : "\(Int(min(1e15, seconds.rounded()))) s"
      return "about \(time) after past runs \(other)\(rest)"
    }
    var json: JSONValue {
      JSONValue(keyed: [
        .seconds: .number((seconds * 100).rounded() / 100), .unknown: .array((unknown + unlike).map { .string($0) }),
      ])
    }
  }

  /// So many runs of each kind and size are kept when the file has grown beyond `largest` bytes.
  private static let kept = 10
  private static let largest = 1 << 18
  private let path: String?
  private let lines: [ArraySlice<UInt8>]

  /// The history of this user on this machine.
  public init(folder: String? = PluginCache.standardFolder) {
    path = folder.map { $0 + "/times.jsonl" }
    // A history that is not there or cannot be read is an empty one.
    let bytes = path.flatMap { FileManager.default.contents(atPath: $0) } ?? Data()
    lines = Array(bytes).split(separator: 10)
  }

  /// The runs of some steps and writers, or of all; only their lines are read.
  private func entries(of uses: Set<String>? = nil) -> [String: [Entry]] {
    let decoder = JSONDecoder()
    var found: [String: [Entry]] = [:]
    for line in lines {
      if let uses, let use = Self.use(in: line), !uses.contains(use) { continue }
      // Two processes may have written into one line: it is skipped.
      if let entry = try? decoder.decode(Entry.self, from: Data(line)) { found[entry.use, default: []].append(entry) }
    }
    return found
  }

  /// The step or writer that a line is about; nil where it is not written as `add` writes it.
  private static func use(in line: ArraySlice<UInt8>) -> String? {
    let key = Array("\"use\":\"".utf8)
    guard
      let start = line.indices.first(where: { line[$0] == key[0] && line[$0...].starts(with: key) }),
      let end = line[(start + key.count)...].firstIndex(of: UInt8(ascii: "\""))
    else { return nil }
    return String(decoding: line[start + key.count..<end], as: UTF8.self)
  }

  /// How long a plan will take with so many workers, before anything is run.
  public func estimate(_ plan: Plan, workers: Int) -> Estimate {
    var estimate = Estimate()
    let work = Self.work(plan)
    let entries = entries(of: Set(work.map(\.use)))
    for (use, megapixels) in work {
      let past = entries[use] ?? []
      if let seconds = Self.seconds(past, megapixels: megapixels, workers: workers) {
        estimate.seconds += seconds
      } else if past.isEmpty {
        if !estimate.unknown.contains(use) { estimate.unknown.append(use) }
      } else if !estimate.unlike.contains(use) {
        estimate.unlike.append(use)
      }
    }
    return estimate
  }

  /// Adds what the steps and outputs of a run took.
  func add(_ plan: Plan, timings: [JSONValue], workers: Int) {
    var lines = ""
    let sizes = plan.megapixels()
    for timing in timings {
      guard let seconds = timing[.seconds]?.doubleValue, timing[.fromCache] == nil else { continue }
      var work: (use: String, megapixels: Double)?
      if let id = timing[.step]?.stringValue, let step = plan.step(id) {
        work = (step.use, sizes[id] ?? 0)
      } else if let output = plan.outputs.first(where: { $0.name == timing[.output]?.stringValue }) {
        work = Self.work(output, of: plan, sizes)
      }
      guard let work else { continue }
      let entry = Entry(use: work.use, megapixels: work.megapixels, seconds: seconds, workers: workers)
      // Encoding plain values cannot fail; were it to, one line less would be known.
      if let text = try? JSONText.encode(encodable: entry) { lines += text + "\n" }
    }
    guard let path, !lines.isEmpty else { return }
    // A read-only or full home costs an estimate.
    try? Folder.make(Folder.parent(of: path))
    if FileState(of: path)?.size ?? 0 > Self.largest { shorten(path) }
    let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else { return }
    let bytes = Array(lines.utf8)
    _ = write(file, bytes, bytes.count)
    close(file)
  }

  /// Keeps the latest of each kind and size. Lines that another process adds meanwhile are lost, and nothing with them.
  private func shorten(_ path: String) {
    let entries = entries()
    let latest = entries.keys.sorted().flatMap { use in
      let bySize = Dictionary(grouping: entries[use] ?? []) { entry in
        entry.megapixels > 0 ? Int(exactly: (log2(entry.megapixels) / log2(Self.likeness)).rounded()) : nil
      }
      return bySize.sorted { $0.key ?? .min < $1.key ?? .min }.flatMap { $0.value.suffix(Self.kept) }
    }
    // Encoding plain values cannot fail; were it to, one line less would be known.
    let kept = latest.compactMap { try? JSONText.encode(encodable: $0) }
    let making = "\(path).new-\(getpid())"
    // A read-only or full home leaves the file as long as it is.
    guard (try? VirtualFile.write(kept.joined(separator: "\n") + "\n", to: making)) != nil else { return }
    rename(making, path)
  }

  /// Rasters are of comparable size up to this factor: what a step costs beside its pixels hides in smaller ones, and
  /// larger ones may not fit into memory.
  private static let likeness = 4.0
  /// The time is estimated from so many runs of the nearest size.
  private static let asked = 5

  /// From the runs of the nearest sizes; nil where none is comparable.
  private static func seconds(_ entries: [Entry], megapixels: Double, workers: Int) -> Double? {
    let like = entries.filter { entry in
      guard megapixels > 0, entry.megapixels > 0 else { return megapixels == entry.megapixels }
      return max(entry.megapixels / megapixels, megapixels / entry.megapixels) <= likeness
    }
    guard !like.isEmpty else { return nil }
    let alike = like.filter { $0.workers == workers }
    func distance(_ entry: Entry) -> Double {
      megapixels > 0 ? max(entry.megapixels / megapixels, megapixels / entry.megapixels) : 1
    }
    // The latest first among those of one size.
    let chosen = (alike.isEmpty ? like : alike).reversed()
    let nearest = chosen.enumerated().sorted {
      (distance($0.element), $0.offset) < (distance($1.element), $1.offset)
    }.prefix(asked).map { $0.element }
    let rates = nearest.map { entry in
      megapixels > 0 ? entry.seconds / entry.megapixels * megapixels : entry.seconds
    }.sorted()
    return rates[rates.count / 2]
  }

  private static func work(_ plan: Plan) -> [(use: String, megapixels: Double)] {
    let sizes = plan.megapixels()
    return plan.steps.map { ($0.use, sizes[$0.id] ?? 0) } + plan.outputs.compactMap { work($0, of: plan, sizes) }
  }

  private static func work(_ output: Pipeline.OutputNode, of plan: Plan, _ sizes: [String: Double])
    -> (use: String, megapixels: Double)?
  {
    guard let format = plan.formats[output.name] else { return nil }
    let own = output.layers.values.map { Plan.megapixels(plan.value($0)) }.max() ?? 0
    // How many outlines or what model comes out follows from the pixels behind it.
    let behind = output.layers.values.compactMap { sizes[$0.step] }.max() ?? 0
    return ("write " + format.declaration.name, own > 0 ? own : behind)
  }
}

extension Plan {
  fileprivate static func megapixels(_ data: PortData?) -> Double {
    guard case .raster(let raster)? = data else { return 0 }
    return Double(raster.spec.grid.width) * Double(raster.spec.grid.height) * Double(raster.spec.bands.count) / 1e6
  }

  /// By step: of the largest raster that it reads or makes. A step without one, that takes a table of outlines or looks
  /// at what was written, has the size of what it rests on: its time follows from pixels all the same.
  fileprivate func megapixels() -> [String: Double] {
    var found: [String: Double] = [:]
    for step in steps {
      let references = step.connections.values.joined()
      let read = references.map { Self.megapixels(value($0)) }
      let own = (read + step.outputs.values.map { Self.megapixels($0) }).max() ?? 0
      let behind = step.isFinishing ? found.values.max() : references.compactMap { found[$0.step] }.max()
      found[step.id] = own > 0 ? own : behind ?? 0
    }
    return found
  }
}
