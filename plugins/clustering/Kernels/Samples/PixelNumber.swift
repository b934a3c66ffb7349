/// A stored number as a double.
protocol PixelNumber { var double: Double { get } }
extension UInt16: PixelNumber { var double: Double { Double(self) } }
extension Float: PixelNumber { var double: Double { Double(self) } }
