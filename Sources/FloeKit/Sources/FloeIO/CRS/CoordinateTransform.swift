internal import CPROJ
import FloeCore

/// A transformation of coordinates between two reference systems, always in the order x, y (longitude, latitude).
///
/// It belongs to one thread at a time; make one for each worker, once, since making it consults PROJ's database.
public final class CoordinateTransform {
  private let context: OpaquePointer
  private let operation: OpaquePointer

  /// A transformation; longitudes and latitudes are in degrees, longitudes come out within ±180.
  ///
  /// - Throws: a sentence where one of the systems cannot be read, or PROJ knows no way from one to the other.
  public init(from source: CRS, to target: CRS) throws {
    guard let context = proj_context_create() else { throw FloeError("no memory for a coordinate transformation") }
    proj_log_level(context, PJ_LOG_NONE)
    proj_context_set_enable_network(context, 0)
    do {
      operation = try Self.operation(context, source, target)
      self.context = context
    } catch {
      proj_context_destroy(context)
      throw error
    }
  }

  deinit {
    proj_destroy(operation)
    proj_context_destroy(context)
  }

  /// Transforms points in place; those that cannot be transformed, or have no place, become infinite.
  public func transform(x: inout [Double], y: inout [Double], inverse: Bool = false) {
    precondition(x.count == y.count, "as many x as y are needed")
    let count = x.count
    let stride = MemoryLayout<Double>.stride
    // PROJ's Lambert equal-area projection, for one, takes NaN for its pole.
    let missing = x.indices.filter { !x[$0].isFinite || !y[$0].isFinite }
    x.withUnsafeMutableBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        // A point that fails must not leave its error to the next.
        proj_errno_reset(operation)
        _ = proj_trans_generic(
          operation, inverse ? PJ_INV : PJ_FWD, x.baseAddress, stride, count, y.baseAddress, stride, count, nil, 0, 0,
          nil, 0, 0)
        for i in 0..<count where !x[i].isFinite || !y[i].isFinite {
          x[i] = .infinity
          y[i] = .infinity
        }
      }
    }
    for i in missing {
      x[i] = .infinity
      y[i] = .infinity
    }
  }

  /// Transforms points in place; those that cannot be transformed, or have no place, become NaN.
  public func transform(_ points: inout [SIMD2<Double>], inverse: Bool = false) {
    let count = points.count
    let stride = MemoryLayout<SIMD2<Double>>.stride
    let missing = points.indices.filter { !points[$0].x.isFinite || !points[$0].y.isFinite }
    points.withUnsafeMutableBytes { bytes in
      guard let x = bytes.baseAddress?.assumingMemoryBound(to: Double.self) else { return }
      proj_errno_reset(operation)
      _ = proj_trans_generic(
        operation, inverse ? PJ_INV : PJ_FWD, x, stride, count, x + 1, stride, count, nil, 0, 0, nil, 0, 0)
    }
    for i in points.indices where !points[i].x.isFinite || !points[i].y.isFinite { points[i] = SIMD2(.nan, .nan) }
    for i in missing { points[i] = SIMD2(.nan, .nan) }
  }

  /// One point transformed; nil when it cannot be.
  public func point(_ x: Double, _ y: Double, inverse: Bool = false) -> SIMD2<Double>? {
    var xs = [x]
    var ys = [y]
    transform(x: &xs, y: &ys, inverse: inverse)
    return xs[0].isFinite ? SIMD2(xs[0], ys[0]) : nil
  }

  private static func operation(_ context: OpaquePointer, _ source: CRS, _ target: CRS) throws -> OpaquePointer {
    let from = try system(context, source)
    let to: OpaquePointer
    defer { proj_destroy(from) }
    to = try system(context, target)
    defer { proj_destroy(to) }
    guard let plain = proj_create_crs_to_crs_from_pj(context, from, to, nil, nil) else {
      throw FloeError("there is no transformation from '\(source.label)' to '\(target.label)': \(reason(context))")
    }
    defer { proj_destroy(plain) }
    guard let normal = proj_normalize_for_visualization(context, plain) else {
      throw FloeError(
        "the transformation from '\(source.label)' to '\(target.label)' has no x, y order: \(reason(context))")
    }
    return normal
  }

  private static func system(_ context: OpaquePointer, _ crs: CRS) throws -> OpaquePointer {
    guard let found = proj_create(context, crs.wkt) else {
      throw FloeError("the coordinate reference system '\(crs.label)' is not understood: \(reason(context))")
    }
    return found
  }

  private static func reason(_ context: OpaquePointer) -> String {
    text(proj_context_errno_string(context, proj_context_errno(context))) ?? "no reason given"
  }
}
