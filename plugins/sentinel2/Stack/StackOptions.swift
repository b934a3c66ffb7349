/// What a stack is asked to be.
struct StackOptions: Sendable {
  /// The product: a `.SAFE` folder, its `.zip`, or the product metadata inside.
  var product: String
  /// Names of bands in the order of the output.
  var bands: [String]
  /// Size of a pixel in metres.
  var resolution: Int
  /// How a coarser band comes to a finer grid.
  var upsampling: Upsampling
  /// How a finer band comes to a coarser grid.
  var downsampling: Downsampling
  /// What the numbers mean.
  var units: StackUnits
  /// Column, row, width and height in pixels of the target; nil for all.
  var window: [Int]?
  /// West, south, east, north in degrees; nil for all.
  var box: [Double]?
  /// Which of the product's masks take part.
  var masks: [MaskChoice]
}
