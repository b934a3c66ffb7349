import Synchronization

/// The product readers of all plugins, reached through the host.
public protocol ProductCatalogue: Sendable {
  /// Describes a product from its metadata.
  ///
  /// - Throws: a sentence when no reader knows the path or the product is broken.
  func describe(_ path: String) throws -> ProductDescription
  /// Whether some reader takes the path for one of its products.
  func recognises(_ path: String) -> Bool
}
