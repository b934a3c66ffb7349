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

/// How a variable's values lie in a netCDF-4 file.
typedef struct {
  /// Bytes of a value; whether it is a whole number in little-endian order.
  int size, is_integer;
  /// Whether the filters are deflate alone (0) or byte shuffling and deflate (1).
  int is_shuffled;
  /// The extent of a chunk.
  uint64_t extent[8];
} floe_chunked;

/// Describes a variable that is stored in deflated chunks, and where each begins: 3 numbers a chunk, first row, byte in the file, bytes.
///
/// netCDF has no function for this, and HDF5 inflates one chunk after another under one lock. HDF5 is found at run time, as above; its
/// identifiers have 64 bits since 1.10, and `H5Dget_chunk_info` came with 1.10.5. Returns the number of chunks, at most `most`; -1 for anything else:
/// another layout, other filters, a chunk that is not written, an HDF5 without these functions.
static inline int64_t floe_hdf5_chunks(const char *path, const char *name, int rank, floe_chunked *told, uint64_t *places, int64_t most) {
  typedef int64_t id;
#define FLOE_H5(result, function, ...) result (*function)(__VA_ARGS__) = (result (*)(__VA_ARGS__))dlsym(RTLD_DEFAULT, #function); if (!function) return -1
  FLOE_H5(id, H5Fopen, const char *, unsigned, id);
  FLOE_H5(int, H5Fclose, id);
  FLOE_H5(id, H5Dopen2, id, const char *, id);
  FLOE_H5(int, H5Dclose, id);
  FLOE_H5(id, H5Dget_type, id);
  FLOE_H5(id, H5Dget_space, id);
  FLOE_H5(id, H5Dget_create_plist, id);
  FLOE_H5(int, H5Dget_num_chunks, id, id, uint64_t *);
  FLOE_H5(int, H5Dget_chunk_info, id, id, uint64_t, uint64_t *, unsigned *, uint64_t *, uint64_t *);
  FLOE_H5(int, H5Sclose, id);
  FLOE_H5(int, H5Tclose, id);
  FLOE_H5(int, H5Tget_class, id);
  FLOE_H5(int, H5Tget_order, id);
  FLOE_H5(size_t, H5Tget_size, id);
  FLOE_H5(int, H5Pclose, id);
  FLOE_H5(int, H5Pget_layout, id);
  FLOE_H5(int, H5Pget_chunk, id, int, uint64_t *);
  FLOE_H5(int, H5Pget_nfilters, id);
  FLOE_H5(int, H5Pget_filter2, id, unsigned, unsigned *, size_t *, unsigned *, size_t, char *, unsigned *);
#undef FLOE_H5
  int64_t found = -1;
  // Read only; the file that netCDF has open is shared.
  id file = H5Fopen(path, 0, 0);
  if (file < 0) return -1;
  id set = H5Dopen2(file, name, 0);
  if (set >= 0) {
    id type = H5Dget_type(set), space = H5Dget_space(set), plan = H5Dget_create_plist(set);
    uint64_t count = 0, first[32];
    unsigned filters[2] = {0, 0}, flags, mask;
    // Class 0 is whole numbers, order 0 little-endian, layout 2 chunked, filter 1 deflate, 2 shuffle.
    told->size = (int)H5Tget_size(type);
    told->is_integer = H5Tget_class(type) == 0 && H5Tget_order(type) == 0;
    int n = plan >= 0 && rank <= 8 && H5Pget_layout(plan) == 2 && H5Pget_chunk(plan, rank, told->extent) == rank ? H5Pget_nfilters(plan) : 0;
    for (int i = 0; i < n && n <= 2; i++) {
      size_t values = 0;
      filters[i] = (unsigned)H5Pget_filter2(plan, (unsigned)i, &flags, &values, 0, 0, 0, 0);
    }
    told->is_shuffled = n == 2;
    int known = (n == 1 && filters[0] == 1) || (n == 2 && filters[0] == 2 && filters[1] == 1);
    if (known && H5Dget_num_chunks(set, space, &count) >= 0 && count <= (uint64_t)most) {
      found = (int64_t)count;
      for (uint64_t i = 0; i < count; i++) {
        mask = 1;
        if (H5Dget_chunk_info(set, space, i, first, &mask, &places[3 * i + 1], &places[3 * i + 2]) < 0 || mask != 0) found = -1;
        places[3 * i] = first[0];
      }
    }
    if (plan >= 0) H5Pclose(plan);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    H5Dclose(set);
  }
  H5Fclose(file);
  return found;
}
