/*
 * Keeps beside a directory what of it is on disk. Preloaded into a process, it takes a copy of a file when that file is
 * synced, and of a directory's names when that directory is synced; whatever was not synced is in no copy, and so would be
 * gone with the power. Writes themselves are left alone: only a sync makes anything last.
 *
 * Reads POWER_LOSS_DIR (the directory) and POWER_LOSS_KEPT (where the copies go, with `files` and `names` in it). Ways to
 * sync that it does not know (O_SYNC, msync, sync_file_range, syncfs) count as no sync: a mistake that makes a test fail,
 * never pass.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void give_up(const char *what) {
  fprintf(stderr, "power loss: %s: %s\n", what, strerror(errno));
  abort();
}

/* A file by what it is, not by its name: its number, and when it was born, for numbers are used again. */
static void name_of(int dir, const char *name, char *key, size_t size, unsigned *mode) {
  struct statx found;
  int flags = AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH);
  if (statx(dir, name, flags, STATX_INO | STATX_BTIME | STATX_MODE, &found) != 0) give_up("statx");
  if (!(found.stx_mask & STATX_BTIME)) give_up("this file system does not say when files were born");
  snprintf(key, size, "%llu-%lld%09u", (unsigned long long)found.stx_ino, (long long)found.stx_btime.tv_sec,
           found.stx_btime.tv_nsec);
  *mode = found.stx_mode;
}

static int is_watched(int fd) {
  const char *watched = getenv("POWER_LOSS_DIR");
  if (!watched) return 0;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  size_t prefix = strlen(watched);
  return strncmp(path, watched, prefix) == 0 && (path[prefix] == '/' || path[prefix] == 0);
}

static void write_all(int to, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(to, bytes, length);
    if (written < 0) give_up("write");
    bytes += written;
    length -= written;
  }
}

/* Reads through the descriptor itself where that is possible: closing another one would drop the process's locks. */
static void copy_file(int fd, int to) {
  char buffer[1 << 16];
  int from = fd;
  if (pread(fd, buffer, 1, 0) < 0 && errno == EBADF) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    from = open(link, O_RDONLY | O_CLOEXEC);
    if (from < 0) give_up("open for reading");
  }
  off_t at = 0;
  for (;;) {
    ssize_t length = pread(from, buffer, sizeof buffer, at);
    if (length < 0) give_up("read");
    if (length == 0) break;
    write_all(to, buffer, length);
    at += length;
  }
  if (from != fd) close(from);
}

static void copy_names(int fd, int to) {
  int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *names = again < 0 ? NULL : fdopendir(again);
  if (!names) give_up("open a directory");
  struct dirent *entry;
  while ((entry = readdir(names))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char key[64], line[PATH_MAX];
    unsigned mode;
    name_of(fd, entry->d_name, key, sizeof key, &mode);
    int length = snprintf(line, sizeof line, "%s %o %s\n", key, mode, entry->d_name);
    write_all(to, line, length);
  }
  closedir(names);
}

static int keep(int fd) {
  int before = errno;
  char key[64], path[PATH_MAX], fresh[PATH_MAX];
  unsigned mode;
  pthread_mutex_lock(&one_at_a_time);
  name_of(fd, "", key, sizeof key, &mode);
  const char *kept = getenv("POWER_LOSS_KEPT");
  snprintf(path, sizeof path, "%s/%s/%s", kept, S_ISDIR(mode) ? "names" : "files", key);
  snprintf(fresh, sizeof fresh, "%s/fresh", kept);
  int to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (to < 0) give_up(fresh);
  if (S_ISDIR(mode)) copy_names(fd, to);
  else copy_file(fd, to);
  close(to);
  if (rename(fresh, path) != 0) give_up(path);
  pthread_mutex_unlock(&one_at_a_time);
  errno = before;
  return 0;
}

int fsync(int fd) {
  if (is_watched(fd)) return keep(fd);
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return real(fd);
}

int fdatasync(int fd) {
  if (is_watched(fd)) return keep(fd);
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return real(fd);
}
