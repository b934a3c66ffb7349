import Yams

/// The workflow of a package, and how it divides products into chunks.
extension ApplicationPackage {
  /// The workflow: products in, one folder with all results out.
  func workflow() -> Node {
    let others: [String] = pipeline.inputs.keys.filter { $0 != over }
    var inputs: [(Node, Node)] = [pipelineInput(isBound: false), productsInput(), chunkLengthInput()]
    inputs += others.map { setting($0, isBound: false) } + Self.seasonInputs(isBound: false)
    inputs.append(Self.seasonStepsInput(hasDefault: true))
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
        Self.map(inputs)
      ),
      (
        "outputs",
        Self.map(Self.workflowOutputs())
      ),
      (
        "steps",
        Self.map(chunkSteps(others) + seasonWorkflow())
      ),
    ])
  }

  /// The steps that divide the products, work on the chunks and bring their results together.
  ///
  /// - Parameter others: the pipeline's inputs that are the same for all products.
  private func chunkSteps(_ others: [String]) -> [(Node, Node)] {
    // Jobs are scattered over places in the list and not over lists of products: Toil copies products that a tool
    // passes on into the workflow's results.
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
    return [
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
    ]
  }

  /// The input that sets how many products a job gets.
  private func chunkLengthInput() -> (Node, Node) {
    (
      "chunk_length",
      Self.map([
        ("type", "int"), ("label", "Products of a job"),
        (
          "doc",
          Self.text(
            """
            How many products one job works on; the results do not depend on it. A job asks for the disk of \
            \(chunk); for more make the package with --chunk.
            """)
        ),
        ("default", Self.number(chunk)),
      ])
    )
  }

  /// The folders that a workflow makes: of all products, and of the steps over all results.
  private static func workflowOutputs() -> [(Node, Node)] {
    [
      (
        "results",
        map([
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
      ),
      (
        "season_results",
        map([
          ("type", map([("type", "array"), ("items", "Directory")])), ("label", "Results of season_steps"),
          ("doc", "A folder for each step over all results."), ("outputSource", "over_all/results"),
        ])
      ),
    ]
  }

  /// Divides products into chunks: says where each begins.
  func splitTool() -> Node {
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
}
