import FloeSDK
import Yams

/// Inputs and outputs of a manifest.
extension ManifestReader {
  mutating func input(_ key: Node, _ node: Node) -> ExternalManifest.Input? {
    let name = key.string ?? ""
    let parts = map(node, "input '\(name)'", keys: ["kind", "help", "format", "optional", "many"])
    checkFree(name, "input", key.line)
    let isOptional = boolean(parts["optional"], "optional", of: name)
    let acceptsMany = boolean(parts["many"], "many", of: name)
    guard let kind = kind(parts["kind"], key), let format = format(parts["format"], kind, key, isOutput: false) else {
      return nil
    }
    return .init(
      info: PortInfo(
        name: name, help: parts["help"]?.scalarText ?? "", kinds: [kind], isRequired: !isOptional,
        acceptsMany: acceptsMany),
      format: format)
  }

  mutating func output(_ key: Node, _ node: Node, inputs: [ExternalManifest.Input]) -> ExternalManifest.Output? {
    let name = key.string ?? ""
    let parts = map(
      node, "output '\(name)'",
      keys: [
        "kind", "help", "format", "like", "model", "bands", "type", "unit", "quantity", "no_data", "classes", "columns",
      ])
    checkFree(name, "output", key.line)
    guard let kind = kind(parts["kind"], key), let format = format(parts["format"], kind, key, isOutput: true) else {
      return nil
    }
    let like = parts["like"]?.scalarText
    if let like,
      !inputs.contains(where: {
        $0.info.name == like && $0.info.kinds == [kind] && $0.info.isRequired && !$0.info.acceptsMany
      })
    {
      complain(
        parts["like"]?.line ?? key.line,
        "output '\(name)' is like '\(like)', which is no single, required \(kind.rawValue) input")
    }
    if kind == .raster, like == nil {
      complain(key.line, "raster output '\(name)' needs 'like: INPUT': its grid must be known before the program runs")
    }
    if kind != .raster {
      for part in ["bands", "type", "quantity", "no_data", "classes", "unit"] where parts[part] != nil {
        complain(key.line, "'\(part)' is for raster outputs; '\(name)' is a \(kind.rawValue)")
      }
    }
    let modelKind = parts["model"]?.scalarText
    if kind == .model, modelKind?.isEmpty != false {
      complain(key.line, "model output '\(name)' needs 'model: KIND', the text under \"kind\" in the program's JSON")
    }
    for (part, owner) in [("model", PortKind.model), ("columns", .table)] where kind != owner && parts[part] != nil {
      complain(
        parts[part]?.line ?? key.line, "'\(part)' is for \(owner.rawValue) outputs; '\(name)' is a \(kind.rawValue)")
    }
    return .init(
      info: PortInfo(name: name, help: parts["help"]?.scalarText ?? "", kinds: [kind]), format: format, like: like,
      raster: kind == .raster ? raster(name, parts) : nil, modelKind: modelKind, columns: columns(parts["columns"]))
  }

  mutating func kind(_ node: Node?, _ key: Node) -> PortKind? {
    let known = PortKind.allCases
    if let kind = node?.scalarText.flatMap(PortKind.init) { return kind }
    complain(
      node?.line ?? key.line,
      """
      '\(key.string ?? "")' needs a kind: one of \
      \(known.map(\.rawValue).joined(separator: ", "))\(node.map { ", not '\($0.literal.description)'" } ?? "")
      """
    )
    return nil
  }

  mutating func format(_ node: Node?, _ kind: PortKind, _ key: Node, isOutput: Bool) -> ExternalFormat? {
    let offered = ExternalFormat.offered(for: kind, isOutput: isOutput)
    guard let node else { return offered.first }
    if let format = node.scalarText.flatMap(ExternalFormat.init), offered.contains(format) { return format }
    complain(
      node.line,
      """
      '\(key.string ?? "")' cannot travel as '\(node.literal.description)'; a \(kind.rawValue) \
      \(isOutput ? "comes back" : "goes") as \(offered.map(\.rawValue).joined(separator: " or "))
      """
    )
    return nil
  }

  private mutating func raster(_ name: String, _ parts: [String: Node]) -> ExternalManifest.RasterForm {
    let type = parts["type"]?.scalarText ?? PixelType.float32.rawValue
    if PixelType(rawValue: type) == nil {
      complain(
        parts["type"]?.line ?? 1,
        """
        pixel type '\(type)' is unknown; it must be one of \
        \(PixelType.allCases.map(\.rawValue).joined(separator: ", "))
        """
      )
    }
    let noData = number(parts["no_data"], of: name)
    var classes: ClassTable?
    if let node = parts["classes"] {
      if type != "uint8" { complain(node.line, "'classes' need 'type: uint8'") }
      classes = classTable(node, noData: noData.flatMap { Int(exactly: $0) } ?? 255)
    }
    var names = [name]
    if case .sequence(let list)? = parts["bands"] { names = list.compactMap(\.scalarText) }
    if names.isEmpty || Set(names).count != names.count {
      complain(parts["bands"]?.line ?? 1, "'bands' must be a list of different names")
    }
    let bands = names.map {
      BandSpec(
        name: $0, quantity: parts["quantity"]?.scalarText ?? (classes == nil ? "value" : "class"),
        unit: parts["unit"]?.scalarText.map { PhysicalUnit(rawValue: $0) } ?? .dimensionless, noData: noData)
    }
    return .init(bands: bands, type: PixelType(rawValue: type) ?? .float32, classes: classes)
  }

  /// Codes and names; a name of floe's own surface classes gets their colour.
  private mutating func classTable(_ node: Node, noData: Int) -> ClassTable {
    var found: [ClassEntry] = []
    let pairs = entries(node, "'classes'")
    let palette = ClassTable.clusters(max(1, pairs.count)).entries
    for (i, (key, value)) in pairs.enumerated() {
      guard let code = key.scalarText.flatMap({ Int($0) }), (0...255).contains(code), let name = value.scalarText else {
        complain(key.line, "'classes' must be a map of code: name with codes from 0 to 255")
        continue
      }
      let known = ClassTable.seaIce.named(name)
      found.append(
        ClassEntry(code: code, name: name, label: known?.label ?? name, color: known?.color ?? palette[i].color))
    }
    return ClassTable(found, noData: noData)
  }

  private mutating func columns(_ node: Node?) -> [Column] {
    entries(node, "'columns'").map { key, value in
      let name = key.string ?? ""
      let parts = map(value, "column '\(name)'", keys: ["type", "unit", "help"])
      let type = parts["type"]?.scalarText ?? "number"
      let values: ColumnValues
      switch type {
      case "integer": values = .integer([])
      case "text": values = .text([])
      default:
        values = .number([])
        if type != "number" {
          complain(key.line, "column type '\(type)' is unknown; it must be one of number, integer, text")
        }
      }
      return Column(
        name, unit: parts["unit"]?.scalarText.map { PhysicalUnit(rawValue: $0) } ?? .dimensionless,
        summary: parts["help"]?.scalarText ?? "",
        values: values)
    }
  }
}
