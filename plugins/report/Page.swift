import FloeSDK
internal import Mustache

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
