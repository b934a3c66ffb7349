internal import CFFTW

enum FourierPlan {
  static var libraryVersion: String { text(floe_fftw_version()) ?? "unknown" }
}
