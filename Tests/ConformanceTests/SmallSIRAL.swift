import FloeIO
import FloeSDK

/// A CryoSat-2 L1b file of SARIn mode whose every value can be told from its index: 60 records of 32 samples.
enum SmallSIRAL {
  static let name = "CS_OFFL_SIR_SIN_1B_20180301T000000_20180301T000003_E001.nc"
  static let records = 60, samples = 32

  static func write(in folder: String) throws -> String {
    let path = "\(folder)/\(name)"
    let w = try NetCDFWriter(path: path)
    try w.attribute("product_name", .text(name.replacing(".nc", with: "")))
    try w.attribute("sir_op_mode", .text("SARIN     "))
    for (dimension, length) in [("time_20_ku", records), ("time_cor_01", 3), ("ns_20_ku", samples), ("space_3d", 3)] {
      try w.dimension(dimension, length: length)
    }
    let since: (String, NetCDFAttribute) = ("units", .text("seconds since 2000-01-01 00:00:00.0"))
    func put(
      _ name: String, _ dimensions: [String], unit: String = "m", _ values: [Double],
      attributes: [(String, NetCDFAttribute)] = []
    ) throws {
      try w.variable(
        name, type: .float64, dimensions: dimensions,
        attributes: attributes.isEmpty ? [("units", .text(unit))] : attributes)
      try w.write(name, values)
    }
    let ku = ["time_20_ku"]
    let rows = (0..<records).map(Double.init)
    // 2018-03-01T00:00:00 UTC is 573177637 s of TAI since 2000.
    try put("time_20_ku", ku, rows.map { 573_177_637 + 0.05 * $0 }, attributes: [since])
    try put("time_cor_01", ["time_cor_01"], [0, 1, 2].map { 573_177_637 + $0 }, attributes: [since])
    try put("lat_20_ku", ku, unit: "degrees_north", rows.map { 80 + 0.003 * $0 })
    try put("lon_20_ku", ku, unit: "degrees_east", rows.map { -120 + 0.01 * $0 })
    try put("alt_20_ku", ku, rows.map { 720_000 + $0 })
    try put("window_del_20_ku", ku, unit: "seconds", rows.map { 4.8e-3 + 1e-9 * $0 })
    try put("echo_scale_factor_20_ku", ku, unit: "count", rows.map { _ in 0.5 })
    try put("echo_scale_pwr_20_ku", ku, unit: "count", rows.map { _ in -60 })
    try w.variable("pwr_waveform_20_ku", type: .uint16, dimensions: ["time_20_ku", "ns_20_ku"])
    // The largest count of all is a peak and no missing value.
    try w.write(
      "pwr_waveform_20_ku", (0..<records * samples).map { $0 % samples == 16 ? 65_535 : Double($0 % samples * 10 + 5) })
    for (name, value) in [
      ("mod_dry_tropo_cor_01", -2.3), ("mod_wet_tropo_cor_01", -0.1), ("iono_cor_gim_01", -0.05),
      ("ocean_tide_01", 0.3), ("ocean_tide_eq_01", -0.01), ("load_tide_01", 0.02), ("solid_earth_tide_01", 0.04),
      ("pole_tide_01", 0.001), ("inv_bar_cor_01", 0.2), ("hf_fluct_total_cor_01", 0.27),
    ] {
      try put(name, ["time_cor_01"], [value, value + 0.1, value + 0.2])
    }
    try put("flag_mcd_20_ku", ku, unit: "1", rows.map { $0 == 7 ? -2_147_483_648 : 0 })
    try w.close()
    return path
  }
}
