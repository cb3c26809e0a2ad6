/* Jobs a connection remembers, as they are shown, by the change number of their last write. */
#ifndef JOBD_STORE_SQLITE_REMEMBERED_H
#define JOBD_STORE_SQLITE_REMEMBERED_H

#include "base/arena.h"
#include "model/job.h"

#include <stdbool.h>

/*
 * Taking a job's columns out of its row is most of what a page costs, and what is looked at is
 * looked at often: the jobs under way, the latest ones. Nobody has to forget, for each write of a
 * job takes a new number: one stands for the same content for ever, once it is committed. So this
 * is not for a connection that writes.
 */
#define REMEMBERED_JOBS 256
/* Of name, type and message together; jobs with longer ones are not kept. */
#define REMEMBERED_TEXT 512

struct remembered {
    struct remembered_job {
        struct job job; /* change 0: free; texts lie in `text` */
        char text[REMEMBERED_TEXT];
    } jobs[REMEMBERED_JOBS]; /* each in the slot its number falls on; a later one takes it */
};

/* Keeps a job, all of it but what pages leave unread. */
void remembered_keep(struct remembered *remembered, const struct job *job);

/* The job of that change, its texts in `arena`; false when it is not kept, or without memory. */
bool remembered_find(const struct remembered *remembered, int64_t change, struct arena *arena,
                     struct job *ret_job);

#endif
