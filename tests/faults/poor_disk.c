/* Loaded before the C library: below the folder POOR_DISK, file locks (POOR_DISK_REFUSES=locks) or
   shared maps of SQLite's -shm files (wal) are refused, as poor file systems do. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int refuses(int fd, const char *what, const char *ending) {
  const char *folder = getenv("POOR_DISK"), *refused = getenv("POOR_DISK_REFUSES");
  char link[64], path[4096];
  if (!folder || !refused || fd < 0 || strcmp(refused, what)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  size_t end = strlen(ending);
  return !strncmp(path, folder, strlen(folder)) && (size_t)length >= end &&
         !strcmp(path + length - end, ending);
}

static int is_lock(int command) {
  return command == F_SETLK || command == F_SETLKW || command == F_GETLK;
}

#define WRAP_FCNTL(name)                                                          \
  int name(int fd, int command, ...) {                                            \
    static int (*real)(int, int, ...);                                            \
    if (!real) real = (int (*)(int, int, ...))dlsym(RTLD_NEXT, #name);            \
    va_list rest;                                                                 \
    va_start(rest, command);                                                      \
    void *argument = va_arg(rest, void *);                                        \
    va_end(rest);                                                                 \
    if (is_lock(command) && refuses(fd, "locks", "")) { errno = ENOLCK; return -1; } \
    return real(fd, command, argument);                                           \
  }
WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)

int flock(int fd, int operation) {
  static int (*real)(int, int);
  if (!real) real = (int (*)(int, int))dlsym(RTLD_NEXT, "flock");
  if (refuses(fd, "locks", "")) { errno = ENOLCK; return -1; }
  return real(fd, operation);
}

#define WRAP_MMAP(name, offset_type)                                                            \
  void *name(void *at, size_t length, int access, int flags, int fd, offset_type offset) {      \
    static void *(*real)(void *, size_t, int, int, int, offset_type);                           \
    if (!real) real = (void *(*)(void *, size_t, int, int, int, offset_type))dlsym(RTLD_NEXT, #name); \
    if ((flags & MAP_SHARED) && refuses(fd, "wal", "-shm")) { errno = ENODEV; return MAP_FAILED; } \
    return real(at, length, access, flags, fd, offset);                                         \
  }
WRAP_MMAP(mmap, off_t)
WRAP_MMAP(mmap64, off64_t)
