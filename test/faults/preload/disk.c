/*
 * Preloaded: a disk that can be full, and that can lose what was not synced. Watches files whose path begins with ALLOT_FAULT_FILES.
 * While the first byte of the file ALLOT_FAULT_FULL is 1 none of them can grow; the first write that meets it is cut in half.
 * With ALLOT_FAULT_UNDO, a folder: before anything of such a file is changed, what was there goes into UNDO/<inode>: 24 bytes (offset, size
 * of the file, length) and then so many bytes. A sync empties that. Whoever kills the process and takes back what is written there, the
 * last first, has the file as it was synced. Names are not looked after: a file that was made stays made. Memory maps are not seen.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *watched, *undo;
static const volatile char *full;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  // Copies: Redis puts its title where its environment was.
  if (getenv("ALLOT_FAULT_FILES")) watched = strdup(getenv("ALLOT_FAULT_FILES"));
  if (getenv("ALLOT_FAULT_UNDO")) undo = strdup(getenv("ALLOT_FAULT_UNDO"));
  const char *path = getenv("ALLOT_FAULT_FULL");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  void *there = fd < 0 ? MAP_FAILED : mmap(0, 1, PROT_READ, MAP_SHARED, fd, 0);
  if (there != MAP_FAILED) full = there;
  if (fd >= 0) close(fd);
}

static int is_watched(int fd, struct stat *is) {
  char name[64], path[4096];
  if (!watched || fstat(fd, is) != 0 || !S_ISREG(is->st_mode)) return 0;
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strncmp(path, watched, strlen(watched)) == 0;
}

static int open_undo(const struct stat *is, int flags) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%ju", undo, (uintmax_t)is->st_ino);
  return syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

/* Keeps what is there between two offsets, and how long the file is. */
static void remember(int fd, const struct stat *is, off_t from, off_t to) {
  if (!undo) return;
  int64_t length = (to < is->st_size ? to : is->st_size) - from;
  if (length < 0) length = 0;
  int64_t head[3] = {from, is->st_size, length};
  char *record = malloc(sizeof head + length);
  memcpy(record, head, sizeof head);
  if (length > 0) {
    // The descriptor may be for writing only.
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    int reader = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
    if (syscall(SYS_pread64, reader, record + sizeof head, length, from) != length) abort();
    syscall(SYS_close, reader);
  }
  int log = open_undo(is, O_WRONLY | O_APPEND | O_CREAT);
  if (syscall(SYS_write, log, record, sizeof head + length) != (ssize_t)(sizeof head + length)) abort();
  syscall(SYS_close, log);
  free(record);
}

/* How much of a write there is room for; -1: none. */
static ssize_t room(const struct stat *is, size_t size, off_t at) {
  if (!full || !*full || at + (off_t)size <= is->st_size) return size;
  static int met;
  return size > 1 && !met++ ? (ssize_t)size / 2 : -1;
}

static ssize_t change(int fd, const void *data, size_t size, off_t at, int placed) {
  struct stat is;
  int is_ours = is_watched(fd, &is);
  ssize_t done;
  if (is_ours) {
    pthread_mutex_lock(&lock);
    fstat(fd, &is);
    if (!placed) at = fcntl(fd, F_GETFL) & O_APPEND ? is.st_size : lseek(fd, 0, SEEK_CUR);
    ssize_t fits = room(&is, size, at);
    if (fits < 0) {
      pthread_mutex_unlock(&lock);
      errno = ENOSPC;
      return -1;
    }
    size = fits;
    remember(fd, &is, at, at + size);
  }
  done = placed ? syscall(SYS_pwrite64, fd, data, size, at) : syscall(SYS_write, fd, data, size);
  if (is_ours) pthread_mutex_unlock(&lock);
  return done;
}

ssize_t write(int fd, const void *data, size_t size) { return change(fd, data, size, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return change(fd, data, size, at, 1); }
ssize_t pwrite64(int fd, const void *data, size_t size, off_t at) { return change(fd, data, size, at, 1); }

int ftruncate(int fd, off_t size) {
  struct stat is;
  int is_ours = is_watched(fd, &is);
  if (!is_ours) return syscall(SYS_ftruncate, fd, size);
  pthread_mutex_lock(&lock);
  fstat(fd, &is);
  remember(fd, &is, size, is.st_size);
  int failed = syscall(SYS_ftruncate, fd, size);
  pthread_mutex_unlock(&lock);
  return failed;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int fallocate(int fd, int mode, off_t at, off_t size) {
  struct stat is;
  if (is_watched(fd, &is) && full && *full && at + size > is.st_size) {
    errno = ENOSPC;
    return -1;
  }
  return syscall(SYS_fallocate, fd, mode, at, size);
}
int fallocate64(int fd, int mode, off_t at, off_t size) { return fallocate(fd, mode, at, size); }
int posix_fallocate(int fd, off_t at, off_t size) { return fallocate(fd, 0, at, size) == 0 ? 0 : errno; }
int posix_fallocate64(int fd, off_t at, off_t size) { return posix_fallocate(fd, at, size); }

static int sync_by(long call, int fd) {
  struct stat is;
  int is_ours = undo && is_watched(fd, &is);
  if (is_ours) pthread_mutex_lock(&lock);
  int failed = syscall(call, fd);
  if (is_ours) {
    int log = failed ? -1 : open_undo(&is, O_WRONLY | O_TRUNC);
    if (log >= 0) syscall(SYS_close, log);
    pthread_mutex_unlock(&lock);
  }
  return failed;
}
int fsync(int fd) { return sync_by(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_by(SYS_fdatasync, fd); }
