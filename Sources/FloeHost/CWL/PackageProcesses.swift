import FloeSDK
import Yams

/// The workflow and the tools of a package.
extension ApplicationPackage {
  /// The workflow: products in, one folder with all results out.
  func workflow() -> Node {
    let others = pipeline.inputs.keys.filter { $0 != over }
    // Jobs are scattered over places in the list and not over lists of products: of products that a tool hands on, Toil
    // lays copies beside the workflow's results.
    var chunkIn: [(Node, Node)] = [
      ("pipeline", "pipeline"), ("chunk_start", "chunks/starts"), ("chunk_length", "chunk_length"),
      (
        Self.text(over),
        Self.map([
          ("source", Self.text(over)),
          (
            "valueFrom",
            Self.text("$(self.slice(inputs.chunk_start, inputs.chunk_start + Math.max(1, inputs.chunk_length)))")
          ),
        ])
      ),
    ]
    chunkIn += others.map { (Self.text($0), Self.text($0)) }
    return Self.map([
      ("class", "Workflow"),
      ("id", Self.text(name)),
      ("label", Self.text(title)),
      (
        "doc",
        Self.text(
          """
          Runs a floe pipeline over many products: chunks of products in parallel, each product whole or not at all. A \
          product that fails is recorded with its step and reason and costs no other.
          """)
      ),
      (
        "requirements",
        Self.list([
          Self.map([("class", "ScatterFeatureRequirement")]),
          Self.map([("class", "StepInputExpressionRequirement")]),
          Self.map([("class", "InlineJavascriptRequirement")]),
        ])
      ),
      (
        "inputs",
        Self.map(
          [
            pipelineInput(isBound: false), productsInput(),
            (
              "chunk_length",
              Self.map([
                ("type", "int"), ("label", "Products of a job"),
                ("doc", "How many products one job works on; the results do not depend on it."),
                ("default", Self.number(chunk)),
              ])
            ),
          ] + others.map { setting($0, isBound: false) } + Self.seasonInputs(isBound: false))
      ),
      (
        "outputs",
        Self.map([
          (
            "results",
            Self.map([
              ("type", "Directory"), ("label", "Results"),
              (
                "doc",
                """
                A STAC catalogue (catalog.json), a summary and a folder for each product with its rasters, tables \
                and report.
                """
              ),
              ("outputSource", "gather/results"),
            ])
          )
        ])
      ),
      (
        "steps",
        Self.map([
          (
            "chunks",
            Self.map([
              ("label", "Divide"), ("doc", "Divides the products into chunks, in their order."),
              ("run", Self.text("#\(name)-chunks")),
              ("in", Self.map([("products", Self.text(over)), ("chunk_length", "chunk_length")])),
              ("out", Self.list(["starts"])),
            ])
          ),
          (
            "process",
            Self.map([
              ("label", "Process"), ("doc", "Runs the pipeline on each product of a chunk."),
              ("run", Self.text("#\(name)-process")),
              ("in", Self.map(chunkIn)),
              ("scatter", "chunk_start"),
              ("out", Self.list(["results"])),
            ])
          ),
          (
            "gather",
            Self.map([
              ("label", "Gather"), ("doc", "Brings the results of all chunks into one folder."),
              ("run", Self.text("#\(name)-gather")),
              (
                "in",
                Self.map(
                  [("chunks", "process/results")] + Self.seasonNames.map { (Self.text($0), Self.text($0)) })
              ),
              ("out", Self.list(["results"])),
            ])
          ),
        ])
      ),
    ])
  }

  /// Divides products into chunks: says where each begins.
  func split() -> Node {
    let kind: Node = takesFiles ? "File" : "Directory"
    let starts = Self.map([("type", "array"), ("items", "int")])
    return Self.map([
      ("class", "ExpressionTool"),
      ("id", Self.text("\(name)-chunks")),
      ("label", "Divide"),
      ("doc", "Divides the products into chunks, in their order."),
      ("requirements", Self.list([Self.map([("class", "InlineJavascriptRequirement")])])),
      (
        "inputs",
        Self.map([
          (
            "products",
            Self.map([
              ("type", Self.map([("type", "array"), ("items", kind)])), ("label", "Products"), ("doc", "All products."),
            ])
          ),
          (
            "chunk_length",
            Self.map([("type", "int"), ("label", "Products of a job"), ("doc", "How many products a chunk has.")])
          ),
        ])
      ),
      (
        "outputs",
        Self.map([
          (
            "starts",
            Self.map([
              ("type", starts), ("label", "Starts"), ("doc", "The place of the first product of each chunk."),
            ])
          )
        ])
      ),
      (
        "expression",
        Self.text(
          """
          ${
            var length = Math.max(1, inputs.chunk_length);
            var starts = [];
            for (var i = 0; i < inputs.products.length; i += length) {
              starts.push(i);
            }
            return { starts: starts };
          }
          """)
      ),
    ])
  }

  /// `floe batch` on the products of one chunk.
  func chunkTool() -> Node {
    let others = pipeline.inputs.keys.filter { $0 != over }
    let disk = "$(\(resources.diskOfScene) * inputs[\(Self.quoted(over))].length)"
    return tool(
      [
        ("class", "CommandLineTool"),
        ("id", Self.text("\(name)-process")),
        ("label", "Process"),
        ("doc", "Runs the pipeline on each product of a chunk; a product that fails is recorded and costs no other."),
        ("baseCommand", Self.list(["floe", "batch"])),
        (
          "arguments",
          Self.list(
            [
              "--over", "products.csv", "-o", "$(\(folderOfChunk))", "--progress", "none", "--workers",
              "$(runtime.cores)",
              "--memory", "$(Math.floor(runtime.ram))MB",
            ].map { Self.map([("valueFrom", Self.text($0)), ("position", Self.number(2))]) })
        ),
        // Some products failed, which the results record.
        ("successCodes", Self.list([Self.number(0), Self.number(3)])),
        (
          "inputs",
          Self.map(
            [pipelineInput(isBound: true), productsInput()] + others.map { setting($0, isBound: true) })
        ),
        (
          "outputs",
          Self.map([
            (
              "results",
              Self.map([
                ("type", "Directory"), ("label", "Results"),
                ("doc", "A folder for each product, a summary and a STAC catalogue."),
                ("outputBinding", Self.map([("glob", Self.text("$(\(folderOfChunk))"))])),
              ])
            )
          ])
        ),
      ],
      requirements: [
        Self.map([("class", "InlineJavascriptRequirement")]),
        Self.map([
          ("class", "ResourceRequirement"), ("coresMin", Self.number(resources.cores.lowerBound)),
          ("coresMax", Self.number(resources.cores.upperBound)), ("ramMin", Self.number(resources.memory.lowerBound)),
          ("ramMax", Self.number(resources.memory.upperBound)), ("outdirMin", Self.text(disk)),
        ]),
        Self.map([
          ("class", "InitialWorkDirRequirement"),
          (
            "listing",
            Self.list([
              Self.map([
                ("entryname", "products.csv"),
                (
                  "entry",
                  Self.text(
                    """
                    ${
                      var quote = String.fromCharCode(34);
                      function cell(text) { return quote + text.split(quote).join(quote + quote) + quote; }
                      var lines = [cell(\(Self.quoted(over)))];
                      inputs[\(Self.quoted(over))].forEach(function (p) { lines.push(cell(p.path)); });
                      return lines.join("\\n") + "\\n";
                    }
                    """)
                ),
              ])
            ])
          ),
        ]),
      ])
  }

  /// The name of a chunk's folder, after its first product: Toil lays folders of one name that come from several jobs
  /// over each other, so that names must differ.
  private var folderOfChunk: String {
    "\"results-\" + inputs[\(Self.quoted(over))][0].basename.replace(/[^A-Za-z0-9._-]/g, \"_\").slice(0, 200)"
  }

  /// `floe gather` on the results of all chunks.
  func gatherTool() -> Node {
    tool(
      [
        ("class", "CommandLineTool"),
        ("id", Self.text("\(name)-gather")),
        ("label", "Gather"),
        ("doc", "Brings the results of all chunks into one folder with one summary and one STAC catalogue."),
        ("baseCommand", Self.list(["floe", "gather"])),
        (
          "arguments",
          Self.list(["-o", "results"].map { Self.map([("valueFrom", Self.text($0)), ("position", Self.number(2))]) })
        ),
        (
          "inputs",
          Self.map(
            [
              (
                "chunks",
                Self.map([
                  ("type", Self.map([("type", "array"), ("items", "Directory")])), ("label", "Chunks"),
                  ("doc", "The results of the chunks."), ("inputBinding", Self.map([("position", Self.number(1))])),
                ])
              )
            ] + Self.seasonInputs(isBound: true))
        ),
        (
          "outputs",
          Self.map([
            (
              "results",
              Self.map([
                ("type", "Directory"), ("label", "Results"), ("doc", "All results, a summary and a STAC catalogue."),
                ("outputBinding", Self.map([("glob", "results")])),
              ])
            )
          ])
        ),
      ],
      requirements: [
        Self.map([
          ("class", "ResourceRequirement"), ("coresMin", Self.number(1)), ("coresMax", Self.number(1)),
          ("ramMin", Self.number(512)), ("ramMax", Self.number(1024)),
        ])
      ])
  }

  /// Inputs of the gathering, left out unless a season is wanted.
  static let seasonNames = ["season", "season_grid", "season_cell"]

  private static func seasonInputs(isBound: Bool) -> [(Node, Node)] {
    let told: [(type: String, label: String, doc: String, flag: String)] = [
      (
        "string", "Class of the season",
        "Counts this class over all products, for example lead: tables by day, monthly composites.", "--season"
      ),
      ("string", "Grid of the composites", "A projected system in metres; EASE-Grid 2.0 by default.", "--grid"),
      ("double", "Cell of the composites", "The side of a cell in metres; 25000 by default.", "--cell"),
    ]
    return zip(seasonNames, told).map { name, told in
      var facts: [(Node, Node)] = [
        ("type", list([text("null"), text(told.type)])), ("label", text(told.label)), ("doc", text(told.doc)),
      ]
      if isBound {
        facts.append(("inputBinding", map([("position", number(3)), ("prefix", text(told.flag))])))
      }
      return (text(name), map(facts))
    }
  }

  /// A tool with the image: required as the Best Practice asks, or a hint.
  private func tool(_ facts: [(Node, Node)], requirements: [Node]) -> Node {
    let docker = Self.map([("class", "DockerRequirement"), ("dockerPull", Self.text(image))])
    var needs: [(Node, Node)] = []
    if needsContainer {
      needs.append((Node("requirements"), Self.list([docker] + requirements)))
    } else {
      needs.append((Node("hints"), Self.list([docker])))
      needs.append((Node("requirements"), Self.list(requirements)))
    }
    return Self.map(facts + needs)
  }

  /// The pipeline's text as a file that is there without being given.
  private func pipelineInput(isBound: Bool) -> (Node, Node) {
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

  private func productsInput() -> (Node, Node) {
    (
      Self.text(over),
      Self.map([
        ("type", Self.map([("type", "array"), ("items", takesFiles ? "File" : "Directory")])),
        ("label", Self.text("Products: \(over)")), ("doc", Self.text(help(of: over))),
      ])
    )
  }

  /// An input that is the same for all products.
  private func setting(_ input: String, isBound: Bool) -> (Node, Node) {
    guard let declared = pipeline.inputs[input] else { return (Self.text(input), Self.map([])) }
    let isLeftOut = declared.isOptional || declared.defaultValue != nil
    let types: [Node] =
      switch declared.type {
      case "integer": ["int"]
      case "number": ["double"]
      case "boolean": ["boolean"]
      case "path": ["File", "Directory"]
      default: ["string"]
      }
    var facts: [(Node, Node)] = [
      ("type", Self.list((isLeftOut ? [Self.text("null")] : []) + types)),
      ("label", Self.text(input)), ("doc", Self.text(help(of: input))),
    ]
    if isBound {
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

  /// A text of JavaScript in double quotes.
  private static func quoted(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\" + String(scalar)
      case "\u{20}"..."\u{7e}": result.unicodeScalars.append(scalar)
      default: result += String(scalar.utf16.map { unit in "\\u" + hex(unit) }.joined())
      }
    }
    return "\"\(result)\""
  }

  private static func hex(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}
