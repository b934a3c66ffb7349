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

/// A change of pixels in place, whatever their type; see `PixelArray.edit`.
public protocol PixelEditor {
  /// Changes the values in their own type.
  func edit<T: PixelValue>(_ values: UnsafeMutableBufferPointer<T>)
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

  /// Passes the values for a change in place, without a copy when this value is the only holder.
  public mutating func edit<Editor: PixelEditor>(_ editor: Editor) {
    let type = self.type
    withMutableBytes { bytes in
      switch type {
      case .uint8: editor.edit(bytes.assumingMemoryBound(to: UInt8.self))
      case .int16: editor.edit(bytes.assumingMemoryBound(to: Int16.self))
      case .uint16: editor.edit(bytes.assumingMemoryBound(to: UInt16.self))
      case .int32: editor.edit(bytes.assumingMemoryBound(to: Int32.self))
      case .uint32: editor.edit(bytes.assumingMemoryBound(to: UInt32.self))
      case .float32: editor.edit(bytes.assumingMemoryBound(to: Float.self))
      case .float64: editor.edit(bytes.assumingMemoryBound(to: Double.self))
      }
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
