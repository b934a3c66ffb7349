import CFloeStamp

/// The version of floe and of its plugin kit, which are released together.
public enum FloeVersion {
  /// Named once, in the stamp's header.
  public static let current = FLOE_KIT_VERSION
}
