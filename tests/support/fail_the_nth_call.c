/* Let the n-th system call on a watched file, or on a socket, fail once: see tests/journeys/test_disk_faults.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#define FDS 65536
static char watched[FDS];
static char mark[64]; /* paths that hold it are watched */
static volatile int files, sockets, error, lasting;
static volatile long due, seen, failed;

void fault_arm(const char *path, int on_files, int on_sockets, long nth, int code, int from_then_on) {
    strncpy(mark, path, sizeof mark - 1);
    files = on_files; sockets = on_sockets; error = code; lasting = from_then_on;
    seen = failed = 0; due = nth;
}
long fault_disarm(void) { due = 0; return failed; }

static int fails(int counts) {
    if (!due || !counts) return 0;
    long now = __sync_add_and_fetch(&seen, 1);
    if (now != due && !(lasting && now > due)) return 0;
    __sync_add_and_fetch(&failed, 1);
    errno = error;
    return 1;
}
static int file(int fd) { return files && fd >= 0 && fd < FDS && watched[fd]; }
static int path_is(const char *path) { return *mark && path && strstr(path, mark) != NULL; }
static int opened(int fd, const char *path) { if (fd >= 0 && fd < FDS) watched[fd] = path_is(path); return fd; }
#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define MODE va_list more; va_start(more, flags); mode_t mode = (mode_t)va_arg(more, int); va_end(more)

int open(const char *path, int flags, ...) {
    MODE; REAL(open);
    return fails(files && path_is(path)) ? -1 : opened(real(path, flags, mode), path);
}
int open64(const char *path, int flags, ...) {
    MODE; REAL(open64);
    return fails(files && path_is(path)) ? -1 : opened(real(path, flags, mode), path);
}
int unlink(const char *path) { REAL(unlink); return fails(files && path_is(path)) ? -1 : real(path); }
int rename(const char *a, const char *b) { REAL(rename); return fails(files && path_is(b)) ? -1 : real(a, b); }
int close(int fd) { REAL(close); if (fd >= 0 && fd < FDS) watched[fd] = 0; return real(fd); }
int fsync(int fd) { REAL(fsync); return fails(file(fd)) ? -1 : real(fd); }
int fdatasync(int fd) { REAL(fdatasync); return fails(file(fd)) ? -1 : real(fd); }
int ftruncate(int fd, off_t size) { REAL(ftruncate); return fails(file(fd)) ? -1 : real(fd, size); }
int ftruncate64(int fd, off64_t size) { REAL(ftruncate64); return fails(file(fd)) ? -1 : real(fd, size); }
ssize_t write(int fd, const void *b, size_t n) { REAL(write); return fails(file(fd)) ? -1 : real(fd, b, n); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) { REAL(pwrite); return fails(file(fd)) ? -1 : real(fd, b, n, at); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) { REAL(pwrite64); return fails(file(fd)) ? -1 : real(fd, b, n, at); }
ssize_t send(int fd, const void *b, size_t n, int how) { REAL(send); return fails(sockets) ? -1 : real(fd, b, n, how); }
ssize_t recv(int fd, void *b, size_t n, int how) { REAL(recv); return fails(sockets) ? -1 : real(fd, b, n, how); }
