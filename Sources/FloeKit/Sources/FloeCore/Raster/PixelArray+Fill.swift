extension PixelArray {
  /// Sets a run of values; one that the type cannot hold leaves them as they are.
  public mutating func fill(_ range: Range<Int>, with value: Double) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a run beyond the values")
    let type = type
    withMutableBytes { bytes in
      func put<T: PixelValue>(_: T.Type) {
        guard let value = T(stored: value) else { return }
        let values = bytes.bindMemory(to: T.self)
        for i in range { values[i] = value }
      }
      switch type {
      case .uint8: put(UInt8.self)
      case .int16: put(Int16.self)
      case .uint16: put(UInt16.self)
      case .int32: put(Int32.self)
      case .uint32: put(UInt32.self)
      case .float32: put(Float.self)
      case .float64: put(Double.self)
      }
    }
  }
}
