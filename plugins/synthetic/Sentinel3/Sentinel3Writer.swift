import FloeIO
import FloeSDK
import Foundation

/// Writes a SEN3 folder: the measurement file with every variable of the schema, and the manifest.
struct Sentinel3Writer: Sendable {
  let track: SralTrack
  let folder: String
  let seed: UInt64

  /// `S3A_SR_2_LAN_SI_<start>_<stop>_<created>_<duration>_<cycle>_<orbit>______LN3_R_NT_005.SEN3`.
  var name: String {
    let created = UTCTime(seconds: 1_682_992_800 + Double(seed % 1_000_000))
    let seconds = String(Int(Double(track.records) * SralTrack.interval))
    let duration = String(repeating: "0", count: max(0, 4 - seconds.count)) + seconds
    return
      """
      S3A_SR_2_LAN_SI_\(compact(start))_\(compact(stop))_\(compact(created))_\(duration)\
      _042_116______LN3_R_NT_005.SEN3
      """
  }
  var path: String { "\(folder)/\(name)" }
  private var start: UTCTime { UTCTime(seconds: track.time.seconds + track.offset(0)) }
  private var stop: UTCTime { UTCTime(seconds: track.time.seconds + track.offset(Double(track.records - 1))) }

  private func compact(_ time: UTCTime) -> String { String(time.iso8601.filter { $0 != "-" && $0 != ":" }.prefix(15)) }

  /// Writes the product; it appears when it is whole.
  func write(_ values: Sentinel3Values, _ records: [SralModel.Record], check: () throws -> Void) throws {
    let making = try TemporaryFolder(in: folder)
    try ProductFolder.make("\(making.path)/\(name)")
    let measurement = "\(making.path)/\(name)/enhanced_measurement.nc"
    try writeMeasurement(measurement, values, records, check)
    let text = manifest(bytes: try VirtualFile.size(measurement), md5: try Checksum.md5(measurement))
    try VirtualFile.write(text, to: "\(making.path)/\(name)/xfdumanifest.xml")
    try making.publish()
  }

  private func writeMeasurement(
    _ path: String, _ values: Sentinel3Values, _ records: [SralModel.Record], _ check: () throws -> Void
  ) throws {
    let file = try NetCDFWriter(path: path)
    for (name, length) in [
      ("time_01", values.hzRecords.count), ("time_20_ku", records.count), ("time_20_c", values.cRecords.count),
      ("echo_sample_ind", 128),
      ("wf_sample_ind", SralModel.samples), ("max_multi_stack_ind", SralModel.looks),
    ] { try file.dimension(name, length: length) }
    try writeAttributes(file)
    for v in Sentinel3Schema.variables {
      try file.variable(
        v.name, type: v.type, dimensions: v.dimensions, attributes: attributes(v), fill: v.fill,
        deflate: v.dimensions.count > 1 ? 1 : nil)
    }
    for v in Sentinel3Schema.variables where v.dimensions.count == 1 {
      if let known = values.values[v.name] {
        try file.writePhysical(v.name, known)
      } else if v.flags != nil {
        try file.write(
          v.name, [Double](repeating: Double(v.flags?.first ?? 0), count: count(v.dimensions[0], values, records)))
      }
      // Nothing is written of the others: they hold their fill value.
    }
    for first in stride(from: 0, to: records.count, by: 1024) {
      try check()
      let rows = records[first..<min(records.count, first + 1024)]
      try file.writePhysical(
        "waveform_20_ku", rows.flatMap(\.echo), start: [first, 0], count: [rows.count, SralModel.samples])
      try file.writePhysical(
        "rip_20_ku", rows.flatMap(\.power), start: [first, 0], count: [rows.count, SralModel.looks])
    }
    try file.close()
  }

  private func count(_ dimension: String, _ values: Sentinel3Values, _ records: [SralModel.Record]) -> Int {
    dimension == "time_01" ? values.hzRecords.count : dimension == "time_20_c" ? values.cRecords.count : records.count
  }

  private func attributes(_ v: Sentinel3Schema.Variable) -> [(String, NetCDFAttribute)] {
    var result: [(String, NetCDFAttribute)] = [
      ("long_name", .text(v.name.split(separator: "_").joined(separator: " ")))
    ]
    if v.name.hasPrefix("time_") { result.append(("standard_name", .text("time"))) }
    if v.name.hasPrefix("lat_") { result.append(("standard_name", .text("latitude"))) }
    if v.name.hasPrefix("lon_") { result.append(("standard_name", .text("longitude"))) }
    if let unit = v.unit { result.append(("units", .text(unit))) }
    if let flags = v.flags {
      let codes = flags.meanings.split(separator: " ").indices.count
      result.append(("flag_values", .numbers((0..<codes).map { Double($0 + flags.first) }, v.type)))
      result.append(("flag_meanings", .text(flags.meanings)))
    }
    if let scale = v.scale { result.append(("scale_factor", .number(scale))) }
    if let offset = v.offset { result.append(("add_offset", .number(offset))) }
    return result
  }

  private func writeAttributes(_ file: NetCDFWriter) throws {
    let a = track.position(0)
    let b = track.position(Double(track.records - 1))
    let all: [(String, NetCDFAttribute)] = [
      ("Conventions", .text("CF-1.6")), ("title", .text("Synthetic SRAL/MWR Level 2 Measurement, made by floe")),
      ("mission_name", .text("Sentinel 3A (synthetic)")),
      ("altimeter_sensor_name", .text("SRAL")), ("product_name", .text(name)), ("institution", .text("LN3")),
      ("source", .text("synthetic product of floe, no measurement")),
      ("processing_baseline", .text("SM_L2SI.005.00.00")),
      ("cycle_number", .numbers([42], .int32)), ("pass_number", .numbers([231], .int32)),
      ("first_meas_time", .text(start.iso8601)),
      ("last_meas_time", .text(stop.iso8601)), ("first_meas_lat", .number(a.lat)), ("last_meas_lat", .number(b.lat)),
      ("first_meas_lon", .number(a.lon)), ("last_meas_lon", .number(b.lon)),
    ]
    for (key, value) in all { try file.attribute(key, value) }
  }

  private func manifest(bytes: Int, md5: String) -> String {
    let steps = min(60, max(1, track.records - 1))
    let line = (0...steps).map { step -> String in
      let p = track.position(Double(track.records - 1) * Double(step) / Double(steps))
      return "\(Double(Int((p.lat * 1e4).rounded())) / 1e4) \(Double(Int((p.lon * 1e4).rounded())) / 1e4)"
    }.joined(separator: " ")
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1" \
      xmlns:sentinel-safe="http://www.esa.int/safe/sentinel/1.1" xmlns:gml="http://www.opengis.net/gml" \
      xmlns:sentinel3="http://www.esa.int/safe/sentinel/sentinel-3/1.0" \
      version="esa/safe/sentinel/sentinel-3/sral/level-2/1.0">
        <metadataSection>
          <metadataObject ID="acquisitionPeriod" \
      classification="DESCRIPTION" category="DMD">\
      <metadataWrap mimeType="text/xml"><xmlData>
            <sentinel-safe:acquisitionPeriod>
              <sentinel-safe:startTime>\(start.iso8601)</sentinel-safe:startTime>
              <sentinel-safe:stopTime>\(stop.iso8601)</sentinel-safe:stopTime>
            </sentinel-safe:acquisitionPeriod>
          </xmlData></metadataWrap></metadataObject>
          <metadataObject ID="platform" \
      classification="DESCRIPTION" category="DMD">\
      <metadataWrap mimeType="text/xml"><xmlData>
            <sentinel-safe:platform>
              <sentinel-safe:familyName>Sentinel-3</sentinel-safe:familyName>
              <sentinel-safe:number>A (synthetic)</sentinel-safe:number>
              <sentinel-safe:instrument><sentinel-safe:familyName \
      abbreviation="SRAL">Sar Radar ALtimeter</sentinel-safe:familyName></sentinel-safe:instrument>
            </sentinel-safe:platform>
          </xmlData></metadataWrap></metadataObject>
          <metadataObject ID="measurementFrameSet" \
      classification="DESCRIPTION" category="DMD">\
      <metadataWrap mimeType="text/xml"><xmlData>
            <sentinel-safe:frameSet>
              <sentinel-safe:footPrint srsName="http://www.opengis.net/def/crs/EPSG/0/4326">\
      <gml:posList>\(line)</gml:posList></sentinel-safe:footPrint>
            </sentinel-safe:frameSet>
          </xmlData></metadataWrap></metadataObject>
          <metadataObject ID="generalProductInformation" \
      classification="DESCRIPTION" category="DMD">\
      <metadataWrap mimeType="text/xml"><xmlData>
            <sentinel3:generalProductInformation>
              <sentinel3:productName>\(name)</sentinel3:productName>
              <sentinel3:productType>SR_2_LAN_SI</sentinel3:productType>
              <sentinel3:timeliness>NT</sentinel3:timeliness>
              <sentinel3:baselineCollection>005</sentinel3:baselineCollection>
            </sentinel3:generalProductInformation>
          </xmlData></metadataWrap></metadataObject>
        </metadataSection>
        <dataObjectSection>
          <dataObject ID="enhancedMeasurementData"><byteStream mimeType="application/x-netcdf" \
      size="\(bytes)">
            <fileLocation locatorType="URL" href="enhanced_measurement.nc"/>
            <checksum checksumName="MD5">\(md5)</checksum>
          </byteStream></dataObject>
        </dataObjectSection>
      </xfdu:XFDU>

      """
  }
}
