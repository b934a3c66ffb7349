/* Makes calls of the system fail, for tests: LD_PRELOAD=faults.so FAULT=write:5:3 FAULT_PATH=/folder program
 *
 * FAULT is CALL:ERROR:N: the Nth call of that kind on a file below FAULT_PATH, and each later one, fails with the error
 * number; of renames that one alone. With ERROR 0 a write moves half of its bytes once, which is no failure at all. Calls:
 * write, close, sync, rename. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_int calls;

static int below(const char *path) {
  const char *folder = getenv("FAULT_PATH");
  return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_ours(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return below(path);
}

/* 0: go on; 1: fail with errno set; 2: move half. */
static int verdict(const char *call) {
  const char *fault = getenv("FAULT");
  size_t length = strlen(call);
  if (fault == NULL || strncmp(fault, call, length) != 0 || fault[length] != ':') return 0;
  int error = 0, first = 0;
  if (sscanf(fault + length, ":%d:%d", &error, &first) != 2) return 0;
  int number = atomic_fetch_add(&calls, 1) + 1;
  if (error == 0) return number == first ? 2 : 0;
  if (number < first || (number > first && strcmp(call, "rename") == 0)) return 0;
  errno = error;
  return 1;
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

#define WRITER(name, parameters, fd, full, half)        \
  ssize_t name parameters {                             \
    int what = is_ours(fd) ? verdict("write") : 0;      \
    if (what == 1) return -1;                           \
    return what == 2 ? REAL(name) half : REAL(name) full; \
  }

WRITER(write, (int fd, const void *b, size_t n), fd, (fd, b, n), (fd, b, (n + 1) / 2))
WRITER(pwrite, (int fd, const void *b, size_t n, off_t o), fd, (fd, b, n, o), (fd, b, (n + 1) / 2, o))
WRITER(pwrite64, (int fd, const void *b, size_t n, off64_t o), fd, (fd, b, n, o), (fd, b, (n + 1) / 2, o))
WRITER(pwritev, (int fd, const struct iovec *v, int n, off_t o), fd, (fd, v, n, o), (fd, v, (n + 1) / 2, o))
WRITER(pwritev64, (int fd, const struct iovec *v, int n, off64_t o), fd, (fd, v, n, o), (fd, v, (n + 1) / 2, o))

int close(int fd) {
  int what = is_ours(fd) ? verdict("close") : 0;
  int error = errno;
  int result = REAL(close)(fd);
  if (what == 1) {
    errno = error;
    return -1;
  }
  return result;
}

int fsync(int fd) { return is_ours(fd) && verdict("sync") == 1 ? -1 : REAL(fsync)(fd); }
int rename(const char *from, const char *to) {
  return below(to) && verdict("rename") == 1 ? -1 : REAL(rename)(from, to);
}
