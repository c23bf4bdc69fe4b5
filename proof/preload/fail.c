/*
 * Makes chosen calls on the files of the watched folder fail, or kills the process at them.
 *
 * VECTIS_FAIL_CONTROL names a file that holds `struct control`, mapped by every process that has this library: whoever
 * writes to it, from inside or outside, commands them all while they run. The Python side is proof/failing.py.
 */
#include "interpose.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

/* The kinds of calls, as bits of `kinds`. */
enum { WRITE = 1, SYNC = 2, TRUNCATE = 4, CREATE = 8, UNLINK = 16, READ = 32, OPEN = 64 };

/* How much of a struck call is done all the same. */
enum { NOTHING = 0, HALF = 1, ALL = 2 };

struct control {
    int64_t armed;
    int64_t kinds;   /* which calls count */
    int64_t first;   /* the first call that is struck, counted from 1 */
    int64_t last;    /* the last one */
    int64_t error;   /* what they fail with; 0 kills the process */
    int64_t done;    /* how much of them is done all the same */
    int64_t counted; /* calls so far, armed or not */
    int64_t struck;  /* those that were struck */
};

static struct control *control;

__attribute__((constructor)) static void attach(void)
{
    const char *place = getenv("VECTIS_FAIL_CONTROL");
    int file = place != NULL ? REAL(open)(place, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    REAL(close)(file);
    if (mapped != MAP_FAILED)
        control = mapped;
}

/* Count a call on a file of that name, NULL where it is not watched, and return whether it is to be struck. */
static int strikes(const char *name, int kind)
{
    if (name == NULL || control == NULL || !(control->kinds & kind))
        return 0;
    int64_t number = __atomic_add_fetch(&control->counted, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&control->armed, __ATOMIC_SEQ_CST) || number < control->first || number > control->last)
        return 0;
    __atomic_add_fetch(&control->struck, 1, __ATOMIC_SEQ_CST);
    return 1;
}

/* End the process, or return what a call that failed returns. */
static int fail(void)
{
    if (control->error == 0)
        kill(getpid(), SIGKILL);
    errno = (int)control->error;
    return -1;
}

#define WRITER(function, parameters, whole, half)                                \
    ssize_t function parameters                                                  \
    {                                                                            \
        if (!strikes(name_of(file), WRITE))                                      \
            return REAL(function) whole;                                         \
        if (control->done == ALL)                                                \
            (void)!REAL(function) whole;                                         \
        if (control->done == HALF)                                               \
            (void)!REAL(function) half;                                          \
        return fail();                                                           \
    }

WRITER(write, (int file, const void *data, size_t size), (file, data, size), (file, data, size / 2))
WRITER(pwrite, (int file, const void *data, size_t size, off_t at), (file, data, size, at), (file, data, size / 2, at))
WRITER(pwrite64, (int file, const void *data, size_t size, off64_t at), (file, data, size, at), (file, data, size / 2, at))

/* What is no write is done in whole or not at all. */
#define OTHER(type, function, kind, parameters, whole)                           \
    type function parameters                                                     \
    {                                                                            \
        if (!strikes(name_of(file), kind))                                       \
            return REAL(function) whole;                                         \
        if (control->done == ALL)                                                \
            (void)!REAL(function) whole;                                         \
        return fail();                                                           \
    }

OTHER(int, fsync, SYNC, (int file), (file))
OTHER(int, fdatasync, SYNC, (int file), (file))
OTHER(int, ftruncate, TRUNCATE, (int file, off_t size), (file, size))
OTHER(int, ftruncate64, TRUNCATE, (int file, off64_t size), (file, size))
OTHER(ssize_t, read, READ, (int file, void *data, size_t size), (file, data, size))
OTHER(ssize_t, pread, READ, (int file, void *data, size_t size, off_t at), (file, data, size, at))
OTHER(ssize_t, pread64, READ, (int file, void *data, size_t size, off64_t at), (file, data, size, at))

int unlink(const char *path)
{
    if (!strikes(name_in_folder(path), UNLINK))
        return REAL(unlink)(path);
    if (control->done == ALL)
        (void)!REAL(unlink)(path);
    return fail();
}

/* Opening a file that is there does nothing that could be done all the same; one that is not there is made. */
#define OPENER(function)                                                         \
    int function(const char *path, int flags, ...)                               \
    {                                                                            \
        mode_t mode = MODE_AFTER(flags);                                         \
        const char *name = name_in_folder(path);                                 \
        int makes = name != NULL && (flags & O_CREAT) && access(path, F_OK) != 0; \
        int struck = strikes(name, makes ? CREATE : OPEN);                       \
        if (struck && !(makes && control->done == ALL))                          \
            return fail();                                                       \
        int file = REAL(function)(path, flags, mode);                            \
        if (struck) {                                                            \
            REAL(close)(file);                                                   \
            return fail();                                                       \
        }                                                                        \
        remember(file, path);                                                    \
        return file;                                                             \
    }

OPENER(open)
OPENER(open64)

int close(int file)
{
    forget(file);
    return REAL(close)(file);
}
