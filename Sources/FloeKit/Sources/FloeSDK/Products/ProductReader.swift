/// Recognises the products of one family and describes them from their metadata, without reading pixels or records.
public protocol ProductReader: Sendable {
  /// The family, for example `sentinel2`.
  static var name: String { get }
  /// One sentence.
  static var summary: String { get }
  /// A reader; it keeps no state.
  init()
  /// Whether the path looks like one of the family's products: by name and shape, quickly.
  func recognises(_ path: String) -> Bool
  /// Describes a product.
  ///
  /// - Throws: a sentence with the file and what is wrong with it.
  func describe(_ path: String) throws -> ProductDescription
}
