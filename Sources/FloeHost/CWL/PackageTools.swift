import Yams

/// The tools of a package: `floe batch` and `floe gather`.
extension ApplicationPackage {
  /// `floe batch` on the products of one chunk.
  func chunkTool() -> Node {
    let others = pipeline.inputs.keys.filter { $0 != over }
    // A number: for an expression Toil would start one more interpreter for each chunk.
    let disk = resources.diskOfScene * chunk
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
          ("ramMax", Self.number(resources.memory.upperBound)), ("outdirMin", Self.number(disk)),
        ]),
        productsFile,
      ])
  }

  /// Writes `products.csv`, the list of a chunk's products, into the job's folder.
  private var productsFile: Node {
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
    ])
  }

  /// The name of a chunk's folder, after its first product: Toil merges folders of one name that come from several
  /// jobs, so that names must differ.
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

  /// A tool with the image: required as the Best Practice asks, or a hint.
  func tool(_ facts: [(Node, Node)], requirements: [Node]) -> Node {
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
}
