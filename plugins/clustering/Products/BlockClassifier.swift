/// Clusters and class codes of a block's samples, 255 for those left out.
typealias BlockClassifier = @Sendable (SampleBlock) -> (labels: [UInt8], codes: [UInt8])
