import FloeCore
import FloeIO
import Testing
