// What a plugin has with `import FloeSDK` is the kit's contract: a patch release keeps it. FloeIO (files, reference
// systems, transforms) is imported by name and may change; see docs/design.md.
@_exported import CFloeStamp
@_exported import FloeCore
@_exported import FloeNumerics
