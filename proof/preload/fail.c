/* Makes chosen input/output calls on the files of one folder fail, or kills the process at them.

   Loaded with LD_PRELOAD between a program and the C library; the program is otherwise the one that is shipped.
   VECTIS_FAIL_FOLDER names the folder, VECTIS_FAIL_CONTROL a file that holds `struct control`. The file is mapped and
   shared: whoever writes to it, from inside or outside, commands all processes that have it, while they run.
   The Python side is proof/failing.py. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kinds of calls, as bits of `kinds`. */
enum { KIND_WRITE = 1, KIND_SYNC = 2, KIND_TRUNCATE = 4, KIND_CREATE = 8, KIND_UNLINK = 16, KIND_READ = 32,
       KIND_OPEN = 64 };

/* How much of a call is done in truth before it fails or kills. */
enum { DONE_NOTHING = 0, DONE_HALF = 1, DONE_ALL = 2 };

struct control {
    int64_t armed;
    int64_t kinds;   /* which calls count */
    int64_t first;   /* the first call that is struck, counted from 1 */
    int64_t last;    /* the last one */
    int64_t error;   /* what they fail with; 0 kills the process */
    int64_t done;    /* how much of it is done all the same */
    int64_t counted; /* calls so far, armed or not */
    int64_t struck;  /* calls that were struck */
};

static struct control *control;
static char folder[PATH_MAX];
static size_t folder_length;

__attribute__((constructor)) static void attach(void) {
    const char *place = getenv("VECTIS_FAIL_CONTROL"), *name = getenv("VECTIS_FAIL_FOLDER");
    if (place == NULL || name == NULL || realpath(name, folder) == NULL) return;
    folder_length = strlen(folder);
    int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int fd = real_open(place, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED) control = mapped;
}

static int is_ours(const char *path) {
    return strncmp(path, folder, folder_length) == 0 && path[folder_length] == '/';
}

static int is_ours_open(int fd) {
    char link[64], path[PATH_MAX];
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (length < 0) return 0;
    path[length] = 0;
    return is_ours(path) || (strcmp(path, folder) == 0);
}

/* Count a call, and return whether it is to be struck. */
static int strikes(int kind) {
    if (!(control->kinds & kind)) return 0;
    int64_t number = __atomic_add_fetch(&control->counted, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&control->armed, __ATOMIC_SEQ_CST)) return 0;
    if (number < control->first || number > control->last) return 0;
    __atomic_add_fetch(&control->struck, 1, __ATOMIC_SEQ_CST);
    return 1;
}

/* Strike: end the process, or return what a failed call returns. */
static int fail(void) {
    if (control->error == 0) kill(getpid(), SIGKILL);
    errno = (int)control->error;
    return -1;
}

/* Each function below has the name of one of the C library, which it calls by `real` where the call is let through. */
#define REAL(name)                                        \
    static __typeof__(&name) real;                        \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int strikes_file(int fd, int kind) { return control != NULL && is_ours_open(fd) && strikes(kind); }

#define WRITER(name, parameters, all, part)                          \
    ssize_t name parameters {                                        \
        REAL(name);                                                  \
        if (!strikes_file(fd, KIND_WRITE)) return real all;          \
        if (control->done == DONE_ALL) (void)!real all;              \
        if (control->done == DONE_HALF) (void)!real part;            \
        return fail();                                               \
    }

WRITER(write, (int fd, const void *data, size_t size), (fd, data, size), (fd, data, size / 2))
WRITER(pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), (fd, data, size / 2, at))
WRITER(pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at), (fd, data, size / 2, at))

/* What is no write is done in whole or not at all. */
#define WHOLE(type, name, kind, parameters, all)                     \
    type name parameters {                                           \
        REAL(name);                                                  \
        if (!strikes_file(fd, kind)) return real all;                \
        if (control->done == DONE_ALL) (void)!real all;              \
        return fail();                                               \
    }

WHOLE(int, fsync, KIND_SYNC, (int fd), (fd))
WHOLE(int, fdatasync, KIND_SYNC, (int fd), (fd))
WHOLE(int, ftruncate, KIND_TRUNCATE, (int fd, off_t size), (fd, size))
WHOLE(int, ftruncate64, KIND_TRUNCATE, (int fd, off64_t size), (fd, size))
WHOLE(ssize_t, read, KIND_READ, (int fd, void *data, size_t size), (fd, data, size))
WHOLE(ssize_t, pread, KIND_READ, (int fd, void *data, size_t size, off_t at), (fd, data, size, at))
WHOLE(ssize_t, pread64, KIND_READ, (int fd, void *data, size_t size, off64_t at), (fd, data, size, at))

int unlink(const char *path) {
    REAL(unlink);
    if (control == NULL || !is_ours(path) || !strikes(KIND_UNLINK)) return real(path);
    if (control->done == DONE_ALL) (void)!real(path);
    return fail();
}

/* An open counts as making a file where there is none. */
#define OPENER(name)                                                                         \
    int name(const char *path, int flags, ...) {                                             \
        REAL(name);                                                                          \
        va_list rest;                                                                        \
        va_start(rest, flags);                                                               \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;                            \
        va_end(rest);                                                                        \
        if (control == NULL || !is_ours(path)) return real(path, flags, mode);               \
        int makes = (flags & O_CREAT) && access(path, F_OK) != 0;                            \
        if (!strikes(makes ? KIND_CREATE : KIND_OPEN)) return real(path, flags, mode);       \
        if (makes && control->done == DONE_ALL) {                                            \
            int fd = real(path, flags, mode);                                                \
            if (fd >= 0) close(fd);                                                          \
        }                                                                                    \
        return fail();                                                                       \
    }

OPENER(open)
OPENER(open64)
