#pragma once
#include <cpl_conv.h>
#include <gdal_version.h>
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 4, 0)
#include <cpl_compressor.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cpl_error.h>
#include <cpl_http.h>
#include <cpl_minixml.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <cpl_vsi_error.h>
#include <gdal.h>
#include <gdal_alg.h>
#include <gdal_utils.h>
#include <gdalwarper.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <malloc.h>
#include <sys/stat.h>

// Function-like macros and version differences do not arrive in Swift; each wrapper below stands for one of them.

/// Closes a dataset. Before 3.7 `GDALClose` returns nothing, so that only collected messages tell a failure.
static inline int floe_gdal_close(GDALDatasetH dataset) {
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 7, 0)
  return GDALClose(dataset) == CE_None;
#else
  GDALClose(dataset);
  return 1;
#endif
}

/// The size of a file or folder in bytes, -1 if there is none. `VSIStatBufL` is `struct stat64`, which Swift's view of
/// glibc lacks; with 64-bit offsets it has the layout of `struct stat`. `VSI_ISDIR` is a macro.
static inline long long floe_stat(const char *path, int *isDirectory) {
  _Static_assert(sizeof(off_t) == 8, "64-bit file offsets are needed");
  struct stat status;
  if (VSIStatExL(path, (VSIStatBufL *)&status, VSI_STAT_EXISTS_FLAG | VSI_STAT_NATURE_FLAG | VSI_STAT_SIZE_FLAG) != 0)
    return -1;
  *isDirectory = S_ISDIR(status.st_mode) ? 1 : 0;
  return status.st_size;
}

/// Keeps freed buffers of up to 32 MB for the next ones, so that the system need not clear their pages again for every tile that is
/// decoded, and lets the heaps of threads grow by 4 MB at a time instead of page by page. glibc's malloc.h is not in Swift's view of it. A refusal would cost time alone.
static inline void floe_reuse_freed_memory(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
  mallopt(M_TOP_PAD, 4 << 20);
#endif
}

/// What GDAL is answered when it wants to download something.
static CPLHTTPResult *floe_refused_download(const char *url, CSLConstList options, GDALProgressFunc progress, void *progressArgument,
                                            CPLHTTPFetchWriteFunc write, void *writeArgument, void *data) {
  (void)options, (void)progress, (void)progressArgument, (void)write, (void)writeArgument, (void)data;
  CPLError(CE_Failure, CPLE_AppDefined, "'%s' is not fetched from the network", url);
  CPLHTTPResult *result = (CPLHTTPResult *)CPLCalloc(1, sizeof(CPLHTTPResult));
  result->nStatus = 1;
  result->pszErrBuf = CPLStrdup("not fetched from the network");
  return result;
}
static void *floe_open_nothing(void *data, const char *path, const char *access) {
  (void)data, (void)path, (void)access;
  return NULL;
}
static int floe_stat_nothing(void *data, const char *path, VSIStatBufL *status, int flags) {
  (void)data, (void)path, (void)status, (void)flags;
  return -1;
}
static vsi_l_offset floe_tell_nothing(void *file) { (void)file; return 0; }
static int floe_seek_nothing(void *file, vsi_l_offset offset, int whence) { (void)file, (void)offset, (void)whence; return -1; }
static size_t floe_read_nothing(void *file, void *buffer, size_t size, size_t count) { (void)file, (void)buffer, (void)size, (void)count; return 0; }

/// Has GDAL download nothing: neither its drivers nor its file systems on the network.
static inline void floe_refuse_network(void) {
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 2, 0)
  CPLHTTPSetFetchCallback(floe_refused_download, NULL);
#endif
  static const char *const prefixes[] = {"/vsicurl/", "/vsicurl?", "/vsicurl_streaming/", "/vsis3/", "/vsis3_streaming/", "/vsigs/",
                                         "/vsigs_streaming/", "/vsiaz/", "/vsiaz_streaming/", "/vsiadls/", "/vsioss/",
                                         "/vsioss_streaming/", "/vsiswift/", "/vsiswift_streaming/", "/vsihdfs/", "/vsiwebhdfs/"};
  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
    VSIFilesystemPluginCallbacksStruct *callbacks = VSIAllocFilesystemPluginCallbacksStruct();
    callbacks->open = floe_open_nothing;
    callbacks->stat = floe_stat_nothing;
    callbacks->tell = floe_tell_nothing;
    callbacks->seek = floe_seek_nothing;
    callbacks->read = floe_read_nothing;
    VSIInstallPluginHandler(prefixes[i], callbacks);
    VSIFreeFilesystemPluginCallbacksStruct(callbacks);
  }
}

/// A file system of ours for reading; each function is Swift's. Paths come without the prefix that it was installed for.
typedef struct {
  /// The size of what is at a path, -1 where nothing is.
  long long (*status)(const char *path, int *isFolder, long long *modified);
  /// An open file and its size; NULL where none can be had, the reason told to GDAL.
  void *(*open)(const char *path, unsigned long long *size);
  /// Reads so many bytes at an offset; the count read, -1 for a failure told to GDAL.
  long long (*read)(void *file, unsigned long long offset, void *into, unsigned long long count);
  void (*close)(void *file);
  /// The names in a folder, a list of GDAL's; NULL where there is none.
  char **(*list)(const char *path);
} FloeFileSystem;

typedef struct {
  const FloeFileSystem *system;
  void *file;
  unsigned long long offset, size;
  int isAtEnd;
} FloeOpenFile;

static int floe_system_stat(void *data, const char *path, VSIStatBufL *status, int flags) {
  (void)flags;
  int isFolder = 0;
  long long modified = 0;
  long long size = ((const FloeFileSystem *)data)->status(path, &isFolder, &modified);
  // See `floe_stat` for the two layouts.
  struct stat *told = (struct stat *)status;
  memset(told, 0, sizeof *told);
  if (size < 0) return -1;
  told->st_size = size;
  told->st_mode = isFolder ? S_IFDIR : S_IFREG;
  told->st_mtime = modified;
  return 0;
}
static void *floe_system_open(void *data, const char *path, const char *access) {
  if (access != NULL && strpbrk(access, "wa+") != NULL) return NULL;
  const FloeFileSystem *system = (const FloeFileSystem *)data;
  unsigned long long size = 0;
  void *file = system->open(path, &size);
  if (file == NULL) return NULL;
  FloeOpenFile *opened = (FloeOpenFile *)calloc(1, sizeof *opened);
  if (opened == NULL) {
    system->close(file);
    return NULL;
  }
  opened->system = system;
  opened->file = file;
  opened->size = size;
  return opened;
}
static vsi_l_offset floe_system_tell(void *file) { return ((FloeOpenFile *)file)->offset; }
static int floe_system_seek(void *file, vsi_l_offset offset, int whence) {
  FloeOpenFile *opened = (FloeOpenFile *)file;
  opened->isAtEnd = 0;
  opened->offset = whence == SEEK_CUR ? opened->offset + offset : whence == SEEK_END ? opened->size + offset : offset;
  return 0;
}
static size_t floe_system_read(void *file, void *buffer, size_t size, size_t count) {
  FloeOpenFile *opened = (FloeOpenFile *)file;
  unsigned long long wanted = (unsigned long long)size * count;
  if (wanted == 0) return 0;
  if (opened->offset >= opened->size) {
    opened->isAtEnd = 1;
    return 0;
  }
  if (wanted > opened->size - opened->offset) {
    wanted = opened->size - opened->offset;
    opened->isAtEnd = 1;
  }
  long long got = opened->system->read(opened->file, opened->offset, buffer, wanted);
  if (got <= 0) return 0;
  opened->offset += (unsigned long long)got;
  return (size_t)got / size;
}
static int floe_system_eof(void *file) { return ((FloeOpenFile *)file)->isAtEnd; }
static int floe_system_close(void *file) {
  FloeOpenFile *opened = (FloeOpenFile *)file;
  opened->system->close(opened->file);
  free(opened);
  return 0;
}
static char **floe_system_list(void *data, const char *path, int most) {
  (void)most;
  return ((const FloeFileSystem *)data)->list(path);
}

/// Has GDAL read paths of a prefix (`/vsi.../`) through a file system of ours, for the rest of the process.
static inline void floe_install_file_system(const char *prefix, FloeFileSystem functions) {
  FloeFileSystem *system = (FloeFileSystem *)malloc(sizeof *system);
  if (system == NULL) return;
  *system = functions;
  VSIFilesystemPluginCallbacksStruct *callbacks = VSIAllocFilesystemPluginCallbacksStruct();
  callbacks->pUserData = system;
  callbacks->stat = floe_system_stat;
  callbacks->open = floe_system_open;
  callbacks->tell = floe_system_tell;
  callbacks->seek = floe_system_seek;
  callbacks->read = floe_system_read;
  callbacks->eof = floe_system_eof;
  callbacks->close = floe_system_close;
  callbacks->read_dir = floe_system_list;
  // GDAL keeps the pointer and not the text.
  const char *kept = strdup(prefix);
  if (kept != NULL) VSIInstallPluginHandler(kept, callbacks);
  VSIFreeFilesystemPluginCallbacksStruct(callbacks);
}

/// Tells GDAL of a failure; `CPLError` is variadic.
static inline void floe_report_failure(const char *sentence) { CPLError(CE_Failure, CPLE_AppDefined, "%s", sentence); }

/// Whether GDAL lends the compressor of that name, for example `zstd`.
static inline int floe_has_compressor(const char *name) {
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 4, 0)
  return CPLGetCompressor(name) != NULL;
#else
  return 0;
#endif
}

/// Compresses `size` bytes into `room` bytes with GDAL's compressor of that name; the length, or -1 when it fails or does not fit.
static inline long long floe_compress(const char *name, int level, const void *bytes, size_t size, void *out, size_t room) {
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 4, 0)
  const CPLCompressor *compressor = CPLGetCompressor(name);
  if (compressor == NULL) return -1;
  char text[32];
  snprintf(text, sizeof text, "LEVEL=%d", level);
  const char *options[] = {text, NULL};
  size_t length = room;
  return compressor->pfnFunc(bytes, size, &out, &length, (CSLConstList)options, compressor->user_data) ? (long long)length : -1;
#else
  return -1;
#endif
}

/// Entry `i` of the process's environment, `NAME=VALUE`; NULL after the last. Swift takes the variable itself for a data race.
static inline const char *floe_environment(int i) {
  extern char **environ;
  return environ == NULL ? NULL : environ[i];
}
