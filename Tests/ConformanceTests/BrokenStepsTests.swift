import FloeIO
import FloeSDK
import FloeTestSupport
import Testing

/// Each law is broken once: the check must see it.
@Suite struct BrokenStepsTests {
  struct NoFamily: ProcessingStep {
    static let name = "nofamily"
    static let summary = "A name without a family."
    @Output("A document") var out: Document?
    mutating func plan(in context: PlanContext) throws { out = Document(title: "", body: .null) }
    mutating func run(in context: RunContext) async throws { out = Document(title: "", body: .null) }
  }

  struct PlansNothing: ProcessingStep {
    static let name = "broken.plan"
    static let summary = "Plans nothing."
    @Output("A document") var out: Document?
    mutating func plan(in context: PlanContext) throws {}
    mutating func run(in context: RunContext) async throws { out = Document(title: "", body: .null) }
  }

  struct DependsOnWorkers: ProcessingStep {
    static let name = "broken.workers"
    static let summary = "Writes down its workers."
    @Output("A document") var out: Document?
    mutating func plan(in context: PlanContext) throws { out = Document(title: "", body: .null) }
    mutating func run(in context: RunContext) async throws {
      out = Document(title: "", body: .integer(context.pool.workers))
    }
  }

  struct DeafToCancellation: ProcessingStep {
    static let name = "broken.deaf"
    static let summary = "Works on whatever happens."
    @Output("A document") var out: Document?
    mutating func plan(in context: PlanContext) throws { out = Document(title: "", body: .null) }
    mutating func run(in context: RunContext) async throws {
      for i in 0..<3 { context.progress(i, of: 3, "pieces") }
      out = Document(title: "", body: .null)
    }
  }

  struct MakesMore: ProcessingStep {
    static let name = "broken.more"
    static let summary = "Makes an output that it did not plan."
    @Output("A document", when: "it likes") var out: Document?
    mutating func plan(in context: PlanContext) throws {}
    mutating func run(in context: RunContext) async throws { out = Document(title: "", body: .null) }
  }

  struct ForgetsColumns: ProcessingStep {
    static let name = "broken.columns"
    static let summary = "Plans a column that it does not make."
    @Output("A table") var out: Table?
    mutating func plan(in context: PlanContext) throws {
      var table = Table(rowCount: 0)
      table.set(Column("a", values: .number([])))
      out = table
    }
    mutating func run(in context: RunContext) async throws { out = Table(rowCount: 0) }
  }

  struct ChangesColumns: ProcessingStep {
    static let name = "broken.definitions"
    static let summary = "Plans columns of another kind, dimension and definition than it makes."
    @Output("A table") var out: Table?
    mutating func plan(in context: PlanContext) throws {
      var table = Table(rowCount: 0)
      table.set(Column("kind", values: .number([])))
      table.set(Column("echo", values: .array([], width: 2)))
      table.set(Column("definition", values: .number([])))
      out = table
    }
    mutating func run(in context: RunContext) async throws {
      var table = Table(rowCount: 1)
      table.set(Column("kind", values: .integer([1])))
      table.set(Column("echo", dimension: "ns", values: .array([1, 2], width: 2)))
      table.set(Column("definition", attributes: ["definition": "max-mean"], values: .number([1])))
      out = table
    }
  }

  /// Keeps its file in scratch for good, and takes an input that cannot be read for an empty one.
  struct Careless: ProcessingStep {
    static let name = "broken.careless"
    static let summary = "Swallows errors and leaves a file behind."
    @Input("A raster") var image: Raster
    @Output("A document") var out: Document?
    mutating func plan(in context: PlanContext) throws { out = Document(title: "", body: .null) }
    mutating func run(in context: RunContext) async throws {
      try VirtualFile.write("left", to: context.scratch.directory + "/left.txt")
      // The mistake that the law is to find.
      let pixels = try? image.read(image.spec.grid.fullWindow)
      out = Document(title: "", body: .integer(pixels == nil ? 0 : 1))
    }
  }

  /// Computes what is read from where the window begins.
  struct DependsOnWindow: ProcessingStep {
    static let name = "broken.window"
    static let summary = "Gives other pixels when it is read in tiles."
    @Input("A raster") var image: Raster
    @Output("A raster") var out: Raster?
    var spec: RasterSpec { RasterSpec(grid: image.spec.grid, bands: [BandSpec(name: "b")], type: .uint8) }
    mutating func plan(in context: PlanContext) throws { out = Raster(planned: spec) }
    mutating func run(in context: RunContext) async throws {
      out = Raster(
        spec,
        source: ComputedSource { window, _, block in
          block = PixelBlock(
            window: window, bandCount: 1,
            values: .uint8((0..<window.width * window.height).map { UInt8(truncatingIfNeeded: $0) }))
        })
    }
  }

  @Test func eachBrokenLawIsSeen() async throws {
    let image: [String: [PortData]] = ["image": [.raster(try SyntheticData.ice(bands: ["B02"], width: 70, height: 70))]]
    #expect(try await checkStep(MakesMore.self) == ["broken.more makes 'out', which it did not plan"])
    #expect(try await checkStep(ForgetsColumns.self).contains { $0.contains("plans the column 'a' of 'out'") })
    let changed = try await checkStep(ChangesColumns.self)
    #expect(changed.contains { $0.contains("'kind' of 'out' with other values (integer, not number)") })
    #expect(changed.contains { $0.contains("'echo' of 'out' with another dimension") })
    #expect(changed.contains { $0.contains("'definition' of 'out' with another attribute 'definition'") })
    #expect(
      try await checkStep(DependsOnWindow.self, ports: image).contains { $0.contains("when it is read in tiles") })
    let careless = try await checkStep(Careless.self, ports: image)
    #expect(careless.contains("broken.careless goes on although an input cannot be read"))
    #expect(careless.contains("broken.careless leaves left.txt in scratch after cancellation"))

    #expect(try await checkStep(NoFamily.self).contains { $0.contains("'family.step'") })
    #expect(try await checkStep(PlansNothing.self).contains { $0.contains("does not plan 'out'") })
    #expect(try await checkStep(DependsOnWorkers.self).contains { $0.contains("makes another 'out' with 3 workers") })
    #expect(try await checkStep(DeafToCancellation.self).contains { $0.contains("although the run was cancelled") })
  }
}
