import FloeIO
import FloeSDK
import Glibc
import Synchronization

/// A folder that vanishes with its last holder.
final class TestFolder: Sendable {
  let path: String
  private static let counter = Atomic<Int>(0)
  init() {
    path = "/tmp/floe-s3-test-\(getpid())-\(Self.counter.wrappingAdd(1, ordering: .relaxed).newValue)"
    mkdir(path, 0o755)
  }
  func sub(_ name: String) -> String {
    mkdir("\(path)/\(name)", 0o755)
    return "\(path)/\(name)"
  }
  deinit {
    // Nothing depends on the clean-up of a test's own folder.
    for name in (try? VirtualFile.list(path, recursive: true)) ?? [] where !name.hasSuffix("/") {
      unlink("\(path)/\(name)")
    }
    for name in (try? VirtualFile.list(path)) ?? [] { rmdir("\(path)/\(name)") }
    rmdir(path)
  }
}

/// A product whose every value can be told from its index: 100 records over 5 s, 20 Hz; the track crosses the 180°
/// meridian.
struct SmallProduct {
  /// What is wrong with it.
  enum Defect { case none, noRIP, noEchoes, nanTime, timeStandsStill, latitudeAlongC, badUnit }

  static let t0 = 600_000_000.0
  static let records = 100

  static func time(_ i: Int) -> Double { t0 + 0.05 * Double(i) }
  /// Longitude in 0..360 at a record: 179.9 ... 180.098.
  static func longitude(_ i: Int) -> Double { 179.9 + 0.002 * Double(i) }

  static func write(_ path: String, _ defect: Defect = .none) throws {
    let w = try NetCDFWriter(path: path)
    let n = records
    try w.attribute(
      "product_name",
      .text("S3B_SR_2_LAN_SI_20190105T104000_20190105T104005_20190201T000000_0005_020_123______LN3_R_NT_005.SEN3"))
    try w.attribute("cycle_number", .numbers([20], .int32))
    // Six 1 Hz times; the one at 3 s is 1.5 s late, so that the gap before it is 2.5 s.
    let seconds = [-0.5, 0.5, 1, 3.5, 4, 4.5]
    for (name, length) in [
      ("time_20_ku", n), ("time_01", 6), ("time_20_c", 11), ("wf_sample_ind", 256), ("max_multi_stack_ind", 4),
    ] {
      try w.dimension(name, length: length)
    }
    let unit = (
      "units",
      NetCDFAttribute.text(defect == .badUnit ? "days since 2000-01-01" : "seconds since 2000-01-01 00:00:00.0")
    )
    for name in ["time_20_ku", "time_01", "time_20_c"] {
      try w.variable(name, type: .float64, dimensions: [name], attributes: [unit])
    }
    var times = (0..<n).map(time)
    if defect == .nanTime { times[7] = .nan }
    if defect == .timeStandsStill { times[7] = times[6] }
    try w.write("time_20_ku", times)
    try w.write("time_01", seconds.map { t0 + $0 })
    try w.write("time_20_c", (0..<11).map { t0 + 0.5 * Double($0) })
    let micro: [(String, NetCDFAttribute)] = [("scale_factor", .number(1e-6)), ("add_offset", .number(0))]
    try w.variable(
      "lat_20_ku", type: .int32, dimensions: [defect == .latitudeAlongC ? "time_20_c" : "time_20_ku"],
      attributes: micro + [("units", .text("degrees_north"))], fill: 2_147_483_647)
    let count = defect == .latitudeAlongC ? 11 : n
    try w.writePhysical("lat_20_ku", (0..<count).map { $0 == 9 ? .nan : 70 + 0.01 * Double($0) })
    try w.variable(
      "lon_20_ku", type: .int32, dimensions: ["time_20_ku"], attributes: micro + [("units", .text("degrees_east"))])
    try w.writePhysical("lon_20_ku", (0..<n).map(longitude))
    try w.variable(
      "alt_20_ku", type: .int32, dimensions: ["time_20_ku"],
      attributes: [("scale_factor", .number(1e-4)), ("add_offset", .number(700_000)), ("units", .text("m"))],
      fill: 2_147_483_647)
    try w.writePhysical("alt_20_ku", (0..<n).map { $0 == 3 ? .nan : 815_000 + Double($0) })
    let correction: [(String, NetCDFAttribute)] = [
      ("scale_factor", .number(1e-4)), ("add_offset", .number(0)), ("units", .text("m")),
    ]
    try w.variable(
      "mod_dry_tropo_cor_zero_altitude_01", type: .int16, dimensions: ["time_01"], attributes: correction, fill: 32_767)
    try w.writePhysical("mod_dry_tropo_cor_zero_altitude_01", seconds.map { -2.3 + 0.1 * $0 })
    try w.variable("iono_cor_gim_01_ku", type: .int16, dimensions: ["time_01"], attributes: correction, fill: 32_767)
    try w.writePhysical("iono_cor_gim_01_ku", [.nan, -0.1, -0.1, -0.1, .nan, -0.1])
    try w.variable(
      "surf_class_01", type: .int8, dimensions: ["time_01"],
      attributes: [
        ("flag_values", .numbers([0, 1, 5], .int8)), ("flag_meanings", .text("open_ocean land floating_ice")),
      ], fill: 127)
    try w.write("surf_class_01", [0, 5, 1, 5, 0, 5])
    try w.variable(
      "agc_20_c", type: .int16, dimensions: ["time_20_c"],
      attributes: [("scale_factor", .number(0.01)), ("units", .text("dB"))])
    try w.writePhysical("agc_20_c", (0..<11).map { 30 + Double($0) })
    try w.variable(
      "nb_stack_20_ku", type: .int16, dimensions: ["time_20_ku"], attributes: [("_Unsigned", .text("true"))])
    try w.write("nb_stack_20_ku", (0..<n).map { $0 == 0 ? -6 : 200 })
    let flags = ["flag_values", "flag_meanings"]
    try w.variable(
      "surf_type_20_ku", type: .int8, dimensions: ["time_20_ku"],
      attributes: [
        (flags[0], .numbers([0, 1, 2, 3], .int8)),
        (flags[1], .text("ocean_or_semi_enclosed_sea enclosed_sea_or_lake continental_ice land")),
      ], fill: 127)
    try w.write("surf_type_20_ku", (0..<n).map { $0 < 10 ? 3 : 0 })
    if defect != .noRIP {
      try w.variable(
        "surf_type_class_20_ku", type: .int8, dimensions: ["time_20_ku"],
        attributes: [
          (flags[0], .numbers([0, 1, 2, 3], .int8)), (flags[1], .text("open_ocean sea_ice lead unclassified")),
        ], fill: 127)
      try w.write("surf_type_class_20_ku", (0..<n).map { $0 == 50 ? 127 : $0 % 10 == 0 ? 2 : 1 })
      try w.variable(
        "rip_20_ku", type: .uint32, dimensions: ["time_20_ku", "max_multi_stack_ind"], fill: 4_294_967_295)
      try w.write("rip_20_ku", (0..<n * 4).map { $0 == 2 ? 4_294_967_295 : Double($0) + 3e9 })
    }
    if defect != .noEchoes {
      try w.variable(
        "waveform_20_ku", type: .uint32, dimensions: ["time_20_ku", "wf_sample_ind"],
        attributes: [("scale_factor", .number(0.001)), ("units", .text("count"))], fill: 4_294_967_295, deflate: 4)
      try w.write("waveform_20_ku", (0..<n * 256).map { $0 / 256 == 5 ? 4_294_967_295 : Double($0 * 8) })
    }
    try w.close()
  }
}
