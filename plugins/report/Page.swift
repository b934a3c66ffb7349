import FloeSDK
internal import Mustache

/// A table of the page; the first cell of a row is its heading.
struct PageTable: Sendable {
  let caption: String
  let columns: [String]
  /// Cells; `shade` 0...1 tints one.
  var rows: [[(text: String, shade: Double?)]]

  init(_ caption: String, _ columns: [String], _ rows: [[String]]) {
    self.caption = caption
    self.columns = columns
    self.rows = rows.map { $0.map { ($0, nil) } }
  }

  var content: [String: Any] {
    [
      "caption": caption,
      "columns": columns.enumerated().map { i, c -> [String: Any] in
        [
          "text": Self.html(c), "numeric": i > 0 && isNumeric(i),
        ]
      },
      "rows": rows.map { row -> [String: Any] in
        [
          "head": Self.html(row.first?.text ?? ""), "isShort": hasShortHeads,
          "cells": row.dropFirst().enumerated().map { i, cell -> [String: Any] in
            var c: [String: Any] = ["text": Self.html(cell.text), "numeric": isNumeric(i + 1)]
            if let shade = cell.shade { c["shade"] = "\(Int((shade * 45).rounded()))" }
            return c
          },
        ]
      },
    ]
  }

  /// The text of a cell as HTML. A long name may be parted behind its underscores and behind a dot between letters.
  static func html(_ text: String) -> String {
    let letters = Array(TextEscape.xml(text))
    var out = ""
    for (i, c) in letters.enumerated() {
      out.append(c)
      guard i + 1 < letters.count else { break }
      let next = letters[i + 1]
      let isJoint = c == "." && i > 0 && letters[i - 1].isLetter && next.isLetter
      if isJoint || (c == "_" && next != "_") { out += "<wbr>" }
    }
    return out
  }

  /// Whether all rows begin with a few letters, such as a number, which need no room kept free.
  private var hasShortHeads: Bool { rows.allSatisfy { ($0.first?.text.count ?? 0) < 9 } }

  private func isNumeric(_ column: Int) -> Bool {
    rows.allSatisfy { row in
      column >= row.count || row[column].text.first.map { $0.isNumber || "–−-+".contains($0) } ?? true
    }
  }
}

/// A part of a section, in order.
enum PageBlock: Sendable {
  case heading(String)
  case text(String)
  case note(String)
  case figure(String)
  case moving(MovingMap)
  case table(PageTable)
  case listing(summary: String, text: String)
}

/// A section of the page.
struct PageSection: Sendable {
  let id: String, title: String
  var blocks: [PageBlock] = []
  /// Figures that are still to be drawn, in the order of their blocks.
  var figures: [Figure] = []

  init(_ id: String, _ title: String) {
    self.id = id
    self.title = title
  }
  mutating func add(_ figure: Figure) {
    figures.append(figure)
    blocks.append(.figure(figure.name))
  }
  /// Gives figures other names where theirs are used already.
  mutating func partNames(from used: inout Set<String>) {
    var at = blocks.indices.filter { if case .figure = blocks[$0] { true } else { false } }.makeIterator()
    for i in figures.indices {
      let name = ReportFormat.distinct(figures[i].name, from: &used)
      let place = at.next()
      guard name != figures[i].name, let place else { continue }
      figures[i] = figures[i].renamed(name)
      blocks[place] = .figure(name)
    }
  }
}

/// The page from its template.
struct Page {
  var title: String
  var lead: String
  /// Label and value of each figure at the head of the page.
  var facts: [(label: String, value: String)]
  var warnings: [String]
  var sections: [PageSection]
  var drawn: [String: DrawnFigure]
  /// Why figures are missing, in sentences without a full stop, by the figure's name.
  var missing: [String: String]
  /// The folder of the figures' files, relative to the page.
  var folder: String
  var version: String
  /// What draws the interactive maps; nil where the page has none.
  var library: MapLibrary?

  func html() throws -> String {
    let template: MustacheTemplate
    do {
      template = try MustacheTemplate(string: String(decoding: PackageResources.report_mustache, as: UTF8.self))
    } catch {
      throw FloeError("the page's template is broken: \(error)")
    }
    return template.render(Self.visible(try content()))
  }

  /// Content that is program or data, not text to be read.
  private static let raw: Set<String> = ["libraryScript", "libraryStyle", "mapScript", "json", "base64"]

  /// The content with what titles and names of files hide made visible.
  private static func visible(_ content: [String: Any]) -> [String: Any] {
    var result = content
    for (key, value) in content where !raw.contains(key) {
      switch value {
      case let text as String: result[key] = TextEscape.visible(text)
      case let texts as [String]: result[key] = texts.map(TextEscape.visible)
      case let part as [String: Any]: result[key] = visible(part)
      case let parts as [[String: Any]]: result[key] = parts.map(visible)
      default: break
      }
    }
    return result
  }

  private func content() throws -> [String: Any] {
    var parts: [String: Any] = [
      "pageTitle": title, "lead": lead, "version": version, "hasWarnings": !warnings.isEmpty, "warnings": warnings,
      "facts": facts.map { ["label": $0.label, "value": $0.value] },
      "sections": try sections.filter { !$0.blocks.isEmpty }.map { section -> [String: Any] in
        ["id": section.id, "title": section.title, "blocks": try section.blocks.compactMap(block)]
      }, "hasMaps": library != nil,
    ]
    if let library {
      parts["libraryScript"] = library.script
      parts["libraryStyle"] = library.style
      parts["libraryVersion"] = library.version
      parts["license"] = MapLibrary.license
      parts["mapScript"] = String(decoding: PackageResources.moving_map_js, as: UTF8.self)
    }
    return parts
  }

  /// The width in pixels below which the letters of a figure, drawn in 13 points, would be smaller than 9 pixels.
  private static func leastWidth(_ figure: Figure) -> Int { figure.size.width * 9 / 13 + 8 }

  private func block(_ block: PageBlock) throws -> [String: Any]? {
    switch block {
    case .moving(let map):
      return ["moving": ["mapTitle": map.title, "description": map.description, "json": try map.json()]]
    case .heading(let text): return ["heading": text]
    case .text(let text): return ["paragraph": text]
    case .note(let text): return ["note": text]
    case .table(let table): return ["table": table.content]
    case .listing(let summary, let text): return ["listing": ["summary": summary, "text": text]]
    case .figure(let name):
      guard let drawn = drawn[name] else { return missing[name].map { ["note": "\($0)."] } }
      let figure = drawn.figure
      return [
        "figure": [
          "name": figure.name, "figureTitle": figure.title, "caption": figure.caption, "alt": figure.alt,
          "least": Self.leastWidth(figure), "width": figure.size.width, "height": figure.size.height, "folder": folder,
          "type": drawn.picture.type, "base64": Base64.text(drawn.picture.bytes),
        ] as [String: Any]
      ]
    }
  }
}
