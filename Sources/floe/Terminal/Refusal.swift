import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

/// A request that is wrong before any work: exit status 2.
func refuse(_ message: String) -> RequestRefused { RequestRefused([Problem(file: "", line: 0, message)]) }
