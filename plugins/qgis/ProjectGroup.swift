/// The groups of a project's legend, from top to bottom.
enum ProjectGroup: Int, CaseIterable, Sendable {
  case vectors, classes, probabilities, images

  var title: String {
    switch self {
    case .vectors: "Records, footprints and polygons"
    case .classes: "Classes"
    case .probabilities: "Probabilities"
    case .images: "Images"
    }
  }
}
