internal import CFFTW
internal import CGDAL
internal import CNetCDF
internal import CPROJ
import Glibc

/// A C string as a Swift one; nil for a null pointer.
func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }

/// A C string as a Swift one; nil for a null pointer.
func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
