import FloeCore
import FloeIO
import Glibc
import Testing

extension IOTests {
  @Suite struct NetCDFTests {
    /// netCDF-C writes to real files only: a fresh one in the working folder, removed after the test.
    func withFile(_ body: (String) throws -> Void) throws {
      let path = "floe-test-\(UInt64.random(in: 0 ... .max)).nc"
      defer { unlink(path) }
      try body(path)
    }

    @Test func packedValuesComeBackPhysical() throws {
      try withFile { path in
        let writer = try NetCDFWriter(path: path)
        try writer.dimension("time", length: 3)
        try writer.dimension("bin", length: 2)
        try writer.attribute("title", .text("ä test"))
        try writer.variable(
          "range", type: .int16, dimensions: ["time"],
          attributes: [("scale_factor", .number(0.5)), ("add_offset", .number(100)), ("units", .text("m"))],
          fill: -32768, deflate: 4)
        try writer.variable("echo", type: .float32, dimensions: ["time", "bin"], deflate: 1)
        try writer.variable(
          "flag", type: .int8, dimensions: ["time"], attributes: [("flag_values", .numbers([0, 1, 2], .int8))],
          fill: 127)
        try writer.variable("product", type: .string, dimensions: ["time"])
        try writer.variable("counter", type: .int16, dimensions: [], attributes: [("_Unsigned", .text("true"))])
        try writer.writePhysical("range", [101, .nan, 99.5])
        try writer.write("echo", [1, 2], start: [0, 0], count: [1, 2])
        try writer.write("echo", [3, 4, 5, 6], start: [1, 0], count: [2, 2])
        try writer.write("flag", [0, 2, .nan])
        try writer.write("product", texts: ["a", "", "ü"])
        try writer.write("counter", [-1])
        #expect(throws: FloeError.self) { try writer.write("flag", [1]) }
        try writer.close()

        let file = try NetCDFFile.open(path)
        #expect(file.attributes["title"] == .text("ä test"))
        #expect(file.dimensions == [.init(name: "time", length: 3), .init(name: "bin", length: 2)])
        let range = try file.variable("range")
        #expect(range.unit == "m" && range.shape == [3] && range.type == .int16)
        #expect(try file.readDoubles("range") == [2, -32768, -1])
        let physical = try file.readPhysical("range")
        #expect(physical[0] == 101 && physical[1].isNaN && physical[2] == 99.5)
        #expect(try file.readPhysicalFloats("echo") == [1, 2, 3, 4, 5, 6])
        #expect(try file.readPhysicalFloats("echo", rows: 1..<3) == [3, 4, 5, 6])
        #expect(try file.readDoubles("echo", start: [1, 1], count: [2, 1]) == [4, 6])
        #expect(try file.readDoubles("flag", start: [2], count: [1]) == [127])
        #expect(file["flag"]?.attributes["flag_values"] == .numbers([0, 1, 2], .int8))
        #expect(try file.readTexts("product") == ["a", "", "ü"])
        #expect(try file.readDoubles("counter") == [65_535])
        #expect(throws: FloeError.self) { try file.readDoubles("range", start: [2], count: [2]) }
        let error = #expect(throws: FloeError.self) { try file.variable("rang") }
        #expect(error?.message.contains("'rang'") == true)
      }
    }

    /// Whole numbers of every type, packed and not, read as single precision: what the plain reading gives, rounded.
    @Test(arguments: [NetCDFType.int8, .uint8, .int16, .uint16, .int32, .uint32, .float32], [false, true])
    func echoesOfAnyTypeAreReadAlike(type: NetCDFType, packed: Bool) throws {
      try withFile { path in
        let writer = try NetCDFWriter(path: path)
        try writer.dimension("time", length: 3)
        try writer.dimension("bin", length: 4)
        var attributes: [(String, NetCDFAttribute)] =
          packed ? [("scale_factor", .number(0.001)), ("add_offset", .number(-7))] : []
        if type == .int16 { attributes.append(("_Unsigned", .text("true"))) }
        attributes.append(("missing_value", .numbers([3], type)))
        try writer.variable(
          "echo", type: type, dimensions: ["time", "bin"], attributes: attributes, fill: 100, deflate: 1)
        let low: Double = [.int8, .int16, .int32].contains(type) ? -5 : 5
        let high: Double = type == .uint32 ? 4_294_967_290 : 126
        try writer.write("echo", [0, 1, 2, 3, 4, .nan, 100, low, high, 50, 60, 70])
        try writer.close()
        let file = try NetCDFFile.open(path)
        let plain = try file.readPhysical("echo").map { Float($0) }
        for (rows, part) in [(0..<3, plain[...]), (1..<2, plain[4..<8])] {
          let read = try file.readPhysicalFloats("echo", rows: rows)
          #expect(zip(read, part).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
          #expect(read.count == part.count && read.contains { $0.isNaN })
        }
        #expect(throws: FloeError.self) { try file.readPhysicalFloats("echo", rows: 1..<4) }
      }
    }

    /// Several chunks with a short one at the end, read whole and in parts that cross their borders; some rows never
    /// written.
    @Test(arguments: [NetCDFType.int8, .int16, .uint32, .int32], [2500, 1024])
    func chunksReadAlike(type: NetCDFType, written: Int) throws {
      try withFile { path in
        let rows = 2500
        let width = 700
        let writer = try NetCDFWriter(path: path)
        try writer.dimension("time", length: rows)
        try writer.dimension("bin", length: width)
        try writer.variable(
          "echo", type: type, dimensions: ["time", "bin"], attributes: [("scale_factor", .number(0.5))], fill: 100,
          deflate: 1)
        let numbers = (0..<written * width).map { i -> Double in
          let stored = i * 7919 % 90
          return i % 97 == 5 ? .nan : Double(stored) * 0.5
        }
        try writer.write("echo", numbers, start: [0, 0], count: [written, width])
        try writer.close()
        let file = try NetCDFFile.open(path)
        let plain = try file.readPhysical("echo").map { Float($0) }
        for part in [0..<rows, 0..<1, 1000..<1030, 1024..<2048, 2047..<2500, 7..<7] {
          let read = try file.readPhysicalFloats("echo", rows: part)
          let wanted = plain[part.lowerBound * width..<part.upperBound * width]
          #expect(read.count == wanted.count && zip(read, wanted).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
        }
        // What was read beside the library leaves the file open in it.
        #expect(try file.readPhysical("echo").count == rows * width)
      }
    }

    /// A damaged chunk is told of, whoever inflates it.
    @Test func aDamagedChunkIsRefused() throws {
      try withFile { path in
        let writer = try NetCDFWriter(path: path)
        try writer.dimension("time", length: 6000)
        try writer.dimension("bin", length: 64)
        try writer.variable("echo", type: .int32, dimensions: ["time", "bin"], deflate: 1)
        try writer.write("echo", (0..<6000 * 64).map { Double($0 * 7919 % 65_521) })
        try writer.close()
        var bytes = try VirtualFile.read(path)
        for i in bytes.count / 2..<bytes.count / 2 + 4096 { bytes[i] = 0xa5 }
        try VirtualFile.write(bytes, to: path)
        let error = #expect(throws: FloeError.self) { try NetCDFFile.open(path).readPhysicalFloats("echo") }
        #expect(error?.message.contains("may be damaged") == true)
      }
    }

    @Test func whatIsNoNetCDFIsRefused() throws {
      try withFile { path in
        try VirtualFile.write("no netCDF", to: path)
        let error = #expect(throws: FloeError.self) { try NetCDFFile.open(path) }
        #expect(error?.message.contains(path) == true)
      }
    }

    @Test(arguments: [1, 8, 15, 128]) func fourierTransformMatchesItsDefinition(n: Int) throws {
      let plan = try RealFourierPlan(length: n)
      let rows = 3
      let samples = (0..<rows * n).map { Float(($0 * 37 + 11) % 23) - 11 }
      var spectra: [Float] = []
      var back: [Float] = []
      plan.forward(samples, into: &spectra)
      #expect(spectra.count == rows * (n / 2 + 1) * 2)
      for row in 0..<rows {
        for k in 0...n / 2 {
          var re = 0.0
          var im = 0.0
          for i in 0..<n {
            let angle = -2 * Double.pi * Double(k * i) / Double(n)
            re += Double(samples[row * n + i]) * cos(angle)
            im += Double(samples[row * n + i]) * sin(angle)
          }
          let at = (row * (n / 2 + 1) + k) * 2
          #expect(abs(Double(spectra[at]) - re) < 1e-3 && abs(Double(spectra[at + 1]) - im) < 1e-3)
        }
      }
      let kept = spectra
      plan.inverse(spectra, into: &back)
      #expect(spectra == kept)
      #expect(zip(samples, back).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test func fourierTransformsRunOnManyThreads() async throws {
      let samples = (0..<256 * 50).map { Float(($0 * 37 + 11) % 23) }
      let results = try await withThrowingTaskGroup(of: [Float].self) { group in
        for _ in 0..<8 {
          group.addTask {
            var spectra: [Float] = []
            try RealFourierPlan(length: 256).forward(samples, into: &spectra)
            return spectra
          }
        }
        var all: [[Float]] = []
        for try await r in group { all.append(r) }
        return all
      }
      #expect(results.allSatisfy { $0 == results[0] })
    }
  }
}
