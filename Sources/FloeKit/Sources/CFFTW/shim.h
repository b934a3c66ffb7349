#pragma once
#include <fftw3.h>

/// An array of unknown length does not arrive in Swift.
static inline const char *floe_fftw_version(void) { return fftwf_version; }
