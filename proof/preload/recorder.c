/*
 * Records what a program does to the files of the watched folder, in the order in which it took effect.
 *
 * All processes and threads append to one log, named by VECTIS_PROOF_LOG, under one lock; whatever changes a file is
 * done under that lock too, so that the log's order is the order of effects. A sync is not: it is recorded when it
 * begins and when it has succeeded, and covers what was recorded before it began.
 *
 * With VECTIS_PROOF_DATA=1 the data of writes is kept. What is written to standard output is recorded with its data as
 * a mark, by which a program says what it was told; the write itself is made first.
 *
 * Not recorded: the "-shm" file of SQLite's, which lives in memory and is built anew after a power cut.
 */
#include "interpose.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum kind {
    OPENED = 1, /* data: the name; size: 1 where the file is new, 2 where it was emptied, 0 otherwise */
    WRITTEN,    /* offset and size; data: what was written, if that is kept */
    CUT,        /* to size */
    SYNC_BEGUN,
    SYNCED,
    UNLINKED, /* data: the name */
    RENAMED,  /* data: both names, with a zero between */
    MARKED,   /* data: what was written to standard output */
    LOCKED,   /* by flock; for the whole process */
    UNLOCKED,
};

/* proof/recording.py reads it. The file is known by its inode, since names change. */
struct record {
    uint64_t inode, offset, size;
    uint32_t process, thread, kind, length;
};

static pthread_mutex_t among_threads = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;
static pid_t log_of;
static int keeps_data;

static void give_up(const char *what)
{
    perror(what);
    abort();
}

static void open_log(void)
{
    const char *path = getenv("VECTIS_PROOF_LOG"), *data = getenv("VECTIS_PROOF_DATA");
    if (path == NULL)
        give_up("VECTIS_PROOF_LOG is not set");
    /* Of its own for each process: a flock is shared by all who share the open file. */
    log_file = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log_file < 0)
        give_up(path);
    log_of = getpid();
    keeps_data = data != NULL && strcmp(data, "1") == 0;
}

static void begin(void)
{
    pthread_mutex_lock(&among_threads);
    if (log_of != getpid())
        open_log();
    while (REAL(flock)(log_file, LOCK_EX) != 0)
        if (errno != EINTR)
            give_up("flock");
}

static void end(void)
{
    int kept = errno;
    REAL(flock)(log_file, LOCK_UN);
    pthread_mutex_unlock(&among_threads);
    errno = kept;
}

static uint64_t inode_of(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 ? status.st_ino : 0;
}

/* Append a record; the caller holds the lock. */
static void append(enum kind kind, uint64_t inode, uint64_t offset, uint64_t size, const void *data, size_t length)
{
    int kept = errno;
    struct record record = {
        .inode = inode,
        .offset = offset,
        .size = size,
        .process = (uint32_t)getpid(),
        .thread = (uint32_t)syscall(SYS_gettid),
        .kind = kind,
        .length = (uint32_t)length,
    };
    struct iovec parts[] = {{&record, sizeof record}, {(void *)data, length}};
    if (REAL(writev)(log_file, parts, 2) != (ssize_t)(sizeof record + length))
        give_up("the log could not be written");
    errno = kept;
}

static int is_recorded(const char *name)
{
    return name != NULL && !ends_with(name, "-shm");
}

/* Opening */

#define OPEN_RECORDED(path, flags, call)                                         \
    do {                                                                         \
        const char *name = name_in_folder(path);                                 \
        if (!is_recorded(name)) {                                                \
            int plain = (call);                                                  \
            remember(plain, path);                                               \
            return plain;                                                        \
        }                                                                        \
        begin();                                                                 \
        int is_new = faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0;  \
        int opened = (call);                                                     \
        remember(opened, path);                                                  \
        if (opened >= 0)                                                         \
            append(OPENED, inode_of(opened), 0, is_new ? 1 : (flags) & O_TRUNC ? 2 : 0, name, strlen(name)); \
        end();                                                                   \
        return opened;                                                           \
    } while (0)

int open(const char *path, int flags, ...)
{
    mode_t mode = MODE_AFTER(flags);
    OPEN_RECORDED(path, flags, REAL(open)(path, flags, mode));
}

int open64(const char *path, int flags, ...)
{
    mode_t mode = MODE_AFTER(flags);
    OPEN_RECORDED(path, flags, REAL(open64)(path, flags, mode));
}

int openat(int folder, const char *path, int flags, ...)
{
    mode_t mode = MODE_AFTER(flags);
    OPEN_RECORDED(path, flags, REAL(openat)(folder, path, flags, mode));
}

int close(int descriptor)
{
    forget(descriptor);
    return REAL(close)(descriptor);
}

/* Changing what is in a file */

static void append_write(int descriptor, off_t offset, const void *data, ssize_t written)
{
    if (written > 0)
        append(WRITTEN, inode_of(descriptor), (uint64_t)offset, (uint64_t)written, data,
               keeps_data ? (size_t)written : 0);
}

#define PWRITE_RECORDED(function)                                                \
    do {                                                                         \
        if (!is_recorded(name_of(descriptor)))                                   \
            return REAL(function)(descriptor, data, length, offset);             \
        begin();                                                                 \
        ssize_t written = REAL(function)(descriptor, data, length, offset);      \
        append_write(descriptor, offset, data, written);                         \
        end();                                                                   \
        return written;                                                          \
    } while (0)

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset)
{
    PWRITE_RECORDED(pwrite);
}

ssize_t pwrite64(int descriptor, const void *data, size_t length, off64_t offset)
{
    PWRITE_RECORDED(pwrite64);
}

ssize_t write(int descriptor, const void *data, size_t length)
{
    int marks = descriptor == STDOUT_FILENO && getenv("VECTIS_PROOF_LOG") != NULL;
    if (marks) {
        /* Outside the lock: a full pipe must hold up nobody else. */
        ssize_t written = REAL(write)(descriptor, data, length);
        if (written > 0) {
            begin();
            append(MARKED, 0, 0, (uint64_t)written, data, (size_t)written);
            end();
        }
        return written;
    }
    if (!is_recorded(name_of(descriptor)))
        return REAL(write)(descriptor, data, length);
    begin();
    ssize_t written = REAL(write)(descriptor, data, length);
    append_write(descriptor, lseek(descriptor, 0, SEEK_CUR) - written, data, written);
    end();
    return written;
}

#define FTRUNCATE_RECORDED(function)                                             \
    do {                                                                         \
        if (!is_recorded(name_of(descriptor)))                                   \
            return REAL(function)(descriptor, size);                             \
        begin();                                                                 \
        int failed = REAL(function)(descriptor, size);                           \
        if (!failed)                                                             \
            append(CUT, inode_of(descriptor), 0, (uint64_t)size, NULL, 0);       \
        end();                                                                   \
        return failed;                                                           \
    } while (0)

int ftruncate(int descriptor, off_t size)
{
    FTRUNCATE_RECORDED(ftruncate);
}

int ftruncate64(int descriptor, off64_t size)
{
    FTRUNCATE_RECORDED(ftruncate64);
}

/* Syncing */

static void append_alone(enum kind kind, int descriptor)
{
    begin();
    append(kind, inode_of(descriptor), 0, 0, NULL, 0);
    end();
}

#define SYNC_RECORDED(function)                                                  \
    do {                                                                         \
        if (!is_recorded(name_of(descriptor)))                                   \
            return REAL(function)(descriptor);                                   \
        append_alone(SYNC_BEGUN, descriptor);                                    \
        int failed = REAL(function)(descriptor);                                 \
        if (!failed)                                                             \
            append_alone(SYNCED, descriptor);                                    \
        return failed;                                                           \
    } while (0)

int fsync(int descriptor)
{
    SYNC_RECORDED(fsync);
}

int fdatasync(int descriptor)
{
    SYNC_RECORDED(fdatasync);
}

/* Names */

int unlink(const char *path)
{
    const char *name = name_in_folder(path);
    if (!is_recorded(name))
        return REAL(unlink)(path);
    begin();
    int failed = REAL(unlink)(path);
    if (!failed)
        append(UNLINKED, 0, 0, 0, name, strlen(name));
    end();
    return failed;
}

int rename(const char *old_path, const char *new_path)
{
    const char *old_name = name_in_folder(old_path), *new_name = name_in_folder(new_path);
    if (!is_recorded(old_name) || !is_recorded(new_name))
        return REAL(rename)(old_path, new_path);
    char names[2 * LONGEST_NAME];
    size_t length = (size_t)snprintf(names, sizeof names, "%s%c%s", old_name, 0, new_name);
    begin();
    int failed = REAL(rename)(old_path, new_path);
    if (!failed)
        append(RENAMED, 0, 0, 0, names, length);
    end();
    return failed;
}

/* Locks: taking one is recorded once it is held, giving it back before it is given. */

int flock(int descriptor, int operation)
{
    if (!is_recorded(name_of(descriptor)))
        return REAL(flock)(descriptor, operation);
    if (operation & LOCK_UN)
        append_alone(UNLOCKED, descriptor);
    int failed = REAL(flock)(descriptor, operation);
    if (!failed && !(operation & LOCK_UN))
        append_alone(LOCKED, descriptor);
    return failed;
}
