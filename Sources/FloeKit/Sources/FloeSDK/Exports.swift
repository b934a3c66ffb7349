@_exported import CFloeStamp
@_exported import FloeCore
@_exported import FloeIO
@_exported import FloeNumerics
