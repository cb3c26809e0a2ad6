/* Jobs the server could not be told of, kept in files until it can be. */
#ifndef JOBD_JOBCTL_SPOOL_H
#define JOBD_JOBCTL_SPOOL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPOOL_FILES_MAX 1000

/* What a file holds; never a credential. Texts are borrowed. */
struct spool_entry {
    struct span url; /* of the server */
    struct span key; /* idempotency key of the create */
    struct span create; /* its body */
    struct span id; /* empty: not known to exist yet */
    struct span report; /* body of the last report */
    int64_t fence; /* to report under; 0: none */
};

/*
 * $XDG_STATE_HOME/jobd/spool, or ~/.local/state/jobd/spool; NULL when neither is known. In `arena`.
 */
const char *spool_directory(struct arena *arena);

/* Writes a new file whole or not at all; the directory is made when missing. */
bool spool_write(const char *directory, const struct spool_entry *entry, struct err *err);

/* The names of all files, oldest first. */
struct spool_names {
    const char **names;
    size_t count;
};
bool spool_list(struct arena *arena, const char *directory, struct spool_names *ret_names);

/* A file of the spool, locked against other processes. */
struct spool_file {
    const char *path;
    int fd;
    struct spool_entry entry; /* in the arena */
};

enum spool_outcome {
    SPOOL_OPEN,
    SPOOL_BUSY, /* another process has it, or it is gone */
    SPOOL_BROKEN, /* it does not hold what spool_write writes; it is open to be dropped */
};
enum spool_outcome spool_open(struct arena *arena, const char *directory, const char *name,
                              struct spool_file *ret_file);

/* Writes the entry anew, with what is known now. */
bool spool_update(const struct spool_file *file, struct err *err);

/* Removes the file; for what was delivered, or never will be. */
void spool_drop(const struct spool_file *file);

/* Unlocks. */
void spool_close(struct spool_file *file);

#endif
