import FloeSDK
import Yams

/// Inputs of a package's workflow and of its tools.
extension ApplicationPackage {
  /// The pipeline's text as a file that is there without being given.
  func pipelineInput(isBound: Bool) -> (Node, Node) {
    var facts: [(Node, Node)] = [
      ("type", "File"), ("label", "Pipeline"), ("doc", "The floe pipeline; the package's own by default."),
      (
        "default",
        Self.map([
          ("class", "File"), ("basename", Self.text("\(name).yaml")), ("contents", Self.text(pipeline.text)),
        ])
      ),
    ]
    if isBound { facts.append(("inputBinding", Self.map([("position", Self.number(1))]))) }
    return ("pipeline", Self.map(facts))
  }

  /// The input of which each product is one value.
  func productsInput() -> (Node, Node) {
    (
      Self.text(over),
      Self.map([
        ("type", Self.map([("type", "array"), ("items", takesFiles ? "File" : "Directory")])),
        ("label", Self.text("Products: \(over)")), ("doc", Self.text(help(of: over))),
      ])
    )
  }

  /// An input that is the same for all products.
  func setting(_ input: String, isBound: Bool) -> (Node, Node) {
    guard let declared = pipeline.inputs[input] else { return (Self.text(input), Self.map([])) }
    let isLeftOut = declared.isOptional || declared.defaultValue != nil
    let types: [Node] =
      switch declared.type {
      case "integer": ["int"]
      case "number": ["double"]
      case "boolean": ["boolean"]
      case "path": ["File", "Directory"]
      // An item is a text or a number, as a pipeline writes it.
      case "list": [Self.map([("type", "array"), ("items", Self.list(["string", "double"]))])]
      default: ["string"]
      }
    var facts: [(Node, Node)] = [
      ("type", Self.list((isLeftOut ? [Self.text("null")] : []) + types)),
      ("label", Self.text(input)), ("doc", Self.text(help(of: input))),
    ]
    if isBound, declared.type == "list" {
      // One word, in which an item's comma would part it: such items are not for lists of floe's either.
      facts.append(
        (
          "inputBinding",
          Self.map([
            ("position", Self.number(3)), ("prefix", Self.text("--set=\(input)=")),
            ("separate", Node("false", Tag(.bool))), ("itemSeparator", Self.text(",")),
          ])
        ))
    } else if isBound {
      let value = declared.type == "path" ? "self.path" : "self"
      facts.append(
        (
          "inputBinding",
          Self.map([
            ("position", Self.number(3)), ("prefix", "--set"),
            ("valueFrom", Self.text("$(\(Self.quoted("\(input)=")) + \(value))")),
          ])
        ))
    }
    return (Self.text(input), Self.map(facts))
  }

  private func help(of input: String) -> String {
    guard let declared = pipeline.inputs[input] else { return input }
    let help = declared.help.isEmpty ? "Input \(input) of the pipeline" : declared.help
    return declared.defaultValue.map { "\(help); \($0.description) by default" } ?? help
  }

  /// Inputs of the gathering.
  static func seasonInputs(isBound: Bool) -> [(Node, Node)] {
    let descriptions: [(type: String, label: String, doc: String, flag: String)] = [
      (
        "string", "Class of the season",
        "Counts this class over all products, for example lead: tables by day, monthly composites.", "--season"
      ),
      ("string", "Grid of the composites", "A projected system in metres; EASE-Grid 2.0 by default.", "--grid"),
      ("double", "Cell of the composites", "The side of a cell in metres; 25000 by default.", "--cell"),
    ]
    return zip(seasonNames, descriptions).map { name, input in
      var facts: [(Node, Node)] = [
        ("type", list([text("null"), text(input.type)])), ("label", text(input.label)), ("doc", text(input.doc)),
      ]
      if isBound {
        facts.append(("inputBinding", map([("position", number(3)), ("prefix", text(input.flag))])))
      }
      return (text(name), map(facts))
    }
  }
}
