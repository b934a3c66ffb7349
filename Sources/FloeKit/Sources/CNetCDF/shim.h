#pragma once
// For RTLD_DEFAULT.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <netcdf.h>
#include <stdint.h>

/// Keeps HDF5 from printing on this thread. netCDF does so only for the thread that opened the first file, although
/// attributes that are merely looked for count as errors. Found at run time, so that HDF5 itself need not be linked.
static inline void floe_silence_hdf5(void) {
  static __thread int done = 0;
  if (done) return;
  done = 1;
  int (*set_auto)(int64_t, void *, void *) = (int (*)(int64_t, void *, void *))dlsym(RTLD_DEFAULT, "H5Eset_auto2");
  if (set_auto) set_auto(0, 0, 0);
}
