/// How far a product was processed: to reflectance at the top of the atmosphere, or at the surface.
enum ProcessingLevel: String, Sendable {
  case l1c = "L1C"
  case l2a = "L2A"
}
