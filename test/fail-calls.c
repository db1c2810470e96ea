/*
 * Preloaded into a broker's process (LD_PRELOAD): while the file FAIL_WHILE exists, every 50th call that opens, writes, syncs or renames a file below
 * FAIL_ROOT fails with EIO, a write behind its first half. Nothing else changes, and what was written stays.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define EVERY 50
#define FDS_MAX 65536
#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

static atomic_uint calls;
/* Which file descriptors were opened below the root. */
static atomic_char ours[FDS_MAX];

static int is_below_root(const char *path) {
  const char *root = getenv("FAIL_ROOT");
  return root != NULL && strncmp(path, root, strlen(root)) == 0;
}

static int is_ours(int fd) { return fd >= 0 && fd < FDS_MAX && ours[fd]; }

static int fails(void) {
  const char *path = getenv("FAIL_WHILE");
  if (path == NULL || access(path, F_OK) != 0 || atomic_fetch_add(&calls, 1) % EVERY != EVERY - 1) return 0;
  errno = EIO;
  return 1;
}

#define OPEN(name)                                                                             \
  int name(const char *path, int flags, ...) {                                                 \
    va_list more;                                                                              \
    va_start(more, flags);                                                                     \
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;                           \
    va_end(more);                                                                              \
    int below = is_below_root(path);                                                           \
    if (below && fails()) return -1;                                                           \
    int fd = REAL(int, name, const char *, int, ...)(path, flags, mode);                       \
    if (fd >= 0 && fd < FDS_MAX) ours[fd] = below;                                             \
    return fd;                                                                                 \
  }
OPEN(open)
OPEN(open64)

#define SYNC(name)                                                                             \
  int name(int fd) { return is_ours(fd) && fails() ? -1 : REAL(int, name, int)(fd); }
SYNC(fsync)
SYNC(fdatasync)

ssize_t write(int fd, const void *bytes, size_t count) {
  return is_ours(fd) && fails() ? -1 : REAL(ssize_t, write, int, const void *, size_t)(fd, bytes, count);
}

#define PWRITE(name)                                                                           \
  ssize_t name(int fd, const void *bytes, size_t count, off_t at) {                            \
    ssize_t (*real)(int, const void *, size_t, off_t) = REAL(ssize_t, name, int, const void *, size_t, off_t); \
    if (!is_ours(fd) || !fails()) return real(fd, bytes, count, at);                           \
    real(fd, bytes, count / 2, at);                                                            \
    errno = EIO;                                                                               \
    return -1;                                                                                 \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

#define PWRITEV(name)                                                                          \
  ssize_t name(int fd, const struct iovec *parts, int count, off_t at) {                       \
    ssize_t (*real)(int, const struct iovec *, int, off_t) = REAL(ssize_t, name, int, const struct iovec *, int, off_t); \
    if (!is_ours(fd) || !fails()) return real(fd, parts, count, at);                           \
    real(fd, parts, count / 2, at);                                                            \
    errno = EIO;                                                                               \
    return -1;                                                                                 \
  }
PWRITEV(pwritev)
PWRITEV(pwritev64)

int rename(const char *from, const char *to) {
  return is_below_root(from) && fails() ? -1 : REAL(int, rename, const char *, const char *)(from, to);
}
