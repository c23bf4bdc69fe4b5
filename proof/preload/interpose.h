/*
 * What the libraries share that stand between a program and its files, loaded by LD_PRELOAD.
 *
 * They look at the files under one folder only: the full path in the environment as VECTIS_PROOF_FOLDER, without a
 * slash at its end. REAL(f) is the function that the program would have called without us.
 */
#ifndef VECTIS_PROOF_INTERPOSE_H
#define VECTIS_PROOF_INTERPOSE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(function)                                                           \
    ({                                                                           \
        static __typeof__(&function) found;                                      \
        if (found == NULL)                                                       \
            found = (__typeof__(&function))dlsym(RTLD_NEXT, #function);          \
        found;                                                                   \
    })

/* The mode that open() and its kin have as their last argument where they may create a file. */
#define MODE_AFTER(flags)                                                        \
    ({                                                                           \
        mode_t mode = 0;                                                         \
        if ((flags) & (O_CREAT | O_TMPFILE)) {                                   \
            va_list rest;                                                        \
            va_start(rest, flags);                                               \
            mode = va_arg(rest, mode_t);                                         \
            va_end(rest);                                                        \
        }                                                                        \
        mode;                                                                    \
    })

enum { MOST_FILES = 16384, LONGEST_NAME = 120 };

/* The names of open files by descriptor, relative to the folder ("." is the folder itself); "" where not watched. */
static char watched_names[MOST_FILES][LONGEST_NAME];

/* The path's name in the watched folder, or NULL where it lies elsewhere. Paths must be full, as SQLite's are. */
static inline const char *name_in_folder(const char *path)
{
    static const char *folder;
    static size_t length;
    if (folder == NULL) {
        const char *named = getenv("VECTIS_PROOF_FOLDER");
        length = named != NULL ? strlen(named) : 0;
        folder = named != NULL ? named : "";
    }
    if (length == 0 || path == NULL || strncmp(path, folder, length) != 0)
        return NULL;
    if (path[length] == '\0')
        return ".";
    if (path[length] != '/')
        return NULL;
    const char *name = path + length + 1;
    return strlen(name) < LONGEST_NAME ? name : NULL;
}

/* The name of an open file, or NULL where it is not watched. */
static inline const char *name_of(int descriptor)
{
    if (descriptor < 0 || descriptor >= MOST_FILES || watched_names[descriptor][0] == '\0')
        return NULL;
    return watched_names[descriptor];
}

/* Remember what was opened; call it for every successful open. */
static inline void remember(int descriptor, const char *path)
{
    const char *name = name_in_folder(path);
    if (descriptor >= 0 && descriptor < MOST_FILES)
        strcpy(watched_names[descriptor], name != NULL ? name : "");
}

/* Call it before every close. */
static inline void forget(int descriptor)
{
    if (descriptor >= 0 && descriptor < MOST_FILES)
        watched_names[descriptor][0] = '\0';
}

static inline int ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

#endif
