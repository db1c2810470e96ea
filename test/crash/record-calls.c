/*
 * Preloaded into a broker's process (LD_PRELOAD): writes every call that changes files below RECORD_ROOT, and every sync, to the file RECORD_TO, in the order in
 * which they took effect. `call-record.ts` reads it. It changes nothing about the calls and knows nothing of what they mean.
 *
 * A call is recorded before it is made and its result after it, under one lock, so that at most the last call of a killed process is in doubt. A sync is
 * recorded when it begins and when it has succeeded, without the lock between: writes go on meanwhile, and are not covered.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS_MAX 65536
#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

struct __attribute__((packed)) header {
  char kind;
  int32_t fd;
  int64_t number;
  uint32_t bytes;
};

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static size_t root_bytes;
static int record_fd = -1;
/* Which file descriptors were opened below the root, and what they led to. Not every way to close one can be seen. */
static struct { dev_t device; ino_t inode; } opened_as[FDS_MAX];
static int64_t syncs;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);

__attribute__((constructor)) static void begin(void) {
  real_write = REAL(ssize_t, write, int, const void *, size_t);
  real_writev = REAL(ssize_t, writev, int, const struct iovec *, int);
  const char *path = getenv("RECORD_TO");
  root = getenv("RECORD_ROOT");
  if (path == NULL || root == NULL) return;
  root_bytes = strlen(root);
  record_fd = REAL(int, open, const char *, int, ...)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (record_fd < 0) abort();
}

static int is_below_root(const char *path) {
  if (record_fd < 0 || path == NULL || strncmp(path, root, root_bytes) != 0) return 0;
  return path[root_bytes] == '/' || path[root_bytes] == '\0';
}

static int ours(int fd) {
  struct stat now;
  if (record_fd < 0 || fd < 0 || fd >= FDS_MAX || opened_as[fd].inode == 0 || fstat(fd, &now) != 0) return 0;
  return now.st_dev == opened_as[fd].device && now.st_ino == opened_as[fd].inode;
}

static void put(const void *bytes, size_t count) {
  if (real_write(record_fd, bytes, count) != (ssize_t)count) abort();
}

static void record(char kind, int fd, int64_t number, const struct iovec *parts, int count) {
  const int error = errno;
  struct header header = {.kind = kind, .fd = fd, .number = number, .bytes = 0};
  for (int i = 0; i < count; i += 1) header.bytes += parts[i].iov_len;
  put(&header, sizeof header);
  for (int i = 0; i < count; i += 1) put(parts[i].iov_base, parts[i].iov_len);
  errno = error;
}

static void record_path(char kind, int64_t number, const char *path) {
  const struct iovec part = {(void *)path, strlen(path)};
  record(kind, -1, number, &part, 1);
}

static void result(int64_t value) { record('=', -1, value, NULL, 0); }

/* CALL is made between its record and the record of its result. */
#define ORDERED(type, RECORD, CALL)      \
  pthread_mutex_lock(&order);            \
  RECORD;                                \
  const type answer = (CALL);            \
  result(answer);                        \
  pthread_mutex_unlock(&order);          \
  return answer

/* `path` as an absolute one, in `buffer` if need be. */
static const char *absolute(int dirfd, const char *path, char *buffer) {
  if (path == NULL || path[0] == '/' || record_fd < 0) return path;
  char link[64];
  snprintf(link, sizeof link, dirfd == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", dirfd);
  const ssize_t bytes = readlink(link, buffer, PATH_MAX);
  if (bytes < 0) return path;
  snprintf(buffer + bytes, PATH_MAX, "/%s", path);
  return buffer;
}

static int opened(int fd) {
  if (fd >= FDS_MAX) abort();
  struct stat now;
  if (fd < 0 || fstat(fd, &now) != 0) return fd;
  opened_as[fd].device = now.st_dev;
  opened_as[fd].inode = now.st_ino;
  return fd;
}

#define OPEN(name, signature, dirfd, call)                    \
  int name signature {                                        \
    va_list rest;                                             \
    va_start(rest, flags);                                    \
    const mode_t mode = va_arg(rest, mode_t);                 \
    va_end(rest);                                             \
    char buffer[2 * PATH_MAX];                                \
    const char *full = absolute(dirfd, path, buffer);         \
    if (!is_below_root(full)) return call;                    \
    ORDERED(int, record_path('o', flags, full), opened(call)); \
  }
OPEN(open, (const char *path, int flags, ...), AT_FDCWD, REAL(int, open, const char *, int, ...)(path, flags, mode))
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD, REAL(int, open64, const char *, int, ...)(path, flags, mode))
OPEN(openat, (int at, const char *path, int flags, ...), at,
     REAL(int, openat, int, const char *, int, ...)(at, path, flags, mode))
OPEN(openat64, (int at, const char *path, int flags, ...), at,
     REAL(int, openat64, int, const char *, int, ...)(at, path, flags, mode))

/* Where a write without a position goes. */
static off_t position(int fd) {
  return lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  if (!ours(fd)) return real_write(fd, bytes, count);
  const struct iovec part = {(void *)bytes, count};
  ORDERED(ssize_t, record('w', fd, position(fd), &part, 1), real_write(fd, bytes, count));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (!ours(fd)) return real_writev(fd, parts, count);
  ORDERED(ssize_t, record('w', fd, position(fd), parts, count), real_writev(fd, parts, count));
}

#define PWRITE(name)                                                                       \
  ssize_t name(int fd, const void *bytes, size_t count, off_t at) {                        \
    ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, #name);           \
    if (!ours(fd)) return real(fd, bytes, count, at);                                      \
    const struct iovec part = {(void *)bytes, count};                                      \
    ORDERED(ssize_t, record('w', fd, at, &part, 1), real(fd, bytes, count, at));           \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

#define PWRITEV(name)                                                                      \
  ssize_t name(int fd, const struct iovec *parts, int count, off_t at) {                   \
    ssize_t (*real)(int, const struct iovec *, int, off_t) = dlsym(RTLD_NEXT, #name);      \
    if (!ours(fd)) return real(fd, parts, count, at);                                      \
    ORDERED(ssize_t, record('w', fd, at, parts, count), real(fd, parts, count, at));       \
  }
PWRITEV(pwritev)
PWRITEV(pwritev64)

#define FTRUNCATE(name)                                                                    \
  int name(int fd, off_t bytes) {                                                          \
    int (*real)(int, off_t) = dlsym(RTLD_NEXT, #name);                                     \
    if (!ours(fd)) return real(fd, bytes);                                                 \
    ORDERED(int, record('t', fd, bytes, NULL, 0), real(fd, bytes));                        \
  }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

#define SYNC(name)                                            \
  int name(int fd) {                                          \
    int (*real)(int) = dlsym(RTLD_NEXT, #name);               \
    if (!ours(fd)) return real(fd);                           \
    pthread_mutex_lock(&order);                               \
    const int64_t number = syncs++;                           \
    record('b', fd, number, NULL, 0);                         \
    pthread_mutex_unlock(&order);                             \
    const int answer = real(fd);                              \
    pthread_mutex_lock(&order);                               \
    if (answer == 0) record('e', fd, number, NULL, 0);        \
    pthread_mutex_unlock(&order);                             \
    return answer;                                            \
  }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
  int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
  if (!is_below_root(from) && !is_below_root(to)) return real(from, to);
  const struct iovec parts[2] = {{(void *)from, strlen(from) + 1}, {(void *)to, strlen(to)}};
  ORDERED(int, record('r', -1, 0, parts, 2), real(from, to));
}

#define ON_PATH(name, kind, signature, at, call)                 \
  int name signature {                                           \
    char buffer[2 * PATH_MAX];                                   \
    const char *full = absolute(at, path, buffer);               \
    if (!is_below_root(full)) return call;                       \
    ORDERED(int, record_path(kind, 0, full), call);              \
  }
ON_PATH(unlink, 'u', (const char *path), AT_FDCWD, REAL(int, unlink, const char *)(path))
ON_PATH(unlinkat, 'u', (int at, const char *path, int flags), at,
        REAL(int, unlinkat, int, const char *, int)(at, path, flags))
ON_PATH(rmdir, 'u', (const char *path), AT_FDCWD, REAL(int, rmdir, const char *)(path))
ON_PATH(mkdir, 'm', (const char *path, mode_t mode), AT_FDCWD, REAL(int, mkdir, const char *, mode_t)(path, mode))
