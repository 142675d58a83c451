/* Counts the calls by which a process changes the files beneath FAULT_UNDER, and lets those from the FAULT_AT-th on
 * (FAULT_FOR of them, one unless said) go wrong as FAULT_HOW says:
 *
 *   before        the process is killed before the call
 *   torn          half of what is written is written, then the process is killed
 *   power         the process is killed before the call, and what was written to a file since the file was last
 *                 synced is undone, the last first
 *   ENOSPC, EIO   half of what is written is written, and the call fails so
 *   EROFS         the call fails so
 *
 * To be preloaded (LD_PRELOAD). Writes to memory that is mapped from a file are not seen: SQLite has none but to the
 * index of its log, which it makes again when the process that used it is gone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The next definition of a function, which this one stands before. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *under, *how;
static long at = -1, times = 1, count;

/* What a file held where it was written to since it was last synced. */
struct undo {
    struct undo *before;
    dev_t device;
    ino_t inode;
    char path[PATH_MAX];
    off_t size, from;
    ssize_t length;
    char old[];
};
static struct undo *newest;

__attribute__((constructor)) static void begin(void) {
    under = getenv("FAULT_UNDER");
    how = getenv("FAULT_HOW");
    if (getenv("FAULT_AT")) at = atol(getenv("FAULT_AT"));
    if (getenv("FAULT_FOR")) times = atol(getenv("FAULT_FOR"));
}

static int is(const char *what) {
    return how && strcmp(how, what) == 0;
}

static int beneath(const char *path) {
    return under && path && strncmp(path, under, strlen(under)) == 0;
}

static int path_of(int file, char path[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = 0;
    return beneath(path);
}

static int ours(int file) {
    char path[PATH_MAX];
    return path_of(file, path);
}

static void remember(int file, off_t from, size_t length) {
    struct stat stat;
    if (!is("power") || fstat(file, &stat) != 0) return;
    struct undo *undo = malloc(sizeof *undo + length);
    if (!undo || !path_of(file, undo->path)) abort();
    undo->before = newest;
    undo->device = stat.st_dev;
    undo->inode = stat.st_ino;
    undo->size = stat.st_size;
    undo->from = from;
    undo->length = 0;
    int reader = REAL(open64)(undo->path, O_RDONLY);
    if (reader >= 0) undo->length = pread(reader, undo->old, length, from);
    close(reader);
    newest = undo;
}

static void synced(int file) {
    struct stat stat;
    if (fstat(file, &stat) != 0) return;
    for (struct undo **each = &newest; *each;) {
        struct undo *undo = *each;
        if (undo->device == stat.st_dev && undo->inode == stat.st_ino) {
            *each = undo->before;
            free(undo);
        } else {
            each = &undo->before;
        }
    }
}

static void lose_power(void) {
    for (struct undo *undo = newest; undo; undo = undo->before) {
        int file = REAL(open64)(undo->path, O_WRONLY);
        if (file < 0) continue;
        if (undo->length > 0 && REAL(pwrite64)(file, undo->old, undo->length, undo->from) != undo->length) abort();
        if (REAL(ftruncate64)(file, undo->size) != 0) abort();
        close(file);
    }
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Whether it is this call's turn to go wrong, and there is more to it than to die at once. */
static int turn(void) {
    long number = count++;
    if (at < 0 || number < at || number >= at + times) return 0;
    if (is("power")) lose_power();
    if (is("before") || is("power")) die();
    return 1;
}

/* Whether a call in its turn fails, rather than being the last. */
static int refused(void) {
    errno = is("ENOSPC") ? ENOSPC : is("EIO") ? EIO : EROFS;
    return is("ENOSPC") || is("EIO") || is("EROFS");
}

/* Makes a call that changes something and gives a number, unless it is its turn to go wrong. */
#define CALL(watched, call)                      \
    do {                                         \
        if (!(watched)) return call;             \
        int wrong = turn();                      \
        if (wrong && is("torn")) die();          \
        if (wrong && refused()) return -1;       \
        return call;                             \
    } while (0)

/* The same for one that writes `length` bytes, of which half may be written. */
#define WRITE(call)                                                     \
    do {                                                                \
        int wrong = turn();                                             \
        if (wrong && (is("torn") || (refused() && !is("EROFS")))) {     \
            size_t all = length;                                        \
            length = all / 2;                                           \
            if (length > 0) (void)!(call);                              \
            if (is("torn")) die();                                      \
        }                                                               \
        if (wrong && refused()) return -1;                              \
        return call;                                                    \
    } while (0)

ssize_t write(int file, const void *bytes, size_t length) {
    if (!ours(file)) return REAL(write)(file, bytes, length);
    remember(file, lseek(file, 0, SEEK_CUR), length);
    WRITE(REAL(write)(file, bytes, length));
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t from) {
    if (!ours(file)) return REAL(pwrite)(file, bytes, length, from);
    remember(file, from, length);
    WRITE(REAL(pwrite)(file, bytes, length, from));
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t from) {
    if (!ours(file)) return REAL(pwrite64)(file, bytes, length, from);
    remember(file, from, length);
    WRITE(REAL(pwrite64)(file, bytes, length, from));
}

static int sync_with(int file, int (*real)(int)) {
    if (!ours(file)) return real(file);
    int wrong = turn();
    if (wrong && is("torn")) die();
    if (wrong && refused()) return -1;
    int given = real(file);
    synced(file);
    return given;
}

int fsync(int file) {
    return sync_with(file, REAL(fsync));
}

int fdatasync(int file) {
    return sync_with(file, REAL(fdatasync));
}

static int truncate_with(int file, off_t length, int (*real)(int, off_t)) {
    struct stat stat;
    if (ours(file) && fstat(file, &stat) == 0) {
        remember(file, length, stat.st_size > length ? (size_t)(stat.st_size - length) : 0);
    }
    CALL(ours(file), real(file, length));
}

int ftruncate(int file, off_t length) {
    return truncate_with(file, length, REAL(ftruncate));
}

int ftruncate64(int file, off64_t length) {
    return truncate_with(file, length, REAL(ftruncate64));
}

int unlink(const char *path) {
    CALL(beneath(path), REAL(unlink)(path));
}

int rename(const char *from, const char *to) {
    CALL(beneath(from), REAL(rename)(from, to));
}

int mkdir(const char *path, mode_t mode) {
    CALL(beneath(path), REAL(mkdir)(path, mode));
}

/* Opening a file to write makes it where it isn't; on a disk that is read-only it can't be opened so at all. */
static int makes(const char *path, int flags) {
    if (!beneath(path)) return 0;
    if (is("EROFS")) return (flags & O_ACCMODE) != O_RDONLY;
    return (flags & O_CREAT) && access(path, F_OK) != 0;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    CALL(makes(path, flags), REAL(open)(path, flags, mode));
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    CALL(makes(path, flags), REAL(open64)(path, flags, mode));
}
