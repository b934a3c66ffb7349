/// Work on pixels of whatever type, compiled for each of them: the one switch over types is `PixelArray.withValues`.
///
/// ```swift
/// struct Largest: PixelVisitor {
///   func visit<T: PixelValue>(_ values: [T]) -> Double { values.max()?.asDouble ?? .nan }
/// }
/// let largest = block.values.withValues(Largest())
/// ```
public protocol PixelVisitor {
  associatedtype Result
  /// Takes the values in their own type.
  func visit<T: PixelValue>(_ values: [T]) -> Result
}

extension PixelArray {
  /// Passes the values, uncopied, in their own type.
  @inlinable
  public func withValues<Visitor: PixelVisitor>(_ visitor: Visitor) -> Visitor.Result {
    switch self {
    case .uint8(let a): visitor.visit(a)
    case .int16(let a): visitor.visit(a)
    case .uint16(let a): visitor.visit(a)
    case .int32(let a): visitor.visit(a)
    case .uint32(let a): visitor.visit(a)
    case .float32(let a): visitor.visit(a)
    case .float64(let a): visitor.visit(a)
    }
  }

  /// All values as single-precision numbers.
  public var floats: [Float] { withValues(FloatVisitor()) }

  /// All values as doubles.
  public var doubles: [Double] { withValues(DoubleVisitor()) }
}

private struct FloatVisitor: PixelVisitor {
  func visit<T: PixelValue>(_ values: [T]) -> [Float] { values as? [Float] ?? values.map(\.asFloat) }
}

private struct DoubleVisitor: PixelVisitor {
  func visit<T: PixelValue>(_ values: [T]) -> [Double] { values as? [Double] ?? values.map(\.asDouble) }
}
