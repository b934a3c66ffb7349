// A plugin imports FloeSDK and has the whole kit.
@_exported import CFloeStamp
@_exported import FloeCore
@_exported import FloeIO
@_exported import FloeNumerics
