import FloeSDK
import Foundation

/// The version of floe.
public enum FloeVersion {
  /// The only place that names it.
  public static let current = "0.1.0"
}
