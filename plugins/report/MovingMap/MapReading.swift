import FloeIO
import FloeSDK
internal import Foundation
import Synchronization

/// The values of one band as the page keeps them: whole steps from the lowest, packed.
///
/// A value is `low + step * number`; the highest number of the width is no data. Class codes have a step of 1 from 0,
/// so
/// that they are exact; others are right to half a step.
struct MapReading: Sendable {
  let name: String
  let unit: String
  let width: Int, height: Int
  /// The outer edges of the drawn pixels.
  let bounds: Bounds
  /// The classes of codes; nil for measurements.
  let classes: ClassTable?
  let low: Double, step: Double
  /// Eight or sixteen.
  let bits: Int
  /// Numbers row by row, row 0 in the north, the lower byte first; compressed as gzip does.
  let packed: [UInt8]

  init(
    name: String, unit: PhysicalUnit, values: [Float], width: Int, height: Int, bounds: Bounds,
    classes: ClassTable? = nil, bits wanted: Int = 16
  ) throws {
    self.name = name
    self.unit = unit == .dimensionless ? "" : unit.rawValue
    (self.width, self.height, self.bounds, self.classes) = (width, height, bounds, classes)
    var least = Float.infinity
    var most = -Float.infinity
    for v in values where v.isFinite { (least, most) = (min(least, v), max(most, v)) }
    if least > most { (least, most) = (0, 0) }
    if classes != nil {
      (low, step, bits) = (min(0, Double(least)), 1, most - min(0, least) < 255 ? 8 : 16)
    } else {
      bits = wanted
      low = Double(least)
      let range = Double(most) - Double(least)
      step = range > 0 ? range / Double((1 << wanted) - 2) : 1
    }
    let missing = (1 << bits) - 1
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * bits / 8)
    for v in values {
      let place = ((Double(v) - low) / step).rounded()
      let number = v.isFinite && place >= 0 && place < Double(missing) ? Int(place) : missing
      bytes.append(UInt8(number & 255))
      if bits == 16 { bytes.append(UInt8(number >> 8)) }
    }
    packed = try Self.gzip(bytes)
  }

  /// The parts that the page's script reads.
  var content: JSONValue {
    var parts: [String: JSONValue] = [
      "name": .string(name), "unit": .string(unit), "width": .integer(width), "height": .integer(height),
      "bounds": .array([bounds.minX, bounds.minY, bounds.maxX, bounds.maxY].map { .number($0) }),
      "low": .number(low), "step": .number(step), "bits": .integer(bits), "data": .string(Base64.text(packed)),
    ]
    if let classes {
      parts["classes"] = .array(
        classes.entries.map {
          ["code": .integer($0.code), "label": .string($0.label), "color": .string(Colours.hex($0.color))]
        })
    }
    return .object(parts)
  }

  private static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let path = "/vsimem/report-\(counter.add(1, ordering: .relaxed).newValue).gz"
    defer { VirtualFile.remove(path) }
    try VirtualFile.write(bytes, to: "/vsigzip/\(path)")
    return try VirtualFile.read(path)
  }
  private static let counter = Atomic<Int>(0)
}
