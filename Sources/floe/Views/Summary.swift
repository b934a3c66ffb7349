import FloeHost
import FloeSDK
import Foundation

/// The few lines at the end of a run: classes with area and share, what was left out, where the files are.
struct Summary {
  let report: RunReport
  let folder: String

  var text: String {
    if report.isUnchanged {
      let outputs = (report.record[.outputs]?.arrayValue ?? []).compactMap { $0[.name]?.stringValue }
      return "nothing to do: \(folder) holds the very outputs that this run would make (--force makes them again)\n"
        + Terminal.wrapped(outputs.joined(separator: " "), indent: "  ")
    }
    var lines: [String] = []
    let results = report.record[.results]?.objectValue ?? [:]
    for step in results.keys.sorted() {
      guard let facts = results[step]?.objectValue else { continue }
      if let classes = facts[.classAreas]?.arrayValue, !classes.isEmpty {
        lines.append("\(step): classes")
        lines.append(
          Terminal.table(
            classes.map { c in
              [
                c[.label]?.stringValue ?? "", area(c[.areaKm2]?.doubleValue),
                String(format: "%.2f %%", (c[.share]?.doubleValue ?? 0) * 100),
              ]
            }, indent: "  "))
      }
      if let classes = facts[.classCounts]?.arrayValue, !classes.isEmpty {
        let total = classes.reduce(0) { $0 + ($1[.records]?.intValue ?? 0) }
        lines.append("\(step): classes")
        lines.append(
          Terminal.table(
            classes.map { c in
              let n = c[.records]?.intValue ?? 0
              return [
                c[.name]?.stringValue ?? "", "\(n) records",
                String(format: "%.2f %%", total > 0 ? Double(n) / Double(total) * 100 : 0),
              ]
            }))
      }
      for (key, value) in facts.sorted(by: { $0.key < $1.key }) where key.hasPrefix(RecordKey.summary.rawValue) {
        if let s = value.stringValue { lines.append("\(step): \(s)") }
      }
    }
    // Later steps count what earlier ones left out once more; here each reason stands once, with the first that gave
    // it.
    var seen: Set<[JSONValue]> = []
    let dropped = (report.record[.leftOut]?.arrayValue ?? []).filter { d in
      seen.insert([d[.count] ?? .null, d[.unit] ?? .null, d[.reason] ?? .null]).inserted
    }
    if !dropped.isEmpty {
      lines.append("left out:")
      lines.append(
        Terminal.table(
          dropped.map { d in
            [
              d[.step]?.stringValue ?? "", "\(d[.count]?.intValue ?? 0) \(d[.unit]?.stringValue ?? "")",
              d[.reason]?.stringValue ?? "",
            ]
          }))
    }
    lines.append("written to \(folder):")
    lines.append(Terminal.wrapped(Self.collapsed(report.files).joined(separator: " "), indent: "  "))
    for page in report.files.filter({ $0.hasSuffix(".html") }) { lines.append("report: \(folder)/\(page)") }
    if let line = Self.network(report.record[.network]) { lines.append(line) }
    if let seconds = report.record[.seconds]?.doubleValue, let peak = report.record[.peakMemory]?.intValue {
      lines.append("took \(ConsoleObserver.duration(seconds)), peak memory \(SystemResources.text(peak))")
    }
    return lines.joined(separator: "\n")
  }

  /// What was read over the network, in words; nil where nothing was.
  static func network(_ told: JSONValue?) -> String? {
    guard let bytes = told?[.bytes]?.intValue, let requests = told?[.requests]?.intValue else { return nil }
    return "read \(SystemResources.text(bytes)) over the network in \(requests) requests"
  }

  /// Files without sidecars; those in a folder that holds many stand for it with their number.
  private static func collapsed(_ files: [String]) -> [String] {
    let shown = files.filter { !$0.hasSuffix(".aux.xml") && !$0.hasSuffix(".qml") }
    func parent(_ file: String) -> String { (file as NSString).deletingLastPathComponent }
    let sizes = Dictionary(grouping: shown, by: parent).mapValues(\.count)
    var result: [String] = []
    var told: Set<String> = []
    for file in shown {
      let folder = parent(file)
      if folder.isEmpty || sizes[folder] ?? 0 <= 8 {
        result.append(file)
      } else if told.insert(folder).inserted {
        result.append("\(folder)/\u{a0}(\(sizes[folder] ?? 0)\u{a0}files)")
      }
    }
    return result
  }

  private func area(_ km2: Double?) -> String { km2.map { String(format: "%.2f km²", $0) } ?? "" }
}
