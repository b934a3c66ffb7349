import FloeHost
import FloeIO
import FloeSDK
import Foundation

/// Figures with their scripts and data, reports as text, and logs.
extension DocumentView {
  /// A figure as SVG or PNG, its gnuplot script, or its data; nil for another file.
  static func figure(_ path: String) throws -> DocumentView? {
    let name = (path as NSString).lastPathComponent
    switch (path as NSString).pathExtension.lowercased() {
    case "svg":
      let head = String(decoding: try VirtualFile.read(path, limit: 4096), as: UTF8.self)
      guard head.contains("<svg") else { return nil }
      return DocumentView(kind: "figure", facts: size(ofSVG: head) + sources(of: path), body: .null)
    case "png":
      // Other pictures are rasters.
      guard let own = script(of: path) else { return nil }
      let bytes = try VirtualFile.read(path, limit: 24)
      guard bytes.count == 24, bytes.prefix(4) == [0x89, 0x50, 0x4e, 0x47] else { return nil }
      func number(_ at: Int) -> Int { bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
      return DocumentView(
        kind: "figure", facts: [("size", "\(number(16)) x \(number(20)) pixels"), ("script", own)], body: .null)
    case "gp":
      let text = try VirtualFile.readText(path)
      var facts: Facts = [("lines", "\(lines(text).count)")]
      if let first = lines(text).first, first.hasPrefix("# ") { facts.append(("title", String(first.dropFirst(2)))) }
      let stem = (name as NSString).deletingPathExtension
      let drawn = ["svg", "png"].map { "\(stem).\($0)" }.filter { VirtualFile.exists(beside(path, $0)) }
      if !drawn.isEmpty { facts.append(("draws", drawn.joined(separator: ", "))) }
      return DocumentView(kind: "gnuplot script", facts: facts, body: .null)
    case "dat":
      guard let own = script(of: path) else { return nil }
      let rows = lines(try VirtualFile.readText(path)).filter { !$0.isEmpty && !$0.hasPrefix("#") }
      let columns = rows.map { $0.split(separator: " ").count }.max() ?? 0
      return DocumentView(
        kind: "data of a figure",
        facts: [("rows", "\(rows.count)"), ("columns", "\(columns)"), ("script", own)], body: .null)
    default: return nil
    }
  }

  /// A report as text or the log of a run; nil for what is neither.
  static func text(_ path: String) throws -> DocumentView? {
    guard !VirtualFile.isDirectory(path), try VirtualFile.size(path) <= 256 << 20 else { return nil }
    // What is no UTF-8 is no text of floe's.
    guard let text = try? VirtualFile.readText(path), !text.contains("\0") else { return nil }
    let all = lines(text)
    let times = all.compactMap { $0.prefixMatch(of: #/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) /#)?.output.1 }
    if !times.isEmpty, times.count == all.count, let first = times.first, let last = times.last {
      return DocumentView(
        kind: "log", facts: [("lines", "\(all.count)"), ("covers", "\(first) to \(last)")], body: .null)
    }
    guard (path as NSString).pathExtension.lowercased() == "txt" else { return nil }
    var facts: Facts = [("lines", "\(all.count)")]
    for name in ["Reference", "Predicted", "Evaluated"] {
      guard let line = all.first(where: { $0.hasPrefix(name + ": ") }) else { continue }
      facts.append((name.lowercased(), String(line.dropFirst(name.count + 2))))
    }
    let isScore = all.first?.hasPrefix("Reference: ") == true
    if !isScore, let first = all.first(where: { !$0.isEmpty }) { facts.append(("begins", String(first.prefix(100)))) }
    return DocumentView(kind: isScore ? "comparison as text" : "text report", facts: facts, body: .null)
  }

  private static func lines(_ text: String) -> [Substring] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  private static func beside(_ path: String, _ name: String) -> String {
    ((path as NSString).deletingLastPathComponent as NSString).appendingPathComponent(name)
  }

  /// The gnuplot script beside a figure or its data: `NAME.gp` of `NAME.svg` and `NAME.part.dat`.
  private static func script(of path: String) -> String? {
    var stem = (path as NSString).lastPathComponent
    while !(stem as NSString).pathExtension.isEmpty {
      stem = (stem as NSString).deletingPathExtension
      if VirtualFile.exists(beside(path, stem + ".gp")) { return stem + ".gp" }
    }
    return nil
  }

  private static func sources(of path: String) -> Facts {
    guard let own = script(of: path) else { return [] }
    return [("script", own)]
  }

  /// Width and height, of the drawing or of its view box.
  private static func size(ofSVG head: String) -> Facts {
    if let box = head.firstMatch(of: #/viewBox="[^" ]+ [^" ]+ ([^" ]+) ([^" ]+)"/#) {
      return [("size", "\(box.output.1) x \(box.output.2)")]
    }
    return []
  }
}
